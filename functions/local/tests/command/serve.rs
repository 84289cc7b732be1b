//! `drawbridge serve`: what a poll wrote, for those whose tokens may read it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Command;

use drawbridge_issuer::Issuer;
use jiff::{SignedDuration, Timestamp};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::alerts::{CONTENT, alert, list};
use crate::support::command::{Running, drawbridge, run};
use crate::support::documents::{on, write};
use crate::support::folder::Folder;
use crate::support::tenant::{TENANT, Tenant};
use crate::support::until;

pub(crate) const API: &str = "44444444-4444-4444-8444-444444444444";
const READER: &str = "55555555-5555-4555-8555-555555555555";

/// What the document of a tenant says that is served.
fn served(outputs: &str) -> String {
    format!("outputs = {outputs}\nserve = {{ audiences = [\"{API}\"], clients = [\"{READER}\"] }}")
}

/// Polls a tenant with two alerts of two records each, and makes what was written a minute old.
pub(crate) fn polled() -> (Tenant, Folder) {
    let (tenant, folder) = (
        Tenant::new(&list(&[alert(1, 2), alert(2, 2)])),
        Folder::new(),
    );
    let outputs = served(r#"["siem-served", "native-served"]"#);
    write(&folder, "contoso", &tenant, &outputs);
    on(&folder, &["poll", "--all", "--once"]).well();
    for format in ["siem", "native"] {
        let segments = format!("served/v1/contoso/{TENANT}/{format}");
        let segments = folder.path().join(segments);
        let entries: Vec<_> = fs::read_dir(&segments).unwrap().collect();
        assert_eq!(entries.len(), 1);
        let shown = Timestamp::now() - SignedDuration::from_mins(1);
        let name = shown.strftime("%Y%m%dT%H%M%SZ.jsonl.gz").to_string();
        fs::rename(entries[0].as_ref().unwrap().path(), segments.join(name)).unwrap();
    }
    (tenant, folder)
}

/// A running `drawbridge serve`, and the directory whose tokens it takes.
pub(crate) struct Server {
    pub(crate) runtime: Runtime,
    issuer: Issuer,
    pub(crate) process: Running,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(folder: &Folder) -> Self {
        let runtime = Runtime::new().unwrap();
        let issuer = runtime.block_on(Issuer::start()).unwrap();
        let mut command = serve(folder, "127.0.0.1:0");
        command
            .env("DRAWBRIDGE_LOGIN_URL", issuer.url())
            .env("DRAWBRIDGE_GRAPH_URL", issuer.url());
        let mut process = Running::start(command);
        let stdout = process.child().stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines();
        let line = lines.next().unwrap().unwrap();
        let url = line
            .strip_prefix("serving 1 tenant on ")
            .unwrap()
            .to_owned();
        Self {
            runtime,
            issuer,
            process,
            url,
        }
    }

    pub(crate) fn token(&self, audience: &str) -> String {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "ver": "2.0", "iss": format!("{}/{TENANT}/v2.0", self.issuer.url()), "tid": TENANT,
            "aud": audience, "azp": READER, "nbf": now - 60, "exp": now + 3600,
        });
        self.issuer.sign(&claims).unwrap()
    }

    pub(crate) fn get(&self, target: &str, token: &str) -> (u16, Value) {
        let url = self.url.replace("/api/alerts", target);
        self.runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = client.get(url).bearer_auth(token).send().await;
            let answer: Response = answer.unwrap();
            let status = answer.status().as_u16();
            let body = answer.text().await.unwrap();
            (status, serde_json::from_str(&body).unwrap())
        })
    }
}

fn serve(folder: &Folder, listen: &str) -> Command {
    let mut command = drawbridge(&["serve", "--listen", listen, "--out"]);
    command
        .arg(folder.path())
        // It only checks tokens of others.
        .env_remove("CONTOSO_SECRET")
        .env_remove("DRAWBRIDGE_BUCKET")
        .env_remove("DRAWBRIDGE_STACK");
    command
}

