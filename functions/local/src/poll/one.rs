use std::sync::Arc;
use std::time::Duration;

use drawbridge_config::administrators_endpoints;
use drawbridge_entra::{Cloud, Endpoints, TenantId};
use drawbridge_poll::Settings;
use drawbridge_secrets::{EnvSecrets, FileSecrets, SecretSource, Secrets};
use drawbridge_time::SystemClock;
use jiff::Timestamp;
use secrecy::SecretString;

use super::report::{check_complete, ignore_reader_gone, print_report};
use crate::cli;
use crate::failure::Failure;
use crate::progress::{Shown, say};
use crate::session::{Session, SignIn};
use crate::signals::{HangUps, stop_on_signal};

/// The variable that holds the client secret.
const SECRET_VARIABLE: &str = "DRAWBRIDGE_CLIENT_SECRET";

/// Polls a tenant into a folder, once or again and again.
pub(super) async fn run(args: cli::Poll, every: Duration) -> Result<(), Failure> {
    let (once, json) = (args.once, args.json);
    let stop = stop_on_signal();
    let mut hang_ups = HangUps::listen();
    let session = open(args).await?;
    let mut first = true;
    loop {
        let shown = Shown::start();
        let polled = session.poll(&stop, &shown).await;
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
            Err((_, failure)) => say(&format!("drawbridge: {failure}")),
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

async fn open(args: cli::Poll) -> Result<Session, Failure> {
    // The command line does without them for tenants that have documents only.
    let (tenant_id, client_id) = (
        args.tenant_id.unwrap_or_default(),
        args.client_id.unwrap_or_default(),
    );
    let endpoints = match (args.login_url, args.graph_url, &args.cloud) {
        (Some(login), Some(graph), _) => Endpoints::custom(login, graph).map_err(Failure::of)?,
        (.., Some(cloud)) => cloud.parse::<Cloud>().map_err(Failure::of)?.endpoints(),
        _ => administrators_endpoints(|name| std::env::var(name).ok())
            .map_err(Failure::of)?
            .unwrap_or_else(|| Cloud::default().endpoints()),
    };
    let format = crate::map::named(&args.format)?;
    let secret = match args.secret_file {
        Some(path) => LocalSecret {
            name: path.display().to_string(),
            secrets: Box::new(FileSecrets),
        },
        None => LocalSecret {
            name: SECRET_VARIABLE.into(),
            secrets: Box::new(EnvSecrets),
        },
    };
    let mut settings = Settings::new(&tenant_name(&tenant_id)?);
    settings.page_size = args.page_size;
    settings.service_sources = match args.service_sources.as_slice() {
        [all] if all == "all" => Vec::new(),
        _ => args.service_sources,
    };
    if args.since.is_some_and(|since| since > Timestamp::now()) {
        return Err(Failure::of("--since must be in the past"));
    }
    // Graph knows no time before 1970.
    settings.windows.first_from = args.since.map(|since| since.max(Timestamp::UNIX_EPOCH));
    let sign_in = SignIn {
        endpoints,
        tenant_id,
        client_id,
        secret: Arc::new(secret),
    };
    Session::open(sign_in, format, &args.out, Arc::new(SystemClock), settings).await
}

/// The tenant's name in object keys: its id in lower case.
fn tenant_name(tenant_id: &str) -> Result<String, Failure> {
    if tenant_id.parse::<TenantId>().is_err() {
        return Err(Failure::of(
            "--tenant-id must be the directory id in Entra, or one of its domains",
        ));
    }
    Ok(tenant_id.to_ascii_lowercase())
}

/// The client secret from the environment or a file, read at each sign-in.
struct LocalSecret {
    name: String,
    secrets: Box<dyn Secrets>,
}

#[async_trait::async_trait]
impl SecretSource for LocalSecret {
    async fn secret(&self) -> Result<SecretString, String> {
        self.secrets
            .get(&self.name)
            .await
            .map_err(|error| error.to_string())
    }
}
