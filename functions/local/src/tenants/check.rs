use std::io::Write as _;
use std::time::Duration;

use drawbridge_config::ConfigError;
use drawbridge_entra::Identity;
use drawbridge_graph::{Check, Filter, Finding, Level};
use drawbridge_poll::assembly::{Admitted, Services};
use drawbridge_telemetry::shown;
use drawbridge_time::Deadline;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::first_tenant;
use super::known_tenants::{JudgedTenant, KnownTenant, KnownTenants, OF_PARAMETERS};
use super::tenant_document::TenantDocuments;
use super::unknown_tenant::unknown;
use crate::cli::TenantsCheck;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::paint::{Colour, paint};
use crate::progress::say;
use crate::screen::{columns, wrapped};

/// Tenants that are checked at once.
pub(crate) const AT_ONCE: usize = 8;

const OTHER_ROLE: &str = "AWS was asked as the role that you are signed in as here. Entra knows the poll \
                          function's role: what counts is that function's log";

const OUTPUTS_UNKNOWN: &str = "whether the stack has the outputs that the document names is not known from \
                               the bucket alone: give --stack NAME in its place";

/// How long one may take; a client tries again within that.
const TIME: Duration = Duration::from_secs(60);

pub(super) async fn run(args: &TenantsCheck) -> Result<(), Failure> {
    let place = DataLocation::open_existing(&args.place).await?;
    let known = KnownTenants::of(&place).await?;
    if args.all
        && let Some(unknown) = first_tenant::unknown(&place)
    {
        say(&format!("note: {unknown}"));
    }
    check_chosen(args, &known, &place).inspect_err(|_| known.documents.say_unreadable())?;
    let services = place.services()?;
    let judged = known.judged(&place, &services).await;
    let chosen: Vec<_> = match args.all {
        true => judged
            .iter()
            .filter(|judged| !judged.tenant.is_paused())
            .collect(),
        false => {
            let of_name = |name| {
                judged
                    .iter()
                    .filter(move |judged| judged.tenant.name() == name)
            };
            let names = args.names.iter().map(String::as_str);
            names.flat_map(of_name).collect()
        }
    };
    let all = chosen.len();
    let mut checks = stream::iter(chosen)
        .map(|judged| checked(judged, &place, &services))
        .buffered(AT_ONCE);
    let (mut done, mut bad) = (0, 0);
    while let Some(checked) = checks.next().await {
        done += 1;
        bad += usize::from(!checked.works());
        let mut out = crate::screen::stdout();
        if args.json {
            writeln!(out, "{}", checked.json())?;
        } else {
            checked.print(&mut out)?;
        }
        drop(out);
        if done % 50 == 0 {
            say(&format!("{done} of {all} tenants checked"));
        }
    }
    let trouble = match (bad, all) {
        (0, _) => None,
        (_, 1) => Some("1 tenant does not work".to_owned()),
        (1, _) => Some(format!("1 of {all} tenants does not work")),
        _ => Some(format!("{bad} of {all} tenants do not work")),
    };
    if trouble.is_none() && !args.all {
        // One tenant that was asked for is known.
        return Ok(());
    }
    if args.json {
        known.documents.print_unreadable("tenant");
    }
    TenantDocuments::ended(trouble, &known.documents.unreadable)
}

/// Checks that there are those that are to be checked.
fn check_chosen(
    args: &TenantsCheck,
    known: &KnownTenants,
    place: &DataLocation,
) -> Result<(), Failure> {
    let all = known.all();
    if args.all && all.iter().all(|known| known.is_paused()) {
        return Err(Failure::of(format!(
            "there is no tenant to check in {}: add one with {}, or resume a paused one",
            place.name(),
            place.command("tenants add NAME …")
        )));
    }
    let is_there = |name: &&String| all.iter().any(|known| known.name() == name.as_str());
    match args.names.iter().find(|name| !is_there(name)) {
        Some(missing) => Err(unknown(missing, &known.documents.found, place)),
        None => Ok(()),
    }
}

/// A tenant, and what came of the check.
pub(crate) struct Checked<'a> {
    known: KnownTenant<'a>,
    outcome: Result<Check, ConfigError>,
    /// What could not be told from here.
    notes: Vec<&'static str>,
}

/// Signs in as a tenant and asks for one alert, if it may be polled at all.
pub(crate) async fn checked<'a>(
    judged: &JudgedTenant<'a>,
    place: &DataLocation,
    services: &Services,
) -> Checked<'a> {
    let known = judged.tenant;
    let outcome = match &judged.verdict {
        Ok(tenant) => outcome(*tenant, services).await,
        Err(refusal) => Err(refusal.clone()),
    };
    let works = outcome.as_ref().is_ok_and(Check::works);
    Checked {
        notes: notes(known, works, place),
        known,
        outcome,
    }
}

