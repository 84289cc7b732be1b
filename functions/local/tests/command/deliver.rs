//! Records that were polled, delivered to a server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::alerts::{alert, files_of, list};
use crate::support::command::{Outcome, drawbridge, run};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// The words of a server that asks to be tried again after a second.
pub(crate) const SOON: &str = "soon";

const KEY: &str = "MARKER~the-signing-key";

/// An HTTP server that answers every request with the status and the words it has at that time.
pub(crate) struct Server {
    url: String,
    answer: Arc<Mutex<(u16, String)>>,
    bodies: Arc<Mutex<Vec<String>>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(|| {})
    }

    /// The same, which does something before each answer.
    pub(crate) fn start_with(mut before: impl FnMut() + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (answer, bodies) = (
            Arc::new(Mutex::new((200, String::new()))),
            Arc::<Mutex<Vec<String>>>::default(),
        );
        let (now, kept) = (Arc::clone(&answer), Arc::clone(&bodies));
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).unwrap();
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                before();
                let (status, words) = now.lock().unwrap().clone();
                let more = match words.as_str() {
                    SOON => "retry-after: 1\r\n",
                    _ => "",
                };
                count.fetch_add(1, Ordering::SeqCst);
                if status == 200 {
                    kept.lock().unwrap().push(String::from_utf8(body).unwrap());
                }
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{more}connection: close\r\n\r\n{words}",
                    words.len()
                );
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        });
        Self {
            url,
            answer,
            bodies,
            asked,
        }
    }

    /// The file with the settings that deliver to it.
    pub(crate) fn settings_in(&self, folder: &Folder) -> PathBuf {
        let webhook = serde_json::json!({
            "target": "webhook", "url": self.url, "secret": "env:KEY", "body": "ndjson",
        });
        settings(folder, &webhook.to_string())
    }

    pub(crate) fn answers(&self, status: u16) {
        self.answers_with(status, "");
    }

    pub(crate) fn answers_with(&self, status: u16, words: &str) {
        *self.answer.lock().unwrap() = (status, words.to_owned());
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The alert and the file of every record that came, in the order of their names.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut files = self.came();
        files.sort();
        files
    }

    /// What came, as it came.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// The same in the order in which they came.
    fn came(&self) -> Vec<(String, String)> {
        let text = self.bodies.lock().unwrap().concat();
        text.lines()
            .map(|line| {
                let record: serde_json::Value = serde_json::from_str(line).unwrap();
                let text = |key: &str| record[key].as_str().unwrap().to_owned();
                (text("AlertId"), text("FileName"))
            })
            .collect()
    }
}

pub(crate) fn settings(folder: &Folder, text: &str) -> PathBuf {
    let path = folder.path().join("to.json");
    std::fs::write(&path, text).unwrap();
    path
}

pub(crate) fn deliver(folder: &Folder, server: &Server, args: &[&str]) -> Command {
    let mut command = deliver_to(folder, server, &["--once", "--file"]);
    command.arg(folder.output()).args(args);
    command
}

/// `drawbridge deliver` to the server, with these arguments alone.
pub(crate) fn deliver_to(folder: &Folder, server: &Server, args: &[&str]) -> Command {
    let mut command = drawbridge(&["deliver", "--to"]);
    command
        .arg(server.settings_in(folder))
        .args(args)
        .env_remove("DRAWBRIDGE_DELIVER")
        .env("KEY", KEY);
    command
}

/// The same until it is told to stop.
#[cfg(unix)]
fn follow(folder: &Folder, server: &Server) -> Command {
    let once = deliver(folder, server, &[]);
    let mut command = drawbridge(&[]);
    command
        .args(once.get_args().filter(|arg| *arg != "--once"))
        .args(["--every", "1s"])
        .env("KEY", KEY);
    command
}

