//! The simulator as a command: what it refuses to serve.

use std::fs;
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
