//! Polling again and again.
#![cfg(unix)]

use drawbridge_simulator::Fault;

use crate::support::alerts::{alert, files_of, list, recent_alert};
use crate::support::command::{Outcome, run, signal};
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
