//! The emulator starts, answers, and leaves nothing running however its user ends.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use drawbridge_emulator::{Emulator, Options};

/// Set in the process that is killed.
const VICTIM: &str = "DRAWBRIDGE_EMULATOR_VICTIM";

fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

fn listens(url: &str) -> bool {
    TcpStream::connect_timeout(&address(url), Duration::from_secs(1)).is_ok()
}

fn gone(url: &str, data: &Path) -> bool {
    let start = Instant::now();
    while listens(url) || data.exists() {
        if start.elapsed() > Duration::from_secs(20) {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

#[tokio::test]
async fn it_is_on_loopback_only_and_ends_when_dropped() {
    let emulator = Emulator::start().await.unwrap();
    let url = emulator.endpoint_url().to_owned();
    assert!(address(&url).ip().is_loopback());
    assert!(listens(&url));
    let data = emulator.data_dir().to_owned();
    assert!(data.join("emulator.log").exists());

    let port = address(&url).port();
    let listeners = listening_addresses(port);
    assert!(
        listeners.iter().all(|address| address == "0100007F"),
        "{listeners:?}"
    );

    drop(emulator);
    assert!(!listens(&url));
    assert!(!data.exists());
}

/// The local addresses (as the kernel writes them) that listen on `port`.
fn listening_addresses(port: u16) -> Vec<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let suffix = format!(":{port:04X}");
    table
        .lines()
        .filter_map(|line| {
            let mut columns = line.split_whitespace().skip(1);
            let (local, _, state) = (columns.next()?, columns.next()?, columns.next()?);
            (state == "0A").then(|| local.strip_suffix(&suffix).map(str::to_owned))?
        })
        .collect()
}

#[tokio::test]
async fn functions_see_nothing_of_the_environment_but_what_they_need() {
    let extra = vec![("DRAWBRIDGE_EXTRA".to_owned(), "1".to_owned())];
    let emulator = Emulator::start_with(Options {
        auth: true,
        env: extra,
    })
    .await
    .unwrap();
    // The launcher's own environment is what everything below it inherits.
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut found = false;
    for process in processes {
        let Ok(environ) = std::fs::read(process.path().join("environ")) else {
            continue;
        };
        let environ = String::from_utf8_lossy(&environ);
        if environ
            .split('\0')
            .any(|v| v == format!("AWS_ENDPOINT_URL={}", emulator.endpoint_url()))
        {
            found = true;
            assert!(environ.contains("DRAWBRIDGE_EXTRA=1"));
            assert!(environ.contains("AUTH=true"));
            assert!(!environ.contains("CARGO"), "the test's environment leaks");
        }
    }
    assert!(found || !Path::new("/proc/self/environ").exists());
}

#[tokio::test]
async fn a_killed_test_leaves_nothing_running() {
    if std::env::var_os(VICTIM).is_some() {
        let emulator = Emulator::start().await.unwrap();
        println!(
            "victim {} {}",
            emulator.endpoint_url(),
            emulator.data_dir().display()
        );
        // Until it is killed; the pipe is the parent's.
        let _ = std::io::stdin().read(&mut [0]);
        return;
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_killed_test_leaves_nothing_running",
            "--nocapture",
        ])
        .env(VICTIM, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("victim ").map(|(_, rest)| rest.to_owned()))
        .unwrap();
    let (url, data) = line.split_once(' ').unwrap();
    assert!(listens(url));
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(gone(url, &PathBuf::from(data)));
}
