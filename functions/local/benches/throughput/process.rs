use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The command under test, built by `cargo bench` in the same profile.
const DRAWBRIDGE: &str = env!("CARGO_BIN_EXE_drawbridge");

/// `drawbridge simulate` in a process of its own.
pub(crate) struct Simulator {
    child: Child,
    _out: BufReader<ChildStdout>,
    pub(crate) login_url: String,
    pub(crate) graph_url: String,
}

impl Simulator {
    pub(crate) fn start(count: usize, latency_ms: u64) -> Self {
        let mut child = Command::new(DRAWBRIDGE)
            .args(["simulate", "--no-gzip", "--count", &count.to_string()])
            .args([
                "--from",
                "2026-01-01T00:00:00Z",
                "--to",
                "2026-01-02T00:00:00Z",
            ])
            .args(["--page-latency-ms", &latency_ms.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.contains("DRAWBRIDGE_GRAPH_URL=") {
            assert!(
                out.read_line(&mut text).unwrap() > 0,
                "the simulator did not start"
            );
        }
        let after = |variable: &str| {
            text.split(variable)
                .nth(1)
                .unwrap()
                .split_whitespace()
                .next()
                .unwrap()
                .to_owned()
        };
        Self {
            login_url: after("DRAWBRIDGE_LOGIN_URL="),
            graph_url: after("DRAWBRIDGE_GRAPH_URL="),
            child,
            _out: out,
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What one `drawbridge poll --once` took.
pub(crate) struct Polled {
    pub(crate) took: Duration,
    pub(crate) peak_mb: f64,
    pub(crate) alerts: u64,
}

/// Polls everything that the simulator has into a new folder.
pub(crate) fn poll(simulator: &Simulator) -> Polled {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let mut child = Command::new(DRAWBRIDGE)
        .args(["poll", "--once", "--json", "--service-source", "all"])
        .args(["--tenant-id", "11111111-1111-4111-8111-111111111111"])
        .args(["--client-id", "22222222-2222-4222-8222-222222222222"])
        .args(["--since", "2025-12-31T00:00:00Z", "--out"])
        .arg(folder.path())
        .env("DRAWBRIDGE_CLIENT_SECRET", "simulated")
        .env("DRAWBRIDGE_LOGIN_URL", &simulator.login_url)
        .env("DRAWBRIDGE_GRAPH_URL", &simulator.graph_url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0;
    while child.try_wait().unwrap().is_none() {
        peak_kb = peak_kb.max(high_water_kb(&status_file));
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = started.elapsed();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let report: serde_json::Value = serde_json::from_str(&line).unwrap();
    Polled {
        took,
        peak_mb: peak_kb as f64 / 1024.0,
        alerts: report["alerts"].as_u64().unwrap(),
    }
}

/// The most memory that a process had resident, in KiB, as Linux tells it.
fn high_water_kb(status_file: &str) -> u64 {
    let status = std::fs::read_to_string(status_file).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}
