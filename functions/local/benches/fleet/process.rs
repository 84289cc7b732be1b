use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use drawbridge_simulator::Simulator;

/// The command under test, built by `cargo bench` in the same profile.
const DRAWBRIDGE: &str = env!("CARGO_BIN_EXE_drawbridge");

/// Linux counts a process's time in hundredths of a second, whatever its own clock does.
const TICKS_A_SECOND: f64 = 100.0;

/// `drawbridge poll --all` in a process of its own.
pub(crate) struct Poller {
    child: Child,
}

impl Poller {
    /// Polls the tenants whose documents are in `folder` again and again.
    pub(crate) fn start(folder: &Path, simulator: &Simulator, every: Duration) -> Self {
        let child = Command::new(DRAWBRIDGE)
            .args(["poll", "--all", "--out"])
            .arg(folder)
            .args(["--every", &format!("{}s", every.as_secs())])
            .env("DRAWBRIDGE_CLIENT_SECRET", "simulated")
            .env("DRAWBRIDGE_ALLOWED_SECRETS", "DRAWBRIDGE_CLIENT_SECRET")
            .env("DRAWBRIDGE_LOGIN_URL", simulator.login_url().as_str())
            .env("DRAWBRIDGE_GRAPH_URL", simulator.graph_url().as_str())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child }
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }

    /// The processor time so far.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = self.read("stat");
        // Behind the program's name, which may hold anything: the state is the third field.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let of = |n: usize| fields[n - 3].parse::<f64>().unwrap();
        (of(14) + of(15)) / TICKS_A_SECOND
    }

    /// A number of `status`, such as `VmHWM`, the most memory that was resident, in KiB.
    pub(crate) fn status(&self, name: &str) -> u64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.unwrap().trim_start_matches(':').split_whitespace();
        number.take(1).next().unwrap().parse().unwrap()
    }

    /// How many files and connections are open.
    pub(crate) fn open_files(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(folder).unwrap().count()
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
