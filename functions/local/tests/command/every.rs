//! Polling again and again.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};

use drawbridge_simulator::Fault;

use crate::support::alerts::{alert, files_of, list, recent_alert};
use crate::support::command::{Outcome, drawbridge, run, signal};
use crate::support::documents::{command, write};
use crate::support::folder::Folder;
use crate::support::tenant::{SINCE, Tenant};
use crate::support::until;

#[test]
fn news_are_written_as_they_come_and_trouble_is_outlived() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let mut poll = tenant.poll_since(SINCE, &["--every", "1s", "--json"], &folder);
    let child = poll.spawn().unwrap();
    until(|| folder.was_polled());
    // Not even a wrong address ends it once it has worked.
    tenant.simulator.inject(Fault::Html);
    tenant.simulator.set_alert(&recent_alert(2, 2).to_string());
    until(|| folder.lines() == 4);
    signal(&child, "-INT");
    let outcome = Outcome::of(child.wait_with_output().unwrap())
        .well()
        .discreet();
    assert_eq!(folder.files(), files_of([(1, 2), (2, 2)]));
    assert!(
        outcome.stderr.contains("is not Microsoft Graph"),
        "{}",
        outcome.stderr
    );
    for line in outcome.stdout.lines() {
        let report: serde_json::Value = serde_json::from_str(line).unwrap();
        if report["ending"] == "failed" {
            let error = report["error"].as_str().unwrap();
            assert!(error.contains("is not Microsoft Graph"), "{error}");
            continue;
        }
        assert!(
            report["records"].is_u64() && report["read_up_to"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn a_first_poll_that_cannot_work_ends_it() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    tenant.simulator.inject(Fault::Html);
    run(tenant.poll_since(SINCE, &["--every", "1s"], &folder))
        .failed(1, &["check graph-url"])
        .discreet();
}

#[test]
fn a_folder_without_tenants_is_told_and_one_that_is_added_is_polled() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let missing = folder.path().join("missing");
    for place in [folder.path(), &missing] {
        let mut poll = drawbridge(&["poll", "--all", "--every", "1s", "--out"]);
        let mut child = poll.arg(place).spawn().unwrap();
        let mut told = String::new();
        BufReader::new(child.stderr.take().unwrap())
            .read_line(&mut told)
            .unwrap();
        signal(&child, "-INT");
        assert!(child.wait().unwrap().success(), "{told}");
        for words in ["no tenant to poll", "tenants add NAME"] {
            assert!(told.contains(words), "{told}");
        }
    }
    let mut poll = command(&folder, &["poll", "--all", "--every", "1s"]);
    let child = poll.spawn().unwrap();
    write(&folder, "contoso", &tenant, "");
    until(|| folder.path().join("contoso/siem.ndjson").exists());
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap())
        .well()
        .discreet();
}

#[test]
fn ctrl_c_between_two_polls_ends_it_at_once() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let child = tenant
        .poll_since(SINCE, &["--every", "1h"], &folder)
        .spawn()
        .unwrap();
    until(|| folder.was_polled());
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap()).well();
    assert_eq!(folder.files(), files_of([(1, 2)]));
}
