//! `cargo run -p drawbridge-e2e --bin emulate`: the whole stack on one machine, to play with.
//!
//! Starts the emulated cloud, a simulated Microsoft Graph with a day of alerts, and the stack of
//! `infra/template.yaml` with the functions as the tests have them; says how to read the records; and
//! runs until Ctrl-C, with a new alert every minute. Nothing leaves the machine, and nothing is left behind.
//! With `--functions FOLDER` it takes the functions from there and builds none.

#![allow(clippy::print_stdout, reason = "what to do with it is what it is for")]

mod guide;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use drawbridge_e2e::{Bundle, Consumer, Error, Stack, functions, read_from, tenant_document};
use drawbridge_emulator::{Emulator, Options};
use drawbridge_simulator::{Alerts, GenerateOptions, Simulator};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const STACK: &str = "drawbridge";
const TENANT: &str = "contoso";
const DAY: SignedDuration = SignedDuration::from_hours(24);
const PAUSE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), Error> {
    let binaries = binaries()?;
    let now = Timestamp::now();
    let alerts = Alerts::generate(&GenerateOptions {
        count: 200,
        seed: 1,
        from: now - DAY,
        to: now,
    });
    let known = drawbridge_simulator::Options::default();
    let simulator = drawbridge_simulator::start(known.clone(), alerts).await?;
    println!("starting the emulated cloud: a minute the first time, seconds later");
    let auth = Options {
        auth: true,
        ..Options::default()
    };
    let emulator = Emulator::start_with(auth).await?;
    let [login, graph] = read_from(&simulator);
    let parameters = [
        ("SiemOutput", "both"),
        (login.0, &login.1),
        (graph.0, &graph.1),
    ];
    let bundle = Bundle::make(&emulator, &binaries)?;
    let stack = Stack::deploy(&emulator, STACK, &bundle, &parameters)?;
    let document = tenant_document(STACK, TENANT);
    let secret = &known.client_secret;
    stack
        .add_tenant(&emulator, TENANT, &document, secret)
        .await?;
    let consumer = Consumer::create(&emulator, &stack, "Siem")?;
    // The timer's first tick comes in a minute; this one is for the impatient.
    stack.invoke("dispatch", &json!({}))?;

    guide::print(&emulator, &simulator, &stack, &consumer)?;
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended?,
        () = new_alerts(&simulator) => {}
    }
    println!("\nstopped; nothing of it is left");
    Ok(())
}

/// The folder with the functions.
fn binaries() -> Result<PathBuf, Error> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            println!(
                "building the functions as the tests do: minutes the first time, seconds later"
            );
            functions()
        }
        [name, folder] if name == "--functions" => Ok(folder.into()),
        _ => Err("usage: emulate [--functions FOLDER]".into()),
    }
}

/// An alert every minute, for the next tick to find.
async fn new_alerts(simulator: &Simulator) {
    for n in 1.. {
        tokio::time::sleep(PAUSE).await;
        let now = Timestamp::now().to_string();
        let alert = json!({
            "id": format!("da-live-{n}"), "title": format!("New alert {n}"),
            "severity": "medium", "status": "new",
            "serviceSource": "microsoftDefenderForEndpoint", "detectionSource": "antivirus",
            "createdDateTime": now, "lastUpdateDateTime": now, "lastActivityDateTime": now,
            "evidence": [{
                "@odata.type": "#microsoft.graph.security.ipEvidence",
                "ipAddress": format!("192.0.2.{}", n % 256),
            }],
        });
        simulator.set_alert(&alert.to_string());
    }
}
