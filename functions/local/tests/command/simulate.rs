//! The simulator as a command: what it refuses to serve.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;

use crate::support::command::{drawbridge, run};
use crate::support::folder::Folder;

#[test]
fn a_file_that_cannot_be_served_is_named() {
    let folder = Folder::new();
    let file = folder.path().join("alerts.json");
    let path = file.to_str().unwrap();
    let simulate = || run(drawbridge(&["simulate", "--alerts", path]));
    simulate().failed(1, &["cannot read", "alerts.json"]);
    for (text, words) in [
        ("", ["alerts.json cannot be served", "is empty"]),
        ("{", ["alerts.json cannot be served", "not JSON (line 1"]),
        (
            "{\"id\":\"1\"}\nnonsense",
            ["alerts.json cannot be served", "line 2"],
        ),
    ] {
        fs::write(&file, text).unwrap();
        simulate().failed(1, &words);
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(drawbridge(&["simulate", "--listen", &address])).failed(1, &["cannot listen on", &address]);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    run(drawbridge(&["simulate", "--alerts", "x", "--count", "1"])).failed(2, &["--count"]);
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    run(drawbridge(&["simulate", "--from", late, "--to", early]))
        .failed(1, &["--from must be before --to"]);
}

#[test]
fn many_tenants_are_served_and_their_documents_written() {
    let folder = Folder::new();
    let documents = folder.path().to_str().unwrap();
    let args = ["simulate", "--tenants", "3", "--count", "5"];
    let mut simulate = drawbridge(&args)
        .args(["--documents", documents])
        .spawn()
        .unwrap();
    let mut told = BufReader::new(simulate.stdout.take().unwrap()).lines();
    let told: Vec<String> = told.by_ref().take(4).map(Result::unwrap).collect();
    assert!(told[3].contains("DRAWBRIDGE_CLIENT_SECRET"), "{told:?}");

    let document = |n: u32| {
        let path = folder.path().join(format!("tenants/simulated-{n:03}.toml"));
        fs::read_to_string(path)
    };
    assert!(document(1).is_ok() && document(4).is_err());
    let third = document(3).unwrap();
    let field = |name: &str| {
        let line = third.lines().find_map(|line| line.strip_prefix(name));
        let value = line.and_then(|line| line.strip_prefix(" = ")).unwrap();
        value.trim_matches('"').to_owned()
    };
    assert_eq!(field("secret"), "DRAWBRIDGE_CLIENT_SECRET");
    let out = folder.path().join("records");
    let mut poll = drawbridge(&["poll", "--once"]);
    poll.args(["--tenant-id", &field("tenant_id")])
        .args(["--client-id", &field("client_id")])
        .args(["--login-url", &field("login_url")])
        .args(["--graph-url", &field("graph_url")])
        .args(["--out", out.to_str().unwrap()])
        .env("DRAWBRIDGE_CLIENT_SECRET", "simulated");
    let poll = run(poll);
    simulate.kill().unwrap();
    simulate.wait().unwrap();
    poll.well();
}
