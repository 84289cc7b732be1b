//! A real rsyslogd with a TLS listener.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

mod program;

use crate::certificate::issued_for;
use program::Program;

/// Its TLS drivers.
pub const DRIVERS: [&str; 2] = ["ossl", "gtls"];
const PATIENCE: Duration = Duration::from_secs(60);

/// A running rsyslogd; it ends with the value.
pub struct Rsyslog {
    child: Child,
    folder: std::path::PathBuf,
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Rsyslog {
    /// Starts one with one of the `DRIVERS` and waits until it listens. What it writes lies in `folder`.
    ///
    /// # Panics
    /// When there is none and it cannot be installed.
    pub async fn start(driver: &str, folder: &Path) -> Self {
        let config = config(driver, folder);
        let program = tokio::task::spawn_blocking(Program::get).await.unwrap();
        let child = program
            .command()
            .args(["-n", "-f", &config, "-i"])
            .arg(folder.join("pid"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Self {
            child,
            folder: folder.to_owned(),
        };
        let is_listening = || !started.port().is_empty();
        until("rsyslogd does not listen", is_listening).await;
        started
    }

    fn port(&self) -> String {
        let port = std::fs::read_to_string(self.folder.join("port"));
        port.unwrap_or_default().trim().to_owned()
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("localhost:{}", self.port())
    }

    /// The certificate of its authority, in PEM.
    pub fn ca_pem(&self) -> String {
        std::fs::read_to_string(self.folder.join("ca.pem")).unwrap()
    }

    /// The lines that it has written: `1|APP-NAME|MSGID|MSG`, the first being the protocol's
    /// version. What it says itself has another name.
    pub fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.join("out")).unwrap_or_default();
        // The last line may be half written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = whole.split('\n');
        let ours = lines.filter(|line| line.starts_with("1|drawbridge|"));
        ours.map(str::to_owned).collect()
    }

    /// Waits until there are `count` lines, and gives them.
    pub async fn wait_for(&self, count: usize) -> Vec<String> {
        until("not all records were written", || {
            self.lines().len() >= count
        })
        .await;
        self.lines()
    }
}

fn config(driver: &str, folder: &Path) -> String {
    let issued = issued_for("localhost");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    // Its default writes a tab as "#011", which no parser of LEEF takes back.
    let config = format!(
        "global(workDirectory=\"{folder}\" maxMessageSize=\"64k\"\n\
           parser.escapeControlCharactersOnReceive=\"off\"\n\
           defaultNetstreamDriver=\"{driver}\"\n\
           defaultNetstreamDriverCAFile=\"{ca}\"\n\
           defaultNetstreamDriverCertFile=\"{certificate}\"\n\
           defaultNetstreamDriverKeyFile=\"{key}\")\n\
         module(load=\"imtcp\" streamDriver.name=\"{driver}\" streamDriver.mode=\"1\"\n\
           streamDriver.authMode=\"anon\")\n\
         input(type=\"imtcp\" port=\"0\" address=\"127.0.0.1\" listenPortFileName=\"{port}\")\n\
         template(name=\"raw\" type=\"string\" string=\"%protocol-version%|%app-name%|%msgid%|%msg%\\n\")\n\
         action(type=\"omfile\" file=\"{output}\" template=\"raw\")\n",
        folder = folder.display(),
        ca = write("ca.pem", &issued.ca_pem),
        certificate = write("certificate.pem", &issued.certificate_pem),
        key = write("key.pem", &issued.key_pem),
        output = folder.join("out").display(),
        port = folder.join("port").display(),
    );
    write("rsyslog.conf", &config)
}

/// Waits until something holds that another process brings about.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
