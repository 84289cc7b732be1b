//! The emulator's process.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::{ACCOUNT_ID, EmulatorError, Options, REGION, ROOT_KEY, health};

const LAUNCHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/launcher.py");
/// How often another port is tried when somebody takes the free one first.
const STARTS: u32 = 3;
const POLL: Duration = Duration::from_millis(50);
/// Thirty seconds on a busy machine; half a second is usual.
const POLLS: u32 = 600;
/// How long the launcher may take to kill everything; it takes milliseconds.
const STOP_POLLS: u32 = 100;

/// The launcher, whose standard input keeps the emulator alive.
#[derive(Debug)]
pub(crate) struct Launched {
    launcher: Child,
    data_dir: PathBuf,
}

/// Starts an emulator and waits until it is ready; also answers with its URL.
pub(crate) fn launch(
    python: &Path,
    options: &Options,
) -> Result<(Launched, String), EmulatorError> {
    let mut start = 1;
    loop {
        match launch_once(python, options) {
            Err(EmulatorError::NotReady { log, .. })
                if start < STARTS && log.contains("already in use") =>
            {
                start += 1;
            }
            result => return result,
        }
    }
}

fn launch_once(python: &Path, options: &Options) -> Result<(Launched, String), EmulatorError> {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let edition = format!("drawbridge-{}-{number}", std::process::id());
    let port = free_port().map_err(EmulatorError::io("looking for a free port"))?;
    let url = format!("http://127.0.0.1:{port}");

    let mut launcher = Command::new(python)
        .arg(LAUNCHER)
        .env_clear()
        .envs(environment(port, &url, &edition, options))
        .envs(options.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A Ctrl-C in the terminal reaches it through the test process, not before it.
        .process_group(0)
        .spawn()
        .map_err(EmulatorError::io(format!("starting {}", python.display())))?;

    let mut line = String::new();
    if let Some(stdout) = launcher.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(EmulatorError::io("reading from the launcher"))?;
    }
    let mut launched = Launched {
        launcher,
        data_dir: PathBuf::from(line.trim()),
    };
    for _ in 0..POLLS {
        if health::is_ready(port, &edition) {
            return Ok((launched, url));
        }
        if matches!(launched.launcher.try_wait(), Ok(Some(_))) {
            let mut log = String::new();
            if let Some(stderr) = launched.launcher.stderr.take() {
                let _ = stderr.take(64 * 1024).read_to_string(&mut log);
            }
            return Err(EmulatorError::NotReady {
                reason: "it ended by itself".to_owned(),
                log,
            });
        }
        thread::sleep(POLL);
    }
    let reason = format!("no answer from {url} within {} s", POLLS * 50 / 1000);
    Err(EmulatorError::NotReady {
        reason,
        log: launched.log_tail(30),
    })
}

/// All that the emulator, and with it every function it runs, sees of the environment.
fn environment(
    port: u16,
    url: &str,
    edition: &str,
    options: &Options,
) -> Vec<(&'static str, String)> {
    let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned());
    vec![
        ("PATH", path),
        ("LANG", "C.UTF-8".to_owned()),
        ("BIND_HOST", "127.0.0.1".to_owned()),
        ("GATEWAY_PORT", port.to_string()),
        ("AUTH", options.auth.to_string()),
        ("IOT_MTLS_ENABLED", "false".to_owned()),
        ("SFTP_ENABLED", "false".to_owned()),
        ("MINISTACK_EDITION", edition.to_owned()),
        ("MINISTACK_ACCOUNT_ID", ACCOUNT_ID.to_owned()),
        ("MINISTACK_REGION", REGION.to_owned()),
        // Without it a function would look for the real AWS.
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", ROOT_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", ROOT_KEY.to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// A port that is free now; nobody keeps it free.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

impl Launched {
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(crate) fn log_tail(&self, lines: usize) -> String {
        let log = std::fs::read(self.data_dir.join("emulator.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let all: Vec<_> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        drop(self.launcher.stdin.take());
        for _ in 0..STOP_POLLS {
            if !matches!(self.launcher.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(POLL);
        }
        let _ = self.launcher.kill();
        let _ = self.launcher.wait();
    }
}
