use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use drawbridge_files::shell_quoted;
use drawbridge_poll::assembly::Services;
use drawbridge_poll::{Report, Stop};
use drawbridge_secrets::{SecretError, Secrets};
use drawbridge_simulator::{Alerts, GenerateOptions, Options};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::cli::{self, SIMULATED_CLIENT, SIMULATED_SECRET, SIMULATED_TENANT};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{Shown, counted, say};
use crate::screen::{below, columns, wrapped};
use crate::session::Session;
use crate::tenants::Given;

/// The demo's day: its alerts are the same ones at each run, so its clock stands still.
const DEMO_NOW: &str = "2026-01-02T00:00:30Z";

/// The columns of a paragraph where there is no terminal.
const PLAIN_COLUMNS: usize = 92;

/// The name of the demo's tenant, which has no document: its records lie in the data folder itself.
pub(crate) const TENANT: &str = "demo";

/// Polls a simulated tenant to the end and shows the result.
pub(crate) async fn run(args: cli::Demo) -> Result<(), Failure> {
    let now = now()?;
    say(&format!(
        "starting a Graph simulator with {} alerts on this machine",
        args.count
    ));
    let alerts = alerts(args.count, now);
    let options = Options {
        tenant_id: SIMULATED_TENANT.into(),
        client_id: SIMULATED_CLIENT.into(),
        client_secret: SIMULATED_SECRET.into(),
        ..Options::default()
    };
    let simulator = drawbridge_simulator::start(options, alerts)
        .await
        .map_err(|error| Failure::of(format!("cannot listen on this machine: {error}")))?;
    let format = drawbridge_record::formats()[0];
    let (login_url, graph_url) = (simulator.login_url(), simulator.graph_url());
    let given = Given {
        tenant_id: SIMULATED_TENANT,
        client_id: SIMULATED_CLIENT,
        secret: Some("simulated"),
        login_url: Some(login_url.as_str()),
        graph_url: Some(graph_url.as_str()),
        service_sources: Some(&[]),
        outputs: &[format.name().to_owned()],
        ..Given::default()
    };
    let services = Services {
        secrets: Arc::new(SimulatedSecret),
        clock: Arc::new(move || now),
        ..DataLocation::folder(args.out.clone()).services()?
    };
    let tenant = given.tenant(TENANT)?;
    let session = Session::open(&args.out, &services, &tenant).await?;

    let started = Instant::now();
    let shown = Shown::start(None);
    let (_ask, asked) = watch::channel(false);
    let polled = session.poll(&Stop::when(asked), &shown).await;
    shown.end();
    let report = polled.map_err(Failure::of)?;
    simulator.stop().await;
    print_report(&report, &args, format.name(), started)
}

/// The command that runs the same demo again.
fn again(args: &cli::Demo) -> String {
    let usual = cli::Demo::default();
    let mut options = String::new();
    if args.count != usual.count {
        options += &format!(" --count {}", args.count);
    }
    if args.out != usual.out {
        options += &format!(" --out {}", shell_quoted(&args.out.display().to_string()));
    }
    match options.as_str() {
        "" => "drawbridge".to_owned(),
        options => format!("drawbridge demo{options}"),
    }
}

/// The demo's clock.
fn now() -> Result<Timestamp, Failure> {
    DEMO_NOW.parse().map_err(Failure::of)
}

/// The alerts of the demo, where no number of them is given.
pub(crate) fn its_alerts() -> Result<Alerts, Failure> {
    Ok(alerts(cli::Demo::default().count, now()?))
}

fn alerts(count: usize, now: Timestamp) -> Alerts {
    let to = now - SignedDuration::from_secs(30);
    let from = to - SignedDuration::from_hours(23);
    Alerts::generate(&GenerateOptions {
        count,
        seed: 1,
        from,
        to,
    })
}

fn print_report(
    report: &Report,
    args: &cli::Demo,
    format: &str,
    started: Instant,
) -> Result<(), Failure> {
    let mut out = crate::screen::stdout();
    let folder = &args.out;
    writeln!(
        out,
        "{} read with {}, {} written in {:.1} s",
        counted(report.alerts, "alert", "alerts"),
        counted(report.requests, "request", "requests"),
        counted(report.records, "record", "records"),
        started.elapsed().as_secs_f64()
    )?;
    let file = folder.join(format!("{format}.ndjson"));
    if report.records == 0 {
        let text = format!(
            "Nothing new: an earlier run wrote every record. It read again what lies within the overlap of \
             15 minutes, {} alerts, and found all of their {} records in the state ({}). Remove {} to start \
             again.",
            report.alerts,
            report.suppressed,
            folder.join("state").display(),
            folder.display(),
        );
        let columns = columns().unwrap_or(PLAIN_COLUMNS);
        writeln!(out, "\n{}", wrapped(&text, 0, Some(columns)))?;
    } else if let Some(record) = first_record(&file) {
        writeln!(out, "\nOne of them:\n{record}")?;
    }
    let view = format!(
        "drawbridge view{}",
        DataLocation::folder(folder.to_owned()).options()
    );
    let again = again(args);
    writeln!(out, "\nThe records: {}\n\nNext:", file.display())?;
    let next = [
        (
            view.as_str(),
            "alerts beside their records, and what is in this folder, in the browser",
        ),
        (
            "drawbridge explain ALERT.json",
            "where each key of a record comes from",
        ),
        ("drawbridge map ALERTS.json", "your own alerts as records"),
        ("drawbridge poll --help", "a real tenant"),
        (again.as_str(), "the demo again: it writes nothing twice"),
    ];
    let widths = next.iter().map(|(command, _)| command.chars().count());
    let width = widths.max().unwrap_or_default();
    for (command, what) in next {
        let line = format!("  {command:width$}  {what}");
        match columns() {
            Some(columns) if line.chars().count() > columns => {
                writeln!(out, "  {command}\n{}", below(what, Some(columns)))?;
            }
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// The first record of the file, over several lines.
fn first_record(file: &Path) -> Option<String> {
    let mut line = String::new();
    std::io::BufReader::new(std::fs::File::open(file).ok()?)
        .read_line(&mut line)
        .ok()?;
    let record: serde_json::Value = serde_json::from_str(&line).ok()?;
    serde_json::to_string_pretty(&record).ok()
}

/// The secret of the simulator.
struct SimulatedSecret;

#[async_trait::async_trait]
impl Secrets for SimulatedSecret {
    async fn get(&self, _name: &str) -> Result<SecretString, SecretError> {
        Ok(SIMULATED_SECRET.into())
    }
}
