//! Starts and stops the emulated cloud for the tests.
//!
//! [`Emulator::start`] makes a Python environment with the pinned `requirements.txt` under the
//! workspace's `target/` (once; it needs Python 3.11 or newer and the package index), starts
//! MiniStack on a free loopback port with a clean environment, and waits until it answers. It
//! ends with the value or with the test process, however that ends: see `launcher.py`.
//!
//! Test binaries may start one each, side by side; within one binary, tests can share one through
//! a `tokio::sync::OnceCell` in a static, with buckets and queues of their own.

mod debian;
mod error;
mod health;
mod process;
mod python;

use std::path::{Path, PathBuf};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;

pub use debian::debian_packages;
pub use error::EmulatorError;
use process::Launched;
pub use python::python_environment;

/// The region of everything that the tests create.
pub const REGION: &str = "us-east-1";
/// The account of everything that the tests create.
pub const ACCOUNT_ID: &str = "000000000000";
/// Access key and secret key of the account's root, who may do everything.
pub const ROOT_KEY: &str = "test";

/// What the emulator and its clients in the tests are made of.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// What differs between emulators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether signatures are checked and policies and roles are enforced. The root credentials
    /// of [`Emulator::sdk_config`] work either way. `enforcing.py` says what differs from the
    /// emulator as it comes, and notes the calls that [`Emulator::calls`] gives.
    pub auth: bool,
    /// More environment variables for the emulator, which the functions it runs inherit.
    pub env: Vec<(String, String)>,
}

/// A call that somebody made, as CloudTrail would tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The ARN of the user, or of the role that was assumed.
    pub caller: String,
    /// The action that the call needs, such as `sqs:SendMessage`.
    pub action: String,
    /// The key of the object or the prefix in S3's path, without the bucket; empty otherwise.
    pub key: String,
}

/// A running emulator; stopped when dropped.
#[derive(Debug)]
pub struct Emulator {
    endpoint_url: String,
    python: PathBuf,
    process: Launched,
}

impl Emulator {
    /// Starts an emulator that lets everybody do everything.
    pub async fn start() -> Result<Self, EmulatorError> {
        Self::start_with(Options::default()).await
    }

    /// Starts an emulator.
    pub async fn start_with(options: Options) -> Result<Self, EmulatorError> {
        tokio::task::spawn_blocking(move || Self::start_blocking(&options))
            .await
            .unwrap_or(Err(EmulatorError::ShuttingDown))
    }

    fn start_blocking(options: &Options) -> Result<Self, EmulatorError> {
        let python = python_environment("emulator", REQUIREMENTS)?;
        let (process, endpoint_url) = process::launch(&python, options)?;
        Ok(Self {
            endpoint_url,
            python,
            process,
        })
    }

    /// Where all services are: `http://127.0.0.1:PORT`.
    pub fn endpoint_url(&self) -> &str {
        &self.endpoint_url
    }

    /// Settings for SDK clients, with the root's credentials; independent of the environment's
    /// own. Load them in each test: connections belong to the runtime that made them.
    pub async fn sdk_config(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new(ROOT_KEY, ROOT_KEY, None, None, "emulator"))
            .endpoint_url(&self.endpoint_url)
            .load()
            .await
    }

    /// The Python interpreter that has the packages of `requirements.txt`.
    pub fn python(&self) -> &Path {
        &self.python
    }

    /// Environment variables that make a child process use the emulator, as root.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint_url.clone()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", ROOT_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", ROOT_KEY.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// The last lines of the emulator's log, for a failed test to show.
    pub fn log_tail(&self, lines: usize) -> String {
        self.process.log_tail(lines)
    }

    /// Every call so far, in order, those that were refused included. Noted only with
    /// [`Options::auth`].
    pub fn calls(&self) -> Vec<Call> {
        let log = std::fs::read_to_string(self.data_dir().join("calls.log")).unwrap_or_default();
        log.lines()
            .filter_map(|line| {
                let mut fields = line.split('\t');
                let (caller, action) = (fields.next()?, fields.next()?);
                let path = fields.next().unwrap_or_default();
                let path = path.trim_start_matches('/').split_once('/');
                Some(Call {
                    caller: caller.to_owned(),
                    action: action.to_owned(),
                    key: path.map_or("", |(_, key)| key).to_owned(),
                })
            })
            .collect()
    }

    /// Sets the clock of EventBridge Scheduler, and of nothing else, ahead of the machine's: what is
    /// due by then fires at once. Only with [`Options::auth`].
    ///
    /// # Errors
    /// If its folder cannot be written to.
    pub fn set_schedules_ahead(&self, secs: u32) -> std::io::Result<()> {
        let path = self.data_dir().join("schedules_ahead_secs");
        // Renamed, for it may be read at any time.
        let written = path.with_extension("new");
        std::fs::write(&written, secs.to_string())?;
        std::fs::rename(written, path)
    }

    /// The folder with everything the emulator writes; gone when it has stopped.
    pub fn data_dir(&self) -> &Path {
        self.process.data_dir()
    }
}
