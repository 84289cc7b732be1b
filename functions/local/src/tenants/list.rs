use std::io::Write as _;

use drawbridge_config::Tenant;
use drawbridge_cursor::State;
use drawbridge_entra::Cloud;
use drawbridge_http::authority;
use drawbridge_poll::assembly::Services;
use drawbridge_poll::state_key;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde_json::json;

use super::tenant_document::{TenantDocument, refused, tenant_documents};
use crate::cli::TenantsList;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::paint::{Colour, paint};
use crate::span::{ago, span};

/// State objects that are read at once; each may be megabytes.
const AT_ONCE: usize = 8;

pub(super) async fn run(args: &TenantsList) -> Result<(), Failure> {
    let place = DataLocation::open(&args.place).await?;
    let found = tenant_documents(place.store.as_ref()).await?;
    let mut out = crate::screen::stdout();
    if found.is_empty() && !args.json {
        writeln!(
            out,
            "no tenants in {}: add one with `drawbridge tenants add`",
            place.name()
        )?;
        return Ok(());
    }
    let services = place.services()?;
    let refused = refused(&found, &place, &services).await;
    let states: Vec<Option<State>> = stream::iter(&found)
        .map(|found| state(&place, &found.document.name))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let now = Timestamp::now();
    let rows: Vec<Row<'_>> = found
        .iter()
        .zip(&states)
        .map(|(found, state)| Row {
            found,
            state: state.as_ref(),
            problem: refused.get(&found.document.name).map(ToString::to_string),
            services: &services,
            now,
        })
        .collect();
    if args.json {
        for row in &rows {
            writeln!(out, "{}", row.json())?;
        }
        return Ok(());
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
    crate::table::write(&mut out, head, &cells)?;
    for row in &rows {
        if let Some(problem) = &row.problem {
            writeln!(
                out,
                "\n{}: {problem}",
                paint(&row.found.document.name, Colour::Red)
            )?;
        }
    }
    Ok(())
}

struct Row<'a> {
    found: &'a TenantDocument,
    state: Option<&'a State>,
    problem: Option<String>,
    services: &'a Services,
    now: Timestamp,
}

impl Row<'_> {
    fn tenant(&self) -> Option<&Tenant> {
        self.found.tenant.as_ref().ok()
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
        let read_up_to = self.state?.read_up_to()?;
        // A time ahead was noted by a clock that was wrong by so much.
        Some(self.now.duration_since(read_up_to).as_secs().abs())
    }

    fn last_success(&self) -> Option<Timestamp> {
        self.state?.last_success
    }

    fn cells(&self) -> [String; 8] {
        let of = |value: fn(&Tenant) -> &String| {
            self.tenant()
                .map_or_else(|| "?".to_owned(), |tenant| value(tenant).clone())
        };
        let words = [
            (self.found.document.is_paused, "paused"),
            (self.problem.is_some(), "broken: see below"),
        ];
        let words = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word);
        [
            self.found.document.name.clone(),
            of(|tenant| &tenant.tenant_id),
            of(|tenant| &tenant.client_id),
            self.identity().unwrap_or("?").to_owned(),
            self.cloud().unwrap_or_else(|| "?".to_owned()),
            self.lag_secs()
                .map_or_else(|| "never".to_owned(), |secs| format!("{} ago", span(secs))),
            ago(self.last_success(), self.now),
            words.collect::<Vec<_>>().join(", "),
        ]
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "name": self.found.document.name,
            "document": self.found.document.key,
            "paused": self.found.document.is_paused,
            "tenant_id": self.tenant().map(|tenant| &tenant.tenant_id),
            "client_id": self.tenant().map(|tenant| &tenant.client_id),
            "identity": self.identity(),
            "cloud": self.cloud(),
            "outputs": self.tenant().map(|tenant| &tenant.outputs),
            "read_up_to": self.state.and_then(State::read_up_to),
            "lag_secs": self.lag_secs(),
            "last_success": self.last_success(),
            "problem": self.problem,
        })
    }
}

/// A tenant's state; none where there is none, or none that can be read: `state show` tells why.
async fn state(place: &DataLocation, name: &str) -> Result<Option<State>, Failure> {
    let object = place
        .store
        .get(&state_key(name))
        .await
        .map_err(Failure::of)?;
    Ok(object.and_then(|object| State::decode(&object.body).ok()))
}