fn notes(known: KnownTenant<'_>, works: bool, place: &DataLocation) -> Vec<&'static str> {
    let Ok(tenant) = known.tenant() else {
        return Vec::new();
    };
    let is_aws = matches!(tenant.identity(), Ok(Identity::FederationAws));
    let notes = [
        (place.as_folder().is_none() && is_aws && !works).then_some(OTHER_ROLE),
        crate::outputs::are_unknown(tenant, place).then_some(OUTPUTS_UNKNOWN),
    ];
    notes.into_iter().flatten().collect()
}

async fn outcome(tenant: Admitted<'_>, services: &Services) -> Result<Check, ConfigError> {
    let client = services.client(tenant)?;
    let now = services.clock.now();
    let deadline = Deadline::after(TIME);
    let filter = Filter {
        service_sources: &tenant.service_sources,
        severities: &tenant.severities,
    };
    Ok(drawbridge_graph::check(&client.graph, &client.tokens, filter, now, deadline).await)
}

impl Checked<'_> {
    pub(crate) fn name(&self) -> &str {
        self.known.name()
    }

    pub(crate) fn is_of_parameters(&self) -> bool {
        self.known.is_of_parameters()
    }

    pub(crate) fn notes(&self) -> &[&'static str] {
        &self.notes
    }

    /// Why the tenant may not be polled.
    pub(crate) fn refusal(&self) -> Option<&ConfigError> {
        self.outcome.as_ref().err()
    }

    fn works(&self) -> bool {
        self.outcome.as_ref().is_ok_and(Check::works)
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        self.outcome.as_ref().map_or(&[], |check| &check.findings)
    }

    fn print(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        let level = self.outcome.as_ref().map_or(Level::Failed, Check::level);
        let (kind, what) = match self.is_of_parameters() {
            true => (format!(" ({OF_PARAMETERS})"), "parameters"),
            false if self.known.is_paused() => (" (paused)".to_owned(), "document"),
            false => (String::new(), "document"),
        };
        writeln!(out, "{} {}{kind}", mark(level), self.name())?;
        if let Some(error) = self.refusal() {
            let error = shown(&error.to_string()).into_owned();
            print_below(out, &format!("{what}: {error}"))?;
        }
        for finding in self.findings() {
            let (topic, text) = (finding.topic.as_str(), shown(&finding.text));
            print_below(out, &format!("{topic}: {text}"))?;
        }
        for note in self.notes() {
            print_below(out, &format!("note: {note}"))?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings()
            .iter()
            .map(|finding| {
                json!({
                    "topic": finding.topic.as_str(),
                    "level": word(finding.level),
                    "text": finding.text,
                })
            })
            .collect();
        json!({
            "tenant": self.name(),
            "of_parameters": self.is_of_parameters(),
            "works": self.works(),
            "document_error": self.refusal().map(ToString::to_string),
            "findings": findings,
            "notes": self.notes,
        })
    }
}

/// Prints what belongs to the line above.
fn print_below(out: &mut impl std::io::Write, text: &str) -> std::io::Result<()> {
    writeln!(out, "{}", wrapped(text, 2, columns()))
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Passed => "ok",
        Level::Warned => "warning",
        Level::Failed => "failed",
    }
}

fn mark(level: Level) -> String {
    let colour = match level {
        Level::Passed => Colour::Green,
        Level::Warned => Colour::Yellow,
        Level::Failed => Colour::Red,
    };
    paint(&format!("{:<7}", word(level)), colour)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use drawbridge_config::{Tenant, parse};
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    fn tenant(more: &str) -> Tenant {
        let text = format!(
            "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-0000000000ab\"\n{more}\n"
        );
        parse("a", "tenants/a.toml", text.as_bytes()).unwrap()
    }

    #[test]
    fn what_cannot_be_told_from_here_is_said() {
        let stack = DataLocation::test_stack(Arc::<FaultyStore>::default(), &[], &[]);
        let bucket = DataLocation::test_bucket(Arc::<FaultyStore>::default());
        let folder = DataLocation::folder("data".into());
        let notes = |more: &str, works, place: &DataLocation| {
            notes(KnownTenant::Parameters(&tenant(more)), works, place)
        };
        let aws = "federation = \"aws\"";
        assert_eq!(notes(aws, false, &stack), [OTHER_ROLE]);
        assert_eq!(notes(aws, true, &stack), [""; 0]);
        let named = "secret = \"s\"\noutputs = [\"siem\"]";
        assert_eq!(notes(named, true, &bucket), [OUTPUTS_UNKNOWN]);
        for place in [&stack, &folder] {
            assert_eq!(notes(named, true, place), [""; 0]);
        }
        assert_eq!(notes("secret = \"s\"", true, &bucket), [""; 0]);
    }
}
