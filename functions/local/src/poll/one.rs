use std::time::Duration;

use drawbridge_config::Tenant;
use drawbridge_entra::{Cloud, TenantId};
use jiff::Timestamp;
use url::Url;

use super::report::{check_complete, ignore_reader_gone, print_report};
use super::{POLL_TIME, said_of};
use crate::cli;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{Shown, say};
use crate::session::Session;
use crate::signals::{HangUps, stop_on_signal};
use crate::tenants::{Given, sources};

/// The variable that holds the client secret.
const SECRET_VARIABLE: &str = "DRAWBRIDGE_CLIENT_SECRET";

/// Polls a tenant into a folder, once or again and again.
pub(super) async fn run(args: &cli::Poll, every: Duration) -> Result<(), Failure> {
    let (once, json) = (args.once, args.json);
    let stop = stop_on_signal();
    let mut hang_ups = HangUps::listen();
    let session = open(args).await?;
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
            .map_err(|error| (error.is_retryable(), Failure::of(error)))
            .and_then(|report| {
                let printed = print_report(&report, json);
                let result = check_complete(&report, once).and(ignore_reader_gone(printed));
                // A poll that did its work is no reason to end, whatever is wrong with it.
                result.map_err(|failure| (true, failure))
            });
        if once || stop.is_asked() {
            return result.map_err(|(_, failure)| failure);
        }
        match result {
            Err((retryable, failure)) if first && !retryable => return Err(failure),
            Err((_, failure)) => {
                let overdue = said_of(session.overdue_since().await);
                say(&format!("drawbridge: {failure}{overdue}"));
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
                        say(&format!("drawbridge: {failure}"));
                    }
                }
            }
        }
    }
}

async fn open(args: &cli::Poll) -> Result<Session, Failure> {
    let tenant = tenant(args)?;
    if args.since.is_some_and(|since| since > Timestamp::now()) {
        return Err(Failure::of("--since must be in the past"));
    }
    // Graph knows no time before 1970.
    let since = args.since.map(|since| since.max(Timestamp::UNIX_EPOCH));
    let services = DataLocation::folder(args.out.clone()).services()?;
    Session::open(&args.out, &services, &tenant, since).await
}

/// The document that the command line stands for. What it says is the administrator's own word.
fn tenant(args: &cli::Poll) -> Result<Tenant, Failure> {
    // The command line does without them for tenants that have documents only.
    let tenant_id = args.tenant_id.as_deref().unwrap_or_default();
    if tenant_id.parse::<TenantId>().is_err() {
        return Err(Failure::of(
            "--tenant-id must be the directory id in Entra, or one of its domains",
        ));
    }
    // A document does not repeat what it was given.
    if let Some(cloud) = &args.cloud {
        cloud.parse::<Cloud>().map_err(Failure::of)?;
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
