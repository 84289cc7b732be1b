use std::io::Write as _;
use std::time::Duration;

use drawbridge_simulator::{Alerts, GenerateOptions, Options};
use jiff::{SignedDuration, Timestamp};

use crate::cli;
use crate::failure::Failure;

/// Serves a simulated Graph until Ctrl-C.
pub(crate) async fn run(args: cli::Simulate) -> Result<(), Failure> {
    let alerts = match &args.alerts {
        Some(file) => {
            let text = crate::input::read(file)?;
            Alerts::parse(&text).map_err(|error| {
                Failure::of(format!("{} cannot be served: {error}", file.display()))
            })?
        }
        None => generated(&args)?,
    };
    let options = Options {
        listen: args.listen,
        tenant_id: args.tenant_id.clone(),
        client_id: args.client_id.clone(),
        client_secret: args.client_secret,
        page_latency: Duration::from_millis(args.page_latency_ms),
        requests_per_minute: args.requests_per_minute,
        gzip: !args.no_gzip,
        ..Options::default()
    };
    let count = alerts.len();
    let simulator = drawbridge_simulator::start(options, alerts)
        .await
        .map_err(|error| Failure::of(format!("cannot listen on {}: {error}", args.listen)))?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "serving {count} alerts; poll them with\n  \
         DRAWBRIDGE_CLIENT_SECRET=… drawbridge poll --tenant-id {} --client-id {} \
         --login-url {} --graph-url {}",
        args.tenant_id,
        args.client_id,
        simulator.login_url(),
        simulator.graph_url(),
    )?;
    out.flush()?;
    drop(out);
    let _ = tokio::signal::ctrl_c().await;
    simulator.stop().await;
    Ok(())
}

fn generated(args: &cli::Simulate) -> Result<Alerts, Failure> {
    let to = args
        .to
        .unwrap_or_else(|| Timestamp::now() - SignedDuration::from_mins(1));
    let from = args.from.unwrap_or(to - SignedDuration::from_hours(24));
    if from >= to {
        return Err(Failure::of("--from must be before --to"));
    }
    Ok(Alerts::generate(&GenerateOptions {
        count: args.count,
        seed: args.seed,
        from,
        to,
    }))
}