/// Writes lines as records.
fn append(folder: &Folder, range: std::ops::Range<usize>) {
    let line = |n| format!("{{\"AlertId\":\"a\",\"FileName\":\"{n}\"}}\n");
    let file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(folder.own_output());
    let text: String = range.map(line).collect();
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

fn discreet(outcome: Outcome) -> Outcome {
    assert!(!outcome.stderr.contains(KEY) && !outcome.stdout.contains(KEY));
    outcome.discreet()
}

#[test]
fn polled_records_are_delivered_once_and_new_ones_after_them() {
    let (folder, server) = (Folder::new(), Server::start());
    let tenant = Tenant::new(&list(&[alert(1, 3), alert(2, 2)]));
    run(tenant.poll(&folder)).well();
    let first = discreet(run(deliver(&folder, &server, &[])).well());
    let told = first.stdout.split_once(' ').unwrap().1;
    assert_eq!(told, "5 records delivered, 0 refused\n");
    assert_eq!(server.files(), files_of([(1, 3), (2, 2)]));
    let again = run(deliver(&folder, &server, &["--json"])).well();
    let report: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(report["delivered"], 0);
    assert_eq!(server.files().len(), 5);
    let again = discreet(run(deliver(&folder, &server, &[])).well());
    assert_eq!(again.stdout, "");
    assert!(
        again.stderr.contains("Z there is nothing new to deliver"),
        "{}",
        again.stderr
    );
}

#[test]
fn a_server_that_is_down_fails_and_loses_nothing() {
    let (folder, server) = (Folder::new(), Server::start());
    let tenant = Tenant::new(&list(&[alert(1, 3)]));
    run(tenant.poll(&folder)).well();
    server.answers(503);
    let told = run(deliver(&folder, &server, &[]));
    let told = discreet(told.failed(1, &["nothing is lost, run it again", "HTTP 503"]));
    let last = told.stderr.lines().last().unwrap();
    let (time, _) = last.split_once(" drawbridge: ").unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{last}");
    server.answers(200);
    run(deliver(&folder, &server, &[])).well();
    assert_eq!(server.files(), files_of([(1, 3)]));
}

/// Ten requests of 50 records are on their way at once: no record comes after more than so many
/// younger ones, and the outage's come before those that were written after it.
#[test]
fn the_records_of_an_outage_come_in_their_order() {
    const WINDOW: usize = 10 * 50;
    let (folder, server) = (Folder::new(), Server::start());
    append(&folder, 0..600);
    run(deliver(&folder, &server, &[])).well();
    server.answers(503);
    for n in 0..3 {
        append(&folder, 600 + n * 600..1200 + n * 600);
        run(deliver(&folder, &server, &[])).failed(1, &["nothing is lost", "HTTP 503"]);
    }
    server.answers(200);
    append(&folder, 2400..2500);
    run(deliver(&folder, &server, &[])).well();
    let came = server.came();
    let numbers: Vec<usize> = came.iter().map(|(_, name)| name.parse().unwrap()).collect();
    assert_eq!(numbers.len(), 2500);
    for (at, number) in numbers.iter().enumerate() {
        let younger = numbers[..at].iter().filter(|before| *before > number);
        assert!(younger.count() < WINDOW, "{number} came too late");
    }
    // The first request after an outage goes alone, with the oldest.
    assert!(numbers[600..650].iter().copied().eq(600..650));
}

/// A file that was rotated away and deleted before it was delivered.
#[test]
fn a_rotated_file_that_is_gone_fails_with_what_is_left_of_it() {
    let (folder, server) = (Folder::new(), Server::start());
    append(&folder, 0..2);
    run(deliver(&folder, &server, &[])).well();
    server.answers(503);
    append(&folder, 2..5);
    let left = "93 bytes of ";
    run(deliver(&folder, &server, &[])).failed(1, &["nothing is lost", left, "siem.ndjson"]);
    server.answers(200);
    std::fs::remove_file(folder.output()).unwrap();
    append(&folder, 5..7);
    let words = [
        "siem.ndjson was",
        "at least 93 bytes after its first 62 are not in the folder",
        "run this again",
        "delete ",
        "webhook.offset",
    ];
    discreet(run(deliver(&folder, &server, &[])).failed(1, &words));
    assert_eq!(server.files().len(), 2);
    // As it says.
    std::fs::remove_file(folder.output().with_extension("ndjson.webhook.offset")).unwrap();
    run(deliver(&folder, &server, &[])).well();
    assert_eq!(server.files().len(), 4);
}

/// Its rest was held open by the command alone.
#[cfg(unix)]
#[test]
fn who_stops_it_is_told_what_ends_with_it() {
    use crate::support::command::signal;
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    server.answers(503);
    append(&folder, 0..3);
    let child = follow(&folder, &server).spawn().unwrap();
    until(|| server.asked() > 0);
    std::fs::remove_file(folder.output()).unwrap();
    signal(&child, "-TERM");
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    discreet(outcome.failed(
        1,
        &[
            "93 bytes of ",
            "siem.ndjson were not delivered",
            "put it back",
        ],
    ));
}

/// As after `tenants purge`, or `mv`.
#[cfg(unix)]
#[test]
fn what_is_left_of_a_file_is_delivered_when_its_folder_is_gone() {
    use crate::support::command::signal;
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    server.answers(503);
    append(&folder, 0..3);
    let gone = folder.own_output().parent().unwrap().to_owned();
    for (status, delivered) in [(503, 0), (200, 3)] {
        let asked = server.asked();
        let child = follow(&folder, &server).spawn().unwrap();
        until(|| server.asked() > asked);
        let moved = gone.with_extension("moved");
        std::fs::rename(&gone, &moved).unwrap();
        server.answers(status);
        until(|| server.files().len() == delivered);
        signal(&child, "-TERM");
        let outcome = Outcome::of(child.wait_with_output().unwrap());
        match delivered {
            0 => discreet(outcome.failed(1, &["93 bytes of ", "siem.ndjson were not delivered"])),
            _ => discreet(outcome.well()),
        };
        assert!(!gone.exists());
        std::fs::rename(&moved, &gone).unwrap();
    }
}

/// Written between the copy and the truncation: it is told by the command that saw it, also if nothing was
/// delivered in between.
#[cfg(unix)]
#[test]
fn what_was_lost_while_it_ran_is_no_success() {
    use crate::support::command::signal;
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    append(&folder, 0..3);
    discreet(run(deliver(&folder, &server, &[])).well());
    server.answers(503);
    append(&folder, 3..4);
    let beside = folder.output().with_extension("ndjson.1");
    std::fs::copy(folder.output(), beside).unwrap();
    append(&folder, 4..6);
    let before = server.asked();
    let child = follow(&folder, &server).spawn().unwrap();
    until(|| server.asked() > before);
    std::fs::write(folder.output(), "").unwrap();
    append(&folder, 6..8);
    signal(&child, "-TERM");
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    discreet(outcome.failed(1, &["62 bytes of ", "are gone", "truncated"]));
}

#[cfg(unix)]
#[test]
fn it_follows_the_file_through_its_rotation() {
    use crate::support::command::signal;
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    append(&folder, 0..3);
    let child = follow(&folder, &server).spawn().unwrap();
    until(|| server.files().len() == 3);
    // The last lines of the old file come with the new one, packed and gone by then or not.
    append(&folder, 3..5);
    until(|| server.files().len() == 5);
    let old = folder.output().with_extension("ndjson.1");
    std::fs::rename(folder.output(), &old).unwrap();
    std::fs::remove_file(&old).unwrap();
    append(&folder, 5..9);
    until(|| server.files().len() == 9);
    signal(&child, "-INT");
    discreet(Outcome::of(child.wait_with_output().unwrap()).well());
    let came = server.came();
    let numbers: Vec<usize> = came.iter().map(|(_, name)| name.parse().unwrap()).collect();
    assert!(numbers.into_iter().eq(0..9));
}

#[test]
fn what_is_refused_lies_beside_the_file() {
    let (folder, server) = (Folder::new(), Server::start());
    std::fs::write(
        folder.own_output(),
        "{\"torn\n{\"AlertId\":\"a\",\"FileName\":\"f\"}\n",
    )
    .unwrap();
    let refused = run(deliver(&folder, &server, &["--tenant", "contoso"]));
    refused.failed(1, &["1 record was refused", "quarantine/"]);
    let beside = folder.output().with_file_name("quarantine");
    let quarantine = beside.join("contoso/undeliverable");
    assert_eq!(std::fs::read_dir(quarantine).unwrap().count(), 1);
    assert_eq!(server.files().len(), 1);
}

/// A token file that is not there, or holds no token, is told and nothing is lost.
#[test]
fn sentinel_is_signed_in_to_with_a_token_file() {
    let (folder, server) = (Folder::new(), Server::start());
    std::fs::write(folder.own_output(), "{\"AlertId\":\"a\"}\n").unwrap();
    let token = folder.path().join("token");
    let to = settings(
        &folder,
        &serde_json::json!({
            "target": "sentinel", "url": server.url, "login_url": server.url, "dcr": "d",
            "stream": "s", "tenant_id": "t.example", "client_id": "c", "federation": token,
        })
        .to_string(),
    );
    let once = || {
        let mut command = drawbridge(&["deliver", "--once", "--to"]);
        command.arg(&to).arg("--file").arg(folder.output());
        run(command)
    };
    discreet(once().failed(1, &["nothing is lost", "does not exist"]));
    std::fs::write(&token, KEY).unwrap();
    discreet(once().failed(1, &["nothing is lost", "not a signed JWT"]));
    // Signed RS256, as far as can be seen here; the server is no Entra.
    // With a signature of 256 bytes.
    let jwt = format!("eyJhbGciOiJSUzI1NiJ9.e30.{}_w", "____".repeat(85));
    std::fs::write(&token, &jwt).unwrap();
    discreet(once().failed(
        1,
        &["nothing is lost", "not the Microsoft Entra login service"],
    ));
    let bodies = server.bodies.lock().unwrap();
    assert!(bodies[0].contains(&format!("client_assertion={jwt}")));
    assert!(bodies[0].contains("scope=https%3A%2F%2Fmonitor.azure.com%2F.default"));
    assert_eq!(bodies.len(), 1);
}

/// What a table has no columns for would be dropped by Log Analytics without a word.
#[test]
fn records_of_another_format_than_the_tables_are_refused_before_any_is_read() {
    let (folder, server) = (Folder::new(), Server::start());
    std::fs::write(folder.own_output(), "CEF:0|a|b|c|d|e|8|msg=x\n").unwrap();
    let to = settings(
        &folder,
        &serde_json::json!({
            "target": "sentinel", "url": server.url, "login_url": server.url, "dcr": "d",
            "stream": "s", "tenant_id": "t.example", "client_id": "c", "secret": "env:KEY",
        })
        .to_string(),
    );
    let mut command = drawbridge(&["deliver", "--once", "--format", "cef", "--to"]);
    command.arg(&to).arg("--file").arg(folder.output());
    run(command).failed(1, &["format is siem", "deliver the output siem"]);
    assert!(server.bodies.lock().unwrap().is_empty());
    assert!(!folder.path().join("quarantine").exists());
}

#[cfg(unix)]
#[test]
fn it_follows_the_file_until_ctrl_c() {
    use std::io::{BufRead as _, BufReader, Read as _};

    use crate::support::alerts::recent_alert;
    use crate::support::command::signal;
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    let tenant = Tenant::new(&list(&[alert(1, 3)]));
    run(tenant.poll(&folder)).well();
    let mut child = follow(&folder, &server).spawn().unwrap();
    // Nothing more is written before this line is: it would be counted in it.
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert_eq!(server.files().len(), 3);
    let tenant = Tenant::new(&list(&[recent_alert(2, 2)]));
    run(tenant.poll(&folder)).well();
    until(|| server.files().len() == 5);
    signal(&child, "-INT");
    let mut outcome = Outcome::of(child.wait_with_output().unwrap());
    outcome.stdout = first.clone();
    stdout.read_to_string(&mut outcome.stdout).unwrap();
    discreet(outcome.well());
    let (time, what) = first.trim_end().split_once(' ').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{first}");
    assert_eq!(what, "3 records delivered, 0 refused");
}

#[test]
fn bad_input_is_told_by_name() {
    let (folder, server) = (Folder::new(), Server::start());
    let with = |text: &str| {
        let to = settings(&folder, text);
        let mut command = drawbridge(&["deliver", "--once", "--to"]);
        command.arg(to).arg("--file").arg(folder.output());
        run(command)
    };
    with("{}").failed(1, &["target is missing", "splunk-hec"]);
    with(r#"{"target":"webhook","url":"http://siem.example","secret":"env:K"}"#)
        .failed(1, &["url is not https"]);
    with(r#"{"target":"webhook","url":"siem.example","secret":"env:K"}"#)
        .failed(1, &["url", "begin with https://"]);
    with(r#"{"target":"webhook","url":"https://h","secrett":"env:K"}"#)
        .failed(1, &["did you mean `secret`?"]);
    let body = r#"{"target":"webhook","url":"https://h","secret":"env:K","body":"array"}"#;
    let mut cef = drawbridge(&["deliver", "--once", "--format", "cef", "--to"]);
    cef.arg(settings(&folder, body))
        .arg("--file")
        .arg(folder.output());
    run(cef).failed(1, &["body is for records of JSON", "Leave it out"]);
    let sentinel = |identity: &str| {
        let text = r#"{"target":"sentinel","url":"https://x","dcr":"d","stream":"s","tenant_id":"t.example","client_id":"c""#;
        with(&format!("{text}{identity}}}"))
    };
    sentinel("").failed(
        1,
        &["secret, certificate and federation say", "exactly one"],
    );
    sentinel(r#","certifcate":"file:/x""#).failed(1, &["did you mean `certificate`?"]);
    sentinel(r#","federation":"aws""#).failed(1, &["have an IAM role", "use a token file"]);
    // The records are not there.
    run(deliver(&folder, &server, &[])).failed(1, &["siem.ndjson does not exist"]);
    let mut nothing = drawbridge(&["deliver", "--once", "--all"]);
    nothing.env_remove("DRAWBRIDGE_DELIVER");
    run(nothing).failed(2, &["--to FILE", "DRAWBRIDGE_DELIVER"]);
    let no_file = drawbridge(&["deliver", "--to", "to.json", "--once"]);
    run(no_file).failed(2, &["<--file <FILE>|--all|--check>"]);
    // The secret has no place.
    std::fs::write(folder.own_output(), "{\"AlertId\":\"a\"}\n").unwrap();
    let mut command = deliver(&folder, &server, &[]);
    command.env_remove("KEY");
    run(command).failed(1, &["the environment variable KEY"]);
    run(deliver(&folder, &server, &["--format", "odd"])).failed(2, &["--format", "siem"]);
}
