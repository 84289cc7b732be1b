//! Into a real rsyslogd, where there is one with a TLS driver.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fake::certificate::issued_for;
use crate::support::{assert_taken, record, soon, target, text_record};

/// Where Debian, Fedora and others put it; it is not on every user's path.
const PLACES: &[&str] = &["/usr/sbin/rsyslogd", "/usr/local/sbin/rsyslogd"];
/// Its TLS drivers, each a package of its own: rsyslog-openssl and rsyslog-gnutls.
const DRIVERS: &[(&str, &str)] = &[("ossl", "lmnsd_ossl.so"), ("gtls", "lmnsd_gtls.so")];
const LIBRARIES: &[&str] = &["/usr/lib", "/usr/lib64"];

struct Rsyslog(Child);

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn drivers() -> Vec<&'static str> {
    let is_there = |file: &str| {
        LIBRARIES.iter().any(|root| {
            let root = Path::new(root);
            let below = std::fs::read_dir(root).into_iter().flatten().flatten();
            std::iter::once(root.to_owned())
                .chain(below.map(|entry| entry.path()))
                .any(|folder| folder.join("rsyslog").join(file).exists())
        })
    };
    let found = DRIVERS.iter().filter(|(_, file)| is_there(file));
    found.map(|(name, _)| *name).collect()
}

fn start(program: &str, driver: &str, folder: &Path) -> Rsyslog {
    let issued = issued_for("localhost");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let config = format!(
        "global(workDirectory=\"{folder}\" maxMessageSize=\"64k\"\n\
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
    let config = write("rsyslog.conf", &config);
    let child = Command::new(program)
        .args(["-n", "-f", &config, "-i"])
        .arg(folder.join("pid"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Rsyslog(child)
}

/// Waits until something holds that another process brings about.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_real_rsyslogd_reads_every_record_once_and_whole() {
    let program = PLACES.iter().find(|place| PathBuf::from(place).exists());
    let (Some(program), drivers) = (program, drivers()) else {
        println!("skipped: no rsyslogd here (Debian: apt-get install rsyslog rsyslog-openssl)");
        return;
    };
    if drivers.is_empty() {
        println!("skipped: rsyslogd has no TLS driver (Debian: rsyslog-openssl or rsyslog-gnutls)");
    }
    for driver in drivers {
        let folder = tempfile::tempdir().unwrap();
        let _running = start(program, driver, folder.path());
        let port = || std::fs::read_to_string(folder.path().join("port")).unwrap_or_default();
        until("rsyslogd does not listen", || !port().trim().is_empty()).await;
        let settings = json!({
            "target": "syslog", "address": format!("localhost:{}", port().trim()),
            "ca": folder.path().join("ca.pem"),
        });
        let mut given = vec![
            text_record(
                "cef",
                "CEF:0|Microsoft|Defender|1|id|t|8|msg=a\\=b \u{e9}\nCEF:0|forged",
            ),
            text_record("leef", "LEEF:2.0|Microsoft|Defender|1|id|x09|sev=8"),
        ];
        given.extend((0..500).map(record));
        let target = target(&settings);
        assert_taken(&target.deliver(&given, soon()).await);
        let output = folder.path().join("out");
        let lines = || -> Vec<String> {
            let text = std::fs::read_to_string(&output).unwrap_or_default();
            text.lines()
                .filter(|line| line.starts_with("1|drawbridge|"))
                .map(str::to_owned)
                .collect()
        };
        until("not all records were written", || {
            lines().len() >= given.len()
        })
        .await;
        let lines = lines();
        assert_eq!(lines.len(), given.len(), "with {driver}");
        assert_eq!(
            lines[0],
            "1|drawbridge|cef|CEF:0|Microsoft|Defender|1|id|t|8|msg=a\\=b \u{e9} CEF:0|forged"
        );
        assert_eq!(
            lines[1],
            "1|drawbridge|leef|LEEF:2.0|Microsoft|Defender|1|id|x09|sev=8"
        );
        for (line, record) in lines[2..].iter().zip(&given[2..]) {
            assert_eq!(*line, format!("1|drawbridge|siem|{}", record.body));
        }
    }
}
