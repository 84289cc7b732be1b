//! `drawbridge view`: pages for the browser, until Ctrl-C.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};

use reqwest::StatusCode;
use tokio::runtime::Runtime;

use crate::support::command::{Running, drawbridge, run};
use crate::support::folder::Folder;

#[test]
fn it_shows_what_is_pasted_tells_no_log_of_it_and_ends_at_ctrl_c() {
    let folder = Folder::new();
    let mut command = drawbridge(&["view", "--out"]);
    command
        .arg(folder.path())
        .env_remove("DRAWBRIDGE_BUCKET")
        .env_remove("DRAWBRIDGE_STACK")
        .env("DRAWBRIDGE_LOG", "trace");
    let mut view = Running::start(command);
    let mut lines = BufReader::new(view.child().stdout.take().unwrap()).lines();
    let url = lines.next().unwrap().unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let token = url.trim_end_matches('/').rsplit('/').next().unwrap();
    Runtime::new().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let form =
            "format=siem&text=%7B%22id%22%3A%22da1%22%2C%22title%22%3A%22MARKER-%3Cb%3E%22%7D";
        let answer = client.post(&url).body(form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let page = answer.text().await.unwrap();
        assert!(page.contains("data-key=\"AlertTitle\"") && page.contains("MARKER-&lt;b&gt;"));
        for path in [
            "tenants",
            "versions?id=MARKER",
            "quarantine",
            "item?id=MARKER",
        ] {
            let page = client.get(format!("{url}{path}")).send().await.unwrap();
            assert!(page.text().await.unwrap().contains("</html>"), "{path}");
        }
    });
    view.signal("-INT");
    let outcome = view.ended().well();
    assert!(
        outcome.stderr.contains("Ctrl-C ends it"),
        "{}",
        outcome.stderr
    );
    for secret in ["MARKER", token] {
        assert!(!outcome.stderr.contains(secret), "{}", outcome.stderr);
    }
    let written = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(written, 0, "nothing is written");
}

/// The plot is made of the state, and the file is what the SIEM has.
#[test]
fn the_plot_of_the_demo_has_the_records_of_its_file_hour_by_hour() {
    let folder = Folder::new();
    let mut demo = drawbridge(&["demo", "--count", "1500", "--out"]);
    demo.arg(folder.path());
    run(demo).well();
    let text = std::fs::read_to_string(folder.path().join("siem.ndjson")).unwrap();
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let hour = &record["AlertTime"].as_str().unwrap()[..13];
        *expected.entry(format!("{hour}:00:00Z")).or_default() += 1;
    }
    assert!(expected.len() > 20, "{expected:?}");
    let pages = std::fs::read_dir(folder.path().join("pages/demo")).unwrap();
    assert!(pages.count() > 1, "they lie in pages");

    let mut command = drawbridge(&["view", "--out"]);
    command.arg(folder.path()).env_remove("DRAWBRIDGE_BUCKET");
    let mut view = Running::start(command);
    let mut url = String::new();
    let mut out = BufReader::new(view.child().stdout.take().unwrap());
    out.read_line(&mut url).unwrap();
    let page = Runtime::new().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}tenants", url.trim())).send().await;
        answer.unwrap().text().await.unwrap()
    });
    view.killed();
    let bars = page.split("<title>").skip(2);
    let bars = bars.map(|bar| {
        bar.split("</title>")
            .next()
            .unwrap()
            .split_once(": ")
            .unwrap()
    });
    let bars: BTreeMap<String, u64> = bars
        .map(|(hour, count)| (hour.to_owned(), count.parse().unwrap()))
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(bars, expected);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = Folder::new();
    let mut command = drawbridge(&["view", "--port", &port, "--out"]);
    command.arg(folder.path()).env_remove("DRAWBRIDGE_BUCKET");
    run(command).failed(1, &["cannot listen on port", &port]);
}
