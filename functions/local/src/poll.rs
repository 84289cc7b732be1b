use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use drawbridge_graph::{Cloud, Endpoints, SecretSource};
use drawbridge_poll::{Ending, PollError, Report, Settings, Stop, SystemClock};
use drawbridge_secrets::{EnvSecrets, FileSecrets, Secrets};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::cli;
use crate::failure::Failure;
use crate::progress::{Shown, say};
use crate::session::{Session, SignIn};

/// The variable that holds the client secret.
const SECRET_VARIABLE: &str = "DRAWBRIDGE_CLIENT_SECRET";

/// Polls a tenant into a folder, once or again and again.
pub(crate) async fn run(args: cli::Poll) -> Result<(), Failure> {
    let (once, every, json) = (args.once, args.every.unsigned_abs(), args.json);
    if every < Duration::from_secs(1) {
        return Err(Failure::of("--every must be at least 1s"));
    }
    let session = open(args).await?;
    let (ask, asked) = watch::channel(false);
    tokio::spawn(async move {
        while told_to_stop().await.is_ok() {
            if ask.send_replace(true) {
                std::process::exit(130);
            }
            say("stopping after the page at hand; once more to stop at once");
        }
    });
    let stop = Stop::when(asked);
    let mut first = true;
    loop {
        let shown = Shown::start();
        let polled = session.poll(&stop, &shown).await;
        shown.end();
        let result = polled
            .map_err(|error| (error.is_retryable(), told(&error)))
            .and_then(|report| {
                match tell(&report, json) {
                    // Whether all is well does not depend on who hears of it.
                    Ok(()) | Err(Failure::ReaderGone) => {}
                    Err(failure) => return Err((false, failure)),
                }
                all_well(&report, once).map_err(|failure| (true, failure))
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
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = stop.asked() => return Ok(()),
        }
    }
}

/// Resolves at Ctrl-C, and where there is such a thing at the signal that service managers and
/// container runtimes send.
pub(crate) async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

async fn open(args: cli::Poll) -> Result<Session, Failure> {
    let endpoints = match (args.login_url, args.graph_url) {
        (Some(login), Some(graph)) => Endpoints::custom(login, graph).map_err(Failure::of)?,
        _ => args
            .cloud
            .parse::<Cloud>()
            .map_err(Failure::of)?
            .endpoints(),
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
    let mut settings = Settings::new(&tenant_name(&args.tenant_id)?);
    settings.page_size = args.page_size;
    settings.service_sources = match args.service_sources.as_slice() {
        [all] if all == "all" => Vec::new(),
        _ => args.service_sources,
    };
    if args.since.is_some_and(|since| since > Timestamp::now()) {
        return Err(Failure::of("--since must lie in the past"));
    }
    // Graph knows no time before 1970.
    settings.windows.first_from = args.since.map(|since| since.max(Timestamp::UNIX_EPOCH));
    let sign_in = SignIn {
        endpoints,
        tenant_id: args.tenant_id,
        client_id: args.client_id,
        secret: Arc::new(secret),
    };
    Session::open(sign_in, format, &args.out, Arc::new(SystemClock), settings).await
}

/// The tenant's name in object keys: its id in lower case.
fn tenant_name(tenant_id: &str) -> Result<String, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if tenant_id.is_empty() || !tenant_id.chars().all(plain) {
        return Err(Failure::of(
            "--tenant-id must be the directory id in Entra, or one of its domains",
        ));
    }
    Ok(tenant_id.to_ascii_lowercase())
}

fn told(error: &PollError) -> Failure {
    Failure::of(error)
}

/// Tells what a poll did: a line for a person, or JSON for a script.
fn tell(report: &Report, json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if json {
        let ending = match report.ending {
            Ending::Complete => "complete",
            Ending::OutOfTime => "stopped",
            Ending::Postponed(_) => "postponed",
            Ending::Superseded => "superseded",
        };
        writeln!(
            out,
            "{}",
            serde_json::json!({
                "ending": ending,
                "alerts": report.alerts,
                "records": report.records,
                "suppressed": report.suppressed,
                "quarantined": report.quarantined,
                "gaps": report.gaps,
                "partial_answers": report.partial_answers,
                "requests": report.requests,
                "throttled": report.throttled,
                "read_up_to": report.read_up_to,
            })
        )?;
        return Ok(());
    }
    let up_to = report
        .read_up_to
        .map(|time| format!(", read up to {time}"))
        .unwrap_or_default();
    writeln!(
        out,
        "{} alerts, {} new records, {} already written, {} requests{up_to}",
        report.alerts, report.records, report.suppressed, report.requests
    )?;
    Ok(())
}

/// A poll that left something undone is no success, though nothing is lost.
fn all_well(report: &Report, once: bool) -> Result<(), Failure> {
    let undone = [
        (
            report.quarantined,
            "alerts or records could not be read or sent and lie in quarantine/",
        ),
        (
            report.gaps,
            "windows that Graph would not answer lie in quarantine/",
        ),
        (
            report.still_owed,
            "windows could not be read; they are tried again at each poll",
        ),
        (
            report.partial_answers,
            "answers of Graph were incomplete; they are read again",
        ),
    ];
    for (count, what) in undone {
        if count > 0 {
            return Err(Failure::of(format!("{count} {what}")));
        }
    }
    match report.ending {
        Ending::Superseded => Err(Failure::of(
            "another drawbridge polled this tenant into this folder meanwhile",
        )),
        Ending::Postponed(_) => Err(Failure::of(
            "Graph asks to wait; nothing is lost, poll again",
        )),
        Ending::OutOfTime if once => Err(Failure::of(
            "stopped before the end; nothing is lost, run it again for the rest",
        )),
        Ending::Complete | Ending::OutOfTime => Ok(()),
    }
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
