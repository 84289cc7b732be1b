use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use drawbridge_alert::Alert;
use drawbridge_config::defaults;
use drawbridge_files::{Access, Root, shell_quoted};
use drawbridge_simulator::{
    Alerts, Credential, GenerateOptions, Options, Present, SimulatedTenant,
};
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::cli;
use crate::data_location::DEFAULT_FOLDER;
use crate::failure::Failure;

/// The variable that holds the client secret.
const SECRET_VARIABLE: &str = "DRAWBRIDGE_CLIENT_SECRET";

/// Serves a simulated Graph until Ctrl-C.
pub(crate) async fn run(args: cli::Simulate) -> Result<(), Failure> {
    let alerts = match &args.alerts {
        Some(file) => {
            let text = crate::input::read(file)?;
            let alerts = checked(&text);
            Some(alerts.map_err(|error| {
                Failure::of(format!("{} cannot be served: {error}", file.display()))
            })?)
        }
        None => None,
    };
    // Those of a file are served to every tenant.
    let alerts_of = |n: u16| match &alerts {
        Some(alerts) => Ok(alerts.clone()),
        None => generated(&args, n),
    };
    let first = alerts_of(0)?;
    let alerts_word = match first.len() {
        1 => "1 alert".to_owned(),
        count => format!("{count} alerts"),
    };
    let them = if first.len() == 1 { "it" } else { "them" };
    let now = Timestamp::now();
    let from = first_day(first.oldest_update(), now);
    let since = from.map_or_else(String::new, |day| format!(" --since {day}"));
    let is_read = |source: &str| defaults::SERVICE_SOURCES.contains(&source);
    let has_others = !first.service_sources().all(is_read);
    let sources = if has_others {
        " --service-source all"
    } else {
        ""
    };
    let mut others = Vec::new();
    for n in 1..args.tenants {
        others.push(SimulatedTenant {
            alerts: alerts_of(n)?,
            requests_per_minute: args.requests_per_minute,
            ..SimulatedTenant::new(
                &tenant_id(&args, n),
                &args.client_id,
                Credential::Secret(args.client_secret.clone()),
            )
        });
    }
    let options = Options {
        listen: args.listen,
        tenant_id: args.tenant_id.clone(),
        client_id: args.client_id.clone(),
        client_secret: args.client_secret.clone(),
        page_latency: Duration::from_millis(args.page_latency_ms),
        requests_per_minute: args.requests_per_minute,
        gzip: !args.no_gzip,
        present: Present::Clock,
        tenants: others,
        ..Options::default()
    };
    let simulator = drawbridge_simulator::start(options, first)
        .await
        .map_err(|error| Failure::of(format!("cannot listen on {}: {error}", args.listen)))?;
    // It opens nothing, and another is not shown.
    let is_usual = args.client_secret == cli::SIMULATED_SECRET;
    let (secret, before) = match is_usual {
        true => (
            format!("{SECRET_VARIABLE}={} ", cli::SIMULATED_SECRET),
            String::new(),
        ),
        false => (
            String::new(),
            format!("set {SECRET_VARIABLE} to the secret that was given, and "),
        ),
    };
    let program = program();
    // Documents may not name these hosts; only the administrator sets them.
    let hosts = format!(
        "DRAWBRIDGE_LOGIN_URL={} DRAWBRIDGE_GRAPH_URL={}",
        simulator.login_url(),
        simulator.graph_url()
    );
    let mut message = format!(
        "serving {alerts_word}; {before}poll {them} with\n  \
         {secret}{hosts} {program} poll --tenant-id {} --client-id {}{since}{sources} --out {}",
        args.tenant_id,
        args.client_id,
        own_folder(now, &simulator.graph_url()),
    );
    if args.tenants > 1 {
        let last = tenant_id(&args, args.tenants - 1);
        message.push_str(&format!(
            "\nand as many in each of the tenants up to {last}"
        ));
    }
    if let Some(folder) = &args.documents {
        let mut lines = String::new();
        if let Some(day) = from {
            let from = Offset::UTC.to_timestamp(day.to_datetime(Time::midnight()));
            let secs = now.duration_since(from.map_err(Failure::of)?).as_secs();
            lines.push_str(&format!("first_lookback_secs = {secs}\n"));
        }
        if has_others {
            lines.push_str("service_sources = []\n");
        }
        let was_polled = folder.join("state").is_dir();
        write_documents(&args, folder, &lines)?;
        message.push_str(&format!(
            "\nthe tenants' documents are in {}; {before}poll them with\n  \
             {secret}DRAWBRIDGE_ALLOWED_SECRETS={SECRET_VARIABLE} {hosts} {program} poll --all --out {}",
            folder.join("tenants").display(),
            shell_quoted(&folder.display().to_string()),
        ));
        if was_polled {
            message.push_str(
                "\nthis folder was polled before: polls go on where those ended and leave out the alerts that \
                 they know; to read all alerts, name a new folder with --documents",
            );
        }
    }
    let mut out = crate::screen::stdout();
    writeln!(out, "{message}")?;
    out.flush()?;
    drop(out);
    let _ = tokio::signal::ctrl_c().await;
    simulator.stop().await;
    Ok(())
}

