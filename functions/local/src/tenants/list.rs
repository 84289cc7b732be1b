use std::io::Write as _;

use drawbridge_config::Tenant;
use drawbridge_cursor::State;
use drawbridge_entra::Cloud;
use drawbridge_http::authority;
use drawbridge_poll::assembly::Services;
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::json;

use super::first_tenant;
use super::known_tenants::{KnownTenant, KnownTenants, OF_PARAMETERS};
use super::taken::is_taken_by_polls;
use super::tenant_document::TenantDocuments;
use crate::advice::Advice;
use crate::cli::{HIDDEN, TenantsList};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::paint::{Colour, paint};
use crate::progress::say;
use crate::screen::{columns, wrapped};
use crate::span::{ago, span};
use crate::state_head::{STATES_AT_ONCE, lag_secs, state_head};

pub(super) async fn run(args: &TenantsList) -> Result<(), Failure> {
    let place = DataLocation::open(&args.place).await?;
    place.check_exists()?;
    let known = KnownTenants::of(&place).await?;
    let unreadable = &known.documents.unreadable;
    if let Some(unknown) = first_tenant::unknown(&place) {
        say(&format!("note: {unknown}"));
    }
    let mut out = crate::screen::stdout();
    if known.all().is_empty() && !args.json {
        return TenantDocuments::say_none(&mut out, &place, unreadable);
    }
    let services = place.services()?;
    let judged = known.judged(&place, &services).await;
    let heads: Vec<_> = stream::iter(&judged)
        .map(|judged| state_head(&place, judged.tenant.name()))
        .buffered(STATES_AT_ONCE)
        .collect()
        .await;
    let now = Timestamp::now();
    let mut rows = Vec::new();
    for (judged, head) in judged.iter().zip(&heads) {
        let state = head.as_ref().ok().and_then(Option::as_ref);
        let mut refusal = judged.verdict.as_ref().err();
        if let (Some(why), Some(document)) = (refusal, judged.tenant.document()) {
            let of = (judged.tenant.name(), document.key.as_str());
            refusal = match is_taken_by_polls(why, of, &place, state, now).await {
                true => None,
                false => Some(why),
            };
        }
        let refusal = refusal.map(ToString::to_string);
        rows.push(Row {
            known: judged.tenant,
            state,
            is_read: head.is_ok(),
            problem: refusal.or_else(|| head.as_ref().err().cloned()),
            services: &services,
            now,
        });
    }
    let broken = rows.iter().filter(|row| row.is_broken()).count();
    let trouble = (broken > 0).then(|| match (broken, rows.len()) {
        (_, 1) => "1 tenant is broken".to_owned(),
        (1, all) => format!("1 of {all} tenants is broken"),
        (broken, all) => format!("{broken} of {all} tenants are broken"),
    });
    let ended = TenantDocuments::ended(trouble, unreadable);
    if args.json {
        for row in &rows {
            writeln!(out, "{}", row.json())?;
        }
        known.documents.print_unreadable("name");
        return ended;
    }
    let head = [
        "NAME",
        "TENANT ID",
        "CLIENT ID",
        "IDENTITY",
        "CLOUD",
        "READ UP TO",
        "LAST SUCCESS",
        "",
    ];
    let cells: Vec<_> = rows.iter().map(Row::cells).collect();
    crate::table::write(&mut out, head, cells)?;
    let mut advice = Advice::default();
    for row in &rows {
        if let Some(problem) = &row.problem {
            writeln!(out, "\n{}:", paint(row.known.name(), Colour::Red))?;
            writeln!(out, "{}", wrapped(&advice.once(problem), 2, columns()))?;
        }
    }
    ended
}

struct Row<'a> {
    known: KnownTenant<'a>,
    state: Option<&'a State>,
    /// Whether it is known how far it was read.
    is_read: bool,
    problem: Option<String>,
    services: &'a Services,
    now: Timestamp,
}

impl Row<'_> {
    /// Whether it should be polled but cannot be, or its state cannot be read.
    fn is_broken(&self) -> bool {
        !self.known.is_paused() && self.problem.is_some()
    }

    fn tenant(&self) -> Option<&Tenant> {
        self.known.tenant().ok()
    }

    fn identity(&self) -> Option<&'static str> {
        Some(self.tenant()?.identity().ok()?.kind())
    }

    /// The cloud, or the Graph host in its place.
    fn cloud(&self) -> Option<String> {
        let tenant = self.tenant()?;
        let own = tenant.graph_url.as_ref().map(authority);
        let administrators = || Some(authority(&self.services.trust.endpoints()?.graph));
        let cloud = own.or_else(|| tenant.cloud.clone()).or_else(administrators);
        Some(cloud.unwrap_or_else(|| Cloud::default().name().to_owned()))
    }

    fn lag_secs(&self) -> Option<i64> {
        lag_secs(self.state?, self.now)
    }

    fn last_success(&self) -> Option<Timestamp> {
        self.state?.last_success
    }

    fn failing_since(&self) -> Option<Timestamp> {
        self.state?.failing_since
    }

    fn cells(&self) -> [String; 8] {
        let of = |value: fn(&Tenant) -> &String| {
            self.tenant()
                .map_or_else(|| "?".to_owned(), |tenant| value(tenant).clone())
        };
        let (read_up_to, last_success) = if self.is_read {
            let lag = self.lag_secs().map(|secs| format!("{} ago", span(secs)));
            let lag = lag.unwrap_or_else(|| "never".to_owned());
            (lag, ago(self.last_success(), self.now))
        } else {
            ("?".to_owned(), "?".to_owned())
        };
        let failing = self.failing_since();
        let words = [
            self.known
                .is_of_parameters()
                .then(|| OF_PARAMETERS.to_owned()),
            self.known.is_paused().then(|| "paused".to_owned()),
            failing.map(|since| {
                let secs = self.now.duration_since(since).as_secs();
                format!("failing for {}", span(secs))
            }),
            self.problem
                .as_ref()
                .map(|_| "broken: see below".to_owned()),
        ];
        [
            self.known.name().to_owned(),
            of(|tenant| &tenant.tenant_id),
            of(|tenant| &tenant.client_id),
            self.identity().unwrap_or("?").to_owned(),
            self.cloud().unwrap_or_else(|| "?".to_owned()),
            read_up_to,
            last_success,
            words.into_iter().flatten().collect::<Vec<_>>().join(", "),
        ]
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "name": self.known.name(),
            "document": self.known.document().map(|document| &document.key),
            "of_parameters": self.known.is_of_parameters(),
            "paused": self.known.is_paused(),
            "tenant_id": self.tenant().map(|tenant| &tenant.tenant_id),
            "client_id": self.tenant().map(|tenant| &tenant.client_id),
            "identity": self.identity(),
            "cloud": self.cloud(),
            "outputs": self.tenant().map(outputs),
            "read_up_to": self.state.and_then(State::read_up_to),
            "lag_secs": self.lag_secs(),
            "last_success": self.last_success(),
            "failing_since": self.failing_since(),
            "problem": self.problem,
        })
    }
}

/// The outputs that a document names. One that cannot be may be anything.
fn outputs(tenant: &Tenant) -> Vec<&str> {
    let outputs = tenant.outputs.iter();
    outputs
        .map(|output| match crate::outputs::shape(output) {
            Some(_) => output.as_str(),
            None => HIDDEN,
        })
        .collect()
}
