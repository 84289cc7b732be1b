use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use drawbridge_simulator::{Credential, Options, SimulatedTenant, Simulator};

use crate::process::Poller;

/// Tenants: what grows faster than they do is seen at once.
const FLEETS: [u32; 3] = [30, 300, 3000];
/// How long the simulated Graph takes to answer.
const LATENCY: Duration = Duration::from_millis(200);
/// From one round of polls to the next, as by default.
const EVERY: Duration = Duration::from_secs(60);
/// What follows the last answer of a round: files are synced and closed.
const SETTLED: Duration = Duration::from_secs(3);
/// Rounds that are measured, after the first.
const ROUNDS: u32 = 3;

/// When it is no use to wait any longer.
const PATIENCE: Duration = Duration::from_secs(600);

const CLIENT: &str = "22222222-2222-4222-8222-222222222222";

pub(crate) fn run() {
    println!(
        "| idle tenants | {} |",
        FLEETS.map(|n| n.to_string()).join(" | ")
    );
    println!("|{}", "---|".repeat(FLEETS.len() + 1));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let measured = FLEETS.map(|tenants| runtime.block_on(fleet(tenants)));
    let rows: [(&str, Number); 8] = [
        ("first round, s", |it| format!("{:.1}", it.first_round)),
        ("first round, s of processor", |it| {
            format!("{:.2}", it.first_cpu)
        }),
        ("a later round, s", |it| format!("{:.1}", it.round)),
        ("a later round, s of processor", |it| {
            format!("{:.2}", it.cpu)
        }),
        ("the same for a tenant, ms", |it| {
            format!("{:.2}", it.cpu * 1000.0 / f64::from(it.tenants))
        }),
        ("peak memory, MB", |it| format!("{:.1}", it.peak_mb)),
        ("open files and connections, at most", |it| {
            it.open_files.to_string()
        }),
        ("threads", |it| it.threads.to_string()),
    ];
    for (what, number) in rows {
        let numbers: Vec<String> = measured.iter().map(number).collect();
        println!("| {what} | {} |", numbers.join(" | "));
    }
}

/// What a row says of a fleet.
type Number = fn(&Measured) -> String;

struct Measured {
    tenants: u32,
    first_round: f64,
    first_cpu: f64,
    round: f64,
    cpu: f64,
    peak_mb: f64,
    open_files: usize,
    threads: u64,
}

async fn fleet(tenants: u32) -> Measured {
    let simulator = simulator(tenants).await;
    let folder = tempfile::tempdir().unwrap();
    write_documents(folder.path(), tenants);
    let poller = Poller::start(folder.path(), &simulator, EVERY);
    let mut watch = Watch {
        poller: &poller,
        simulator: &simulator,
        open_files: 0,
    };
    let first_round = watch.round(tenants).await;
    let first_cpu = poller.cpu();
    let mut round = 0.0;
    for _ in 0..ROUNDS {
        round += watch.round(tenants).await;
    }
    let rounds = f64::from(ROUNDS);
    Measured {
        tenants,
        first_round,
        first_cpu,
        round: round / rounds,
        cpu: (poller.cpu() - first_cpu) / rounds,
        peak_mb: poller.status("VmHWM") as f64 / 1024.0,
        open_files: watch.open_files,
        threads: poller.status("Threads"),
    }
}

struct Watch<'a> {
    poller: &'a Poller,
    simulator: &'a Simulator,
    open_files: usize,
}

impl Watch<'_> {
    /// Waits until every tenant has asked once more; how long that took, in seconds, from the first
    /// request to the last.
    async fn round(&mut self, tenants: u32) -> f64 {
        let before = self.simulator.stats().list_requests;
        self.wait_for(before + 1).await;
        let started = Instant::now();
        self.wait_for(before + u64::from(tenants)).await;
        let took = started.elapsed();
        tokio::time::sleep(SETTLED).await;
        took.as_secs_f64()
    }

    async fn wait_for(&mut self, requests: u64) {
        let started = Instant::now();
        while self.simulator.stats().list_requests < requests {
            self.open_files = self.open_files.max(self.poller.open_files());
            assert!(started.elapsed() < PATIENCE, "no round came to its end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Tenants without alerts.
async fn simulator(tenants: u32) -> Simulator {
    let secret = || Credential::Secret("simulated".to_owned());
    let tenants = (0..tenants).map(|n| SimulatedTenant::new(&id(n), CLIENT, secret()));
    let options = Options {
        page_latency: LATENCY,
        tenants: tenants.collect(),
        ..Options::default()
    };
    let simulator = drawbridge_simulator::start(options, Default::default()).await;
    simulator.unwrap()
}

fn id(n: u32) -> String {
    format!("33333333-3333-4333-8333-{n:012}")
}

fn write_documents(folder: &Path, tenants: u32) {
    let folder = folder.join("tenants");
    // As documents are kept: for their owner alone.
    fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
    for n in 0..tenants {
        let document = format!(
            "tenant_id = \"{}\"\nclient_id = \"{CLIENT}\"\nsecret = \"DRAWBRIDGE_CLIENT_SECRET\"\n",
            id(n)
        );
        fs::write(folder.join(format!("tenant-{n:04}.toml")), document).unwrap();
    }
}
