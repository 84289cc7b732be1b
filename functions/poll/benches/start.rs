//! `cargo bench -p drawbridge-poll`: from the start of the process to its first question for work.
//!
//! A Lambda cold start adds the download of the package and the start of the sandbox; those are
//! not measured here.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often the function is started.
const STARTS: usize = 50;

const TENANTS: &str = r#"[{"name":"t","tenant_id":"11111111-1111-4111-8111-111111111111",
    "client_id":"22222222-2222-4222-8222-222222222222","secret":"s"}]"#;

fn main() {
    // `cargo test --benches` runs this too; it has nothing to prove there.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let mut took: Vec<Duration> = (0..STARTS).map(|_| start()).collect();
    took.sort_unstable();
    let millis = |at: usize| took[at].as_secs_f64() * 1000.0;
    println!("| what | number |\n|---|---|");
    println!(
        "| poll function, start to ready, of {STARTS}: fastest, median, slowest | {:.1} ms, {:.1} ms, {:.1} ms |",
        millis(0),
        millis(STARTS / 2),
        millis(STARTS - 1)
    );
}

/// Starts the function against a runtime that has no work for it.
fn start() -> Duration {
    let runtime = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = runtime.local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_poll"));
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "poll")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "k")
        .env("AWS_SECRET_ACCESS_KEY", "s")
        .env("DRAWBRIDGE_TENANTS", TENANTS)
        .env("DRAWBRIDGE_BUCKET", "b")
        .env(
            "DRAWBRIDGE_OUTPUTS",
            r#"[{"format":"siem","shape":"messages","queue_url":"http://127.0.0.1/q"}]"#,
        )
        .env("DRAWBRIDGE_JOBS_QUEUE_URL", "http://127.0.0.1/j.fifo")
        .stdout(Stdio::null());
    let started = Instant::now();
    let mut function = command.spawn().unwrap();
    let (connection, _) = runtime.accept().unwrap();
    let mut request = String::new();
    BufReader::new(&connection).read_line(&mut request).unwrap();
    let took = started.elapsed();
    assert!(request.contains("/invocation/next"), "{request}");
    function.kill().unwrap();
    function.wait().unwrap();
    took
}