#[test]
#[cfg(unix)]
fn what_a_poll_wrote_is_read_with_a_token_until_it_is_stopped() {
    let (_tenant, folder) = polled();
    let server = Server::start(&folder);
    let token = server.token(API);
    let (status, records) = server.get("//api/Alerts?client_secret=MARKER-of-a-query", &token);
    assert_eq!((status, records.as_array().unwrap().len()), (200, 4));
    let record = &records[0];
    assert!(record["FullId"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(record["AlertTitle"], CONTENT);
    let stamp = record["LastProcessedTimeUtc"].as_str().unwrap();
    let is_new =
        stamp.parse::<Timestamp>().unwrap() > Timestamp::now() - SignedDuration::from_mins(5);
    assert!(is_new && stamp.ends_with(".0000000Z"), "{stamp}");
    let (status, natives) = server.get("/api/native", &token);
    assert_eq!((status, natives.as_array().unwrap().len()), (200, 2));
    let (status, error) = server.get("/api/alerts", &server.token("api://other"));
    assert_eq!(
        (status, &error["error"]["code"]),
        (401, &json!("Unauthorized"))
    );
    server.process.signal("-TERM");
    let outcome = server.process.ended();
    let log = &outcome.stderr;
    let is_timed = |line: &str| {
        let time = line.split(' ').next().unwrap_or_default();
        time.parse::<Timestamp>().is_ok()
    };
    let mut requests = log.lines().filter(|line| line.contains(" INFO "));
    assert!(requests.all(is_timed), "{log}");
    for word in [READER, "status=200", "records=4", "bytes=", "status=401"] {
        assert!(log.contains(word), "no {word} in {log}");
    }
    assert!(!log.contains("MARKER") && !log.contains(&token), "{log}");
    outcome.well().discreet();
}

#[test]
#[cfg(unix)]
fn documents_are_read_anew_while_it_serves() {
    let (_tenant, folder) = polled();
    let server = Server::start(&folder);
    let token = server.token(API);
    let status = || server.get("/api/alerts", &token).0;
    assert_eq!(status(), 200);
    let changed = |text: &dyn Fn(&str) -> String, status_then| {
        let file = folder.path().join("tenants/contoso.toml");
        let before = fs::read_to_string(&file).unwrap();
        fs::write(&file, text(&before)).unwrap();
        server.process.signal("-HUP");
        until(|| status() == status_then);
        fs::write(&file, before).unwrap();
        server.process.signal("-HUP");
        until(|| status() == 200);
    };
    // Another application, a document that is broken, and one that serves nothing.
    changed(&|text| text.replace(READER, API), 403);
    changed(&|_| "hunter2".to_owned(), 401);
    changed(
        &|text| text.replace("-served", "-objects").replace("serve =", "# "),
        401,
    );
    on(&folder, &["tenants", "pause", "contoso"]).well();
    server.process.signal("-HUP");
    until(|| status() == 401);
    let outcome = server.process.killed();
    assert!(outcome.stderr.contains("contoso is not served"));
    assert!(outcome.stderr.contains("all is well again"));
}

#[test]
#[cfg(unix)]
fn a_segment_that_is_a_symbolic_link_is_not_left_out() {
    let (_tenant, folder) = polled();
    let segments = format!("served/v1/contoso/{TENANT}/siem");
    let segments = folder.path().join(segments);
    let segment = fs::read_dir(&segments).unwrap().next().unwrap().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(segment.path(), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, segment.path()).unwrap();
    let server = Server::start(&folder);
    let token = server.token(API);
    for path in ["/api/alerts", "/api/alerts?sinceTimeUtc=0001-01-01"] {
        assert_eq!(server.get(path, &token).0, 500, "{path}");
    }
    fs::remove_file(segment.path()).unwrap();
    assert_eq!(server.get("/api/alerts", &token).0, 200);
}

#[test]
#[cfg(unix)]
fn a_server_does_not_outlive_a_test_that_fails() {
    let (_tenant, folder) = polled();
    let mut server = Server::start(&folder);
    let id = server.process.child().id().to_string();
    let is_there = || {
        let asked = Command::new("kill").args(["-0", &id]).output().unwrap();
        asked.status.success()
    };
    assert!(is_there());
    let failed = std::thread::spawn(move || {
        let _server = server;
        // As a failing test does, without its message.
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(failed.join().is_err());
    assert!(!is_there());
}

#[test]
fn what_is_served_is_for_its_owner_alone() {
    let (_tenant, folder) = polled();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| {
            fs::metadata(folder.path().join(path))
                .unwrap()
                .permissions()
        };
        assert_eq!(mode("served").mode() & 0o777, 0o700);
    }
    assert!(!folder.path().join("contoso").exists());
}

#[test]
fn an_address_that_others_reach_is_refused_unless_it_is_said() {
    let folder = Folder::new();
    for listen in ["0.0.0.0:0", "[::]:0"] {
        run(serve(&folder, listen)).failed(2, &["plain HTTP", "--allow-plain-http"]);
    }
    run(serve(&folder, "localhost")).failed(2, &["--listen"]);
}

#[test]
fn a_document_that_says_one_thing_of_two_is_refused() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 1)])), Folder::new());
    for (lines, named) in [
        ("outputs = [\"siem-served\"]", "a table [serve]"),
        (&*served("[\"siem\"]"), "serve has no effect"),
        (&*served("[\"cef-served\"]"), "if its records are JSON"),
    ] {
        write(&folder, "contoso", &tenant, lines);
        on(&folder, &["poll", "--all", "--once"]).failed(1, &[named]);
        on(&folder, &["tenants", "list"]).failed(1, &[]);
    }
}
