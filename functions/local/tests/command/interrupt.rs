//! Polls that end early.
#![cfg(unix)]

use std::fs;
use std::process::Child;
use std::time::Duration;

use drawbridge_simulator::Options;
use jiff::Timestamp;

use crate::support::alerts::{alert, files_of, list};
use crate::support::command::{Outcome, run, signal};
use crate::support::documents::{objects, on, write_text};
use crate::support::folder::Folder;
use crate::support::served::Served;
use crate::support::tenant::{TENANT, Tenant};

/// How many alerts there are, each of two records.
const ALERTS: usize = 60;

/// A tenant of many small pages, each of which takes its time.
fn slow() -> Tenant {
    let options = Options {
        page_latency: Duration::from_millis(250),
        ..Options::default()
    };
    let alerts: Vec<_> = (0..ALERTS).map(|n| alert(n, 2)).collect();
    Tenant::with(options, &list(&alerts))
}

/// A poll that is in the middle: some pages are written and most are not.
fn in_the_middle(tenant: &Tenant, folder: &Folder) -> Child {
    // A page is asked for while the one before it is written.
    after_pages(6, tenant, folder)
}

/// A poll that has asked for this many pages.
fn after_pages(pages: u64, tenant: &Tenant, folder: &Folder) -> Child {
    let mut poll = tenant.poll(folder);
    let child = poll.args(["--page-size", "2"]).spawn().unwrap();
    tenant.until(|stats| stats.list_requests >= pages);
    child
}

fn all() -> Vec<(String, String)> {
    files_of((0..ALERTS).map(|n| (n, 2)))
}

#[test]
fn ctrl_c_ends_a_poll_after_its_page_and_the_next_run_goes_on() {
    let (tenant, folder) = (slow(), Folder::new());
    let child = in_the_middle(&tenant, &folder);
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap())
        .failed(1, &["stopping after the current page", "run it again"])
        .discreet();
    // The poll ended well as far as it went, but nobody reads the rest.
    let told = objects(&on(&folder, &["status", "--json"]).failed(1, &["not well"]));
    assert_eq!(told[0]["status"], "not polled", "{}", told[0]);
    let what = told[0]["problems"][0]["what"].as_str().unwrap();
    assert!(what.contains("no poll is running"), "{what}");
    let written = folder.records().len();
    assert!(0 < written && written < 2 * ALERTS, "{written}");

    run(tenant.poll(&folder)).well();
    assert_eq!(folder.files(), all());
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.records().len(), 2 * ALERTS);
}

/// Where standard error is kept, a line without the time and the tenant tells nobody anything weeks later.
#[test]
fn every_line_that_is_kept_has_its_time() {
    let (tenant, folder) = (slow(), Folder::new());
    write_text(&folder, "Northwind.toml", "");
    // What has been read is told after five seconds, which take 20 pages.
    let child = after_pages(24, &tenant, &folder);
    signal(&child, "-INT");
    let told = Outcome::of(child.wait_with_output().unwrap()).failed(
        1,
        &[
            "tenants/Northwind.toml: ignored",
            "wrote tenants/",
            "stopping after the current page",
            &format!("{TENANT} was not polled to the end"),
        ],
    );
    for line in told.stderr.lines() {
        let (time, _) = line.split_once(' ').unwrap();
        assert!(time.parse::<Timestamp>().is_ok(), "{line}");
    }
    let is_of_it = |line: &str| line.contains(&format!("Z {TENANT}: "));
    let mut read = told
        .stderr
        .lines()
        .filter(|line| line.ends_with(" records written"));
    assert!(read.next().is_some_and(is_of_it), "{}", told.stderr);
}

#[test]
fn a_service_manager_ends_it_as_ctrl_c_does() {
    let (tenant, folder) = (slow(), Folder::new());
    let child = in_the_middle(&tenant, &folder);
    signal(&child, "-TERM");
    Outcome::of(child.wait_with_output().unwrap()).failed(1, &["run it again"]);
    // So does `timeout` in a line of cron, which starts the next one soon.
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(told[0]["status"], "catching up", "{}", told[0]);
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.files(), all());
    on(&folder, &["status"]).well();
}

#[test]
fn ctrl_c_again_and_again_still_gets_to_the_end() {
    let (tenant, folder) = (slow(), Folder::new());
    for _ in 0..3 {
        let before = tenant.simulator.stats().list_requests;
        let mut poll = tenant.poll(&folder);
        let child = poll.args(["--page-size", "2"]).spawn().unwrap();
        tenant.until(|stats| stats.list_requests >= before + 3);
        signal(&child, "-INT");
        Outcome::of(child.wait_with_output().unwrap()).failed(1, &["run it again"]);
    }
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.files(), all());
}

#[test]
fn a_killed_poll_leaves_whole_lines_and_the_next_run_writes_the_rest() {
    let (tenant, folder) = (slow(), Folder::new());
    let mut child = in_the_middle(&tenant, &folder);
    signal(&child, "-KILL");
    child.wait().unwrap();
    let written = folder.records().len();
    assert!(written < 2 * ALERTS, "{written}");
    // Killed in the middle of a write, it would have left half a line.
    let mut output = fs::read(folder.output()).unwrap();
    output.extend_from_slice(b"{\"AlertTime\":\"2021-05-0");
    fs::write(folder.output(), output).unwrap();

    run(tenant.poll(&folder)).well();
    assert_eq!(folder.counts().len(), 2 * ALERTS);
    assert!(folder.counts().values().all(|&count| count <= 2));
    let records = folder.records().len();
    run(tenant.poll(&folder)).well();
    assert_eq!(folder.records().len(), records);
}

#[test]
fn ctrl_c_ends_the_simulator() {
    let folder = Folder::new();
    let file = folder.path().join("alerts.json");
    fs::write(&file, list(&[alert(1, 2)])).unwrap();
    let mut served = Served::start(&file);
    run(served.poll(&folder)).well();
    signal(&served.child, "-INT");
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
    // The same folder, and nobody there any more.
    run(served.poll(&folder)).failed(1, &["connect"]).discreet();
    assert_eq!(folder.files(), files_of([(1, 2)]));
}
