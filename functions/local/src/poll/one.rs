use std::time::Duration;

use drawbridge_config::Tenant;
use drawbridge_entra::{Cloud, TenantId};
use jiff::Timestamp;
use url::Url;

use super::report::{check_complete, ignore_reader_gone, print_failure, print_report};
use super::{POLL_TIME, said_of};
use crate::cli;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{Shown, say, say_timed};
use crate::session::Session;
use crate::signals::{HangUps, stop_on_signal};
use crate::state_head::state_head;
use crate::tenants::{Given, sources};

/// The variable that holds the client secret.
const SECRET_VARIABLE: &str = "DRAWBRIDGE_CLIENT_SECRET";

/// Polls a tenant into a folder, once or again and again.
pub(super) async fn run(args: &cli::Poll, every: Duration) -> Result<(), Failure> {
    let (once, json) = (args.once, args.json);
    let stop = stop_on_signal();
    let mut hang_ups = HangUps::listen();
    let opened = open(args).await;
    let session = opened.inspect_err(|failure| print_failure(None, &failure.to_string(), json))?;
    let mut first = true;
    loop {
        let shown = Shown::start();
        let polled = match once {
            true => session.poll(&stop, &shown).await,
            false => session.poll(&stop.clone().within(POLL_TIME), &shown).await,
        };
        shown.end();
        let has_more = polled.as_ref().is_ok_and(|report| report.more);
        let result = polled
            .map_err(|error| {
                print_failure(None, &error.to_string(), json);
                (error.is_retryable(), Failure::of(error))
            })
            .and_then(|report| {
                let printed = print_report(&report, json);
                let result = check_complete(&report, once).and(ignore_reader_gone(printed));
                // A poll that did its work is no reason to end, whatever is wrong with it.
                result.map_err(|failure| (true, failure))
            });
        if once || stop.is_asked() {
            if let Err((_, failure)) = &result {
                session.note_failure(&failure.to_string()).await;
            }
            return result.map_err(|(_, failure)| failure);
        }
        match result {
            Err((retryable, failure)) if first && !retryable => {
                session.note_failure(&failure.to_string()).await;
                return Err(failure);
            }
            Err((_, failure)) => {
                let overdue = said_of(session.note_failure(&failure.to_string()).await);
                say_timed(&format!("drawbridge: {failure}{overdue}"));
            }
            Ok(()) => {}
        }
        first = false;
        if has_more {
            continue;
        }
        let next = tokio::time::Instant::now() + every;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(next) => break,
                () = stop.asked() => return Ok(()),
                () = hang_ups.next() => {
                    if let Err(failure) = session.reopen().await {
                        say_timed(&format!("drawbridge: {failure}"));
                    }
                }
            }
        }
    }
}

async fn open(args: &cli::Poll) -> Result<Session, Failure> {
    let tenant = tenant(args)?;
    if args.since.is_some_and(|since| since > Timestamp::now()) {
        return Err(Failure::usage("--since must be in the past"));
    }
    // Graph knows no time before 1970.
    let since = args.since.map(|since| since.max(Timestamp::UNIX_EPOCH));
    let place = DataLocation::folder(args.out.clone());
    if let Some(since) = since {
        say_if_ignored(&place, &tenant.name, since).await;
    }
    Session::open(&args.out, &place.services()?, &tenant, since).await
}

/// Says that the first poll is over, where it started otherwise than is said now.
async fn say_if_ignored(place: &DataLocation, tenant: &str, since: Timestamp) {
    // What cannot be read of it stops the poll itself.
    let Ok(Some(state)) = state_head(place, tenant).await else {
        return;
    };
    let is_same = state.first_from.is_none_or(|first| first == since);
    if let Some(watermark) = state.watermark.filter(|_| !is_same) {
        say(&format!(
            "--since is ignored: this tenant was polled before, and is read from {watermark:.0} on; \
             {} moves that",
            place.command(&format!("state reset --tenant {tenant} --to {since:.0}"))
        ));
    }
}

/// The document that the command line stands for. What it says is the administrator's own word.
fn tenant(args: &cli::Poll) -> Result<Tenant, Failure> {
    // The command line does without them for tenants that have documents only.
    let tenant_id = args.tenant_id.as_deref().unwrap_or_default();
    if tenant_id.parse::<TenantId>().is_err() {
        return Err(Failure::usage(
            "--tenant-id must be the directory id in Entra, or one of its domains",
        ));
    }
    // A document does not repeat what it was given.
    if let Some(cloud) = &args.cloud {
        cloud
            .parse::<Cloud>()
            .map_err(|error| Failure::usage(format!("--cloud {}: {error}", cli::quoted(cloud))))?;
    }
    let format = crate::map::named(&args.format)?;
    let secret = match &args.secret_file {
        Some(path) => format!("file:{}", path.display()),
        None => format!("env:{SECRET_VARIABLE}"),
    };
    let given = Given {
        tenant_id,
        client_id: args.client_id.as_deref().unwrap_or_default(),
        secret: Some(&secret),
        cloud: args.cloud.as_deref(),
        login_url: args.login_url.as_ref().map(Url::as_str),
        graph_url: args.graph_url.as_ref().map(Url::as_str),
        service_sources: sources(&args.service_sources),
        allow_unknown: args.allow_unknown,
        outputs: &[format.name().to_owned()],
        ..Given::default()
    };
    // Objects are named by it: a domain's dots have no place there.
    let name = tenant_id.to_ascii_lowercase().replace('.', "-");
    Ok(Tenant {
        page_size: args.page_size,
        ..given.tenant(&name)?
    })
}
