//! `poll --all --metrics-file`: metrics for a Prometheus on one machine.

use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, signal};
use crate::support::documents::{command, on, write, write_of};
use crate::support::folder::Folder;
use crate::support::tenant::{OTHER, Tenant};
use crate::support::until;

#[test]
fn each_round_writes_what_every_tenants_polls_did() {
    let tenant = Tenant::beside(&list(&[alert(1, 2)]), "[]", |other| {
        other.has_consent = false;
    });
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    write_of(&folder, "other", &tenant, OTHER, "");
    let file = folder.path().join("drawbridge.prom");
    let mut poll = command(&folder, &["poll", "--all", "--every", "1s"]);
    let child = poll.arg("--metrics-file").arg(&file).spawn().unwrap();
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    until(|| {
        let text = read();
        text.contains("drawbridge_failures_total{tenant=\"other\"} 2")
            && text.contains("drawbridge_successes_total{tenant=\"contoso\"} 2")
    });
    let text = read();
    for line in [
        "# TYPE drawbridge_records_written counter",
        "drawbridge_records_written_total{tenant=\"contoso\"} 2",
        "drawbridge_auth_failures_total{tenant=\"other\"} ",
        "drawbridge_watermark_lag_seconds{tenant=\"contoso\"} ",
        "# EOF",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
    // One that is gone is told of no more.
    std::fs::remove_file(folder.path().join("tenants/other.toml")).unwrap();
    until(|| !read().contains("other"));
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap()).discreet();
    assert!(!folder.path().join(".drawbridge.prom.tmp").exists());
}

#[test]
fn it_goes_with_polls_that_go_on() {
    let folder = Folder::new();
    on(
        &folder,
        &["poll", "--all", "--once", "--metrics-file", "x.prom"],
    )
    .failed(2, &["--metrics-file", "--once"]);
    let named = ["poll", "--tenant", "a", "--metrics-file", "x.prom"];
    on(&folder, &named).failed(2, &["--metrics-file", "--tenant"]);
}
