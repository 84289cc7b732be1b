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

use super::admission::{PollsSoFar, admit};
use super::tenant_document::{TenantDocument, TenantDocuments, tenant_documents, unknown};
use crate::cli::TenantsCheck;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::paint::{Colour, paint};
use crate::progress::say;
use crate::screen::{columns, wrapped};

/// Tenants that are checked at once.
pub(crate) const AT_ONCE: usize = 8;

/// How long one may take; a client tries again within that.
const TIME: Duration = Duration::from_secs(60);

pub(super) async fn run(args: &TenantsCheck) -> Result<(), Failure> {
    let place = DataLocation::open(&args.place).await?;
    let documents = tenant_documents(place.store.as_ref()).await?;
    let chosen = chosen(args, &documents.found, &place);
    let chosen = chosen.inspect_err(|_| documents.say_unreadable())?;
    let TenantDocuments {
        found, unreadable, ..
    } = &documents;
    let services = place.services()?;
    let verdicts = admit(found, &place, &services, &PollsSoFar::default()).await;
    let all = chosen.len();
    let chosen = chosen.into_iter();
    let chosen = chosen.filter_map(|of| Some((of, verdicts.get(of.document.name.as_str())?)));
    let mut checks = stream::iter(chosen)
        .map(|(found, verdict)| checked(found, verdict, &services))
        .buffered(AT_ONCE);
    let (mut done, mut bad) = (0, 0);
    while let Some(checked) = checks.next().await {
        done += 1;
        bad += usize::from(!checked.works());
        let mut out = crate::screen::stdout();
        if args.json {
            writeln!(out, "{}", checked.json())?;
        } else {
            checked.print(&mut out, place.as_folder().is_none())?;
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
    TenantDocuments::ended(trouble, unreadable)
}

fn chosen<'a>(
    args: &TenantsCheck,
    found: &'a [TenantDocument],
    place: &DataLocation,
) -> Result<Vec<&'a TenantDocument>, Failure> {
    if args.all {
        let polled: Vec<_> = found.iter().filter(|f| !f.document.is_paused).collect();
        if polled.is_empty() {
            return Err(Failure::of(format!(
                "there is no tenant to check in {}: add one with {}, or resume a paused one",
                place.name(),
                place.command("tenants add NAME …")
            )));
        }
        return Ok(polled);
    }
    let named = args.names.iter().map(|name| {
        let of_that_name = found.iter().find(|found| found.document.name == *name);
        of_that_name.ok_or_else(|| unknown(name, found, place))
    });
    named.collect()
}

/// A tenant's document, and what came of the check.
pub(crate) struct Checked<'a> {
    found: &'a TenantDocument,
    outcome: Result<Check, ConfigError>,
}

/// Signs in as a tenant and asks for one alert, if it may be polled at all.
pub(crate) async fn checked<'a>(
    found: &'a TenantDocument,
    verdict: &Result<Admitted<'_>, ConfigError>,
    services: &Services,
) -> Checked<'a> {
    let outcome = match verdict {
        Ok(tenant) => outcome(*tenant, services).await,
        Err(refusal) => Err(refusal.clone()),
    };
    Checked { found, outcome }
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
        &self.found.document.name
    }

    /// Why the tenant may not be polled.
    pub(crate) fn document_error(&self) -> Option<&ConfigError> {
        self.outcome.as_ref().err()
    }

    fn works(&self) -> bool {
        self.outcome.as_ref().is_ok_and(Check::works)
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        self.outcome.as_ref().map_or(&[], |check| &check.findings)
    }

    fn print(&self, out: &mut impl std::io::Write, is_stack: bool) -> std::io::Result<()> {
        let level = self.outcome.as_ref().map_or(Level::Failed, Check::level);
        let paused = if self.found.document.is_paused {
            " (paused)"
        } else {
            ""
        };
        writeln!(out, "{} {}{paused}", mark(level), self.found.document.name)?;
        if let Err(error) = &self.outcome {
            let error = shown(&error.to_string()).into_owned();
            print_below(out, &format!("document: {error}"))?;
        }
        for finding in self.findings() {
            let (topic, text) = (finding.topic.as_str(), shown(&finding.text));
            print_below(out, &format!("{topic}: {text}"))?;
        }
        let is_aws = self
            .found
            .tenant
            .as_ref()
            .is_ok_and(|tenant| matches!(tenant.identity(), Ok(Identity::FederationAws)));
        if is_stack && is_aws && !self.works() {
            print_below(
                out,
                "note: AWS was asked as the role that you are signed in as here. Entra knows the poll \
                 function's role: what counts is that function's log",
            )?;
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
            "tenant": self.found.document.name,
            "works": self.works(),
            "document_error": self.outcome.as_ref().err().map(ToString::to_string),
            "findings": findings,
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