/// The alerts of a text, or why it holds none: what `map` would refuse is served by no Graph.
fn checked(text: &[u8]) -> Result<Alerts, String> {
    let alerts = Alerts::parse(text).map_err(|error| error.to_string())?;
    if alerts.is_empty() {
        return Err("the list holds no alert".to_owned());
    }
    for (position, json) in (1..).zip(alerts.texts()) {
        let alert = std::str::from_utf8(json).map_err(|error| error.to_string());
        let checked = alert.and_then(|json| match Alert::decode(json) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        });
        checked.map_err(|why| format!("alert {position}: {why}"))?;
    }
    Ok(alerts)
}

/// The day in UTC from which on a first poll reads the oldest alert, where it would not by itself.
fn first_day(oldest: Option<Timestamp>, now: Timestamp) -> Option<Date> {
    let look_back = SignedDuration::from_secs(defaults::FIRST_LOOKBACK_SECS.into());
    // The alerts of a file that reach to the edge would be missed by a poll that begins a little later.
    let reached = now - look_back + SignedDuration::from_hours(1);
    let oldest = oldest.filter(|oldest| *oldest < reached)?;
    Some(Offset::UTC.to_datetime(oldest).date())
}

/// The data folder of this simulation alone. Every simulation has the same tenant, and in the folder of an earlier
/// one `poll` would go on where that one ended and leave out the alerts that it knows.
fn own_folder(started: Timestamp, graph_url: &Url) -> String {
    let started = started.strftime("%Y%m%d-%H%M%S");
    let port = graph_url.port_or_known_default().unwrap_or_default();
    format!("{DEFAULT_FOLDER}/simulated-{started}-{port}")
}

/// This program as a shell finds it: by its name, or by the path that it was run by.
fn program() -> String {
    let called = std::env::args().next().unwrap_or_default();
    match called.as_str() {
        "" => "drawbridge".to_owned(),
        called => shell_quoted(called).into_owned(),
    }
}

/// The first tenant has the id that was given, the others have counted ones.
fn tenant_id(args: &cli::Simulate, n: u16) -> String {
    match n {
        0 => args.tenant_id.clone(),
        n => format!("11111111-1111-4111-8111-{n:012}"),
    }
}

/// Writes `tenants/simulated-001.toml` and so on, with other lines: what the store of a stack or a folder keeps.
fn write_documents(args: &cli::Simulate, folder: &Path, others: &str) -> Result<(), Failure> {
    let folder = Root::new(folder);
    for n in 0..args.tenants {
        let document = [
            ("tenant_id", tenant_id(args, n)),
            ("client_id", args.client_id.clone()),
            ("secret", SECRET_VARIABLE.to_owned()),
        ];
        // A string of JSON is one of TOML.
        let lines =
            document.map(|(key, value)| format!("{key} = {}\n", serde_json::Value::from(value)));
        let file = format!("tenants/simulated-{:03}.toml", n + 1);
        let document = lines.concat() + others;
        let written = folder.replace(&file, document.as_bytes(), Access::Private);
        written.map_err(|error| {
            let file = folder.join(&file);
            Failure::of(format!("cannot write {}: {error}", file.display()))
        })?;
    }
    Ok(())
}

fn generated(args: &cli::Simulate, n: u16) -> Result<Alerts, Failure> {
    let to = args
        .to
        .unwrap_or_else(|| Timestamp::now() - SignedDuration::from_mins(1));
    let from = args.from.unwrap_or(to - SignedDuration::from_hours(24));
    if from >= to {
        return Err(Failure::usage("--from must be before --to"));
    }
    Ok(Alerts::generate(&GenerateOptions {
        count: args.count,
        seed: args.seed.wrapping_add(n.into()),
        from,
        to,
    }))
}
