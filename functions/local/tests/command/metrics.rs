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
    assert!(!text.contains("lag_seconds{tenant=\"other\"}"), "{text}");
    // Of one that no poll can begin with, the failures are counted, and how far it was read is known from
    // its state.
    let state = serde_json::json!({
        "version": 3, "watermark": "2026-01-01T00:00:00Z", "first_from": null, "outputs": {},
        "last_success": "2026-01-01T00:00:00Z", "saved": "2026-01-01T00:00:00Z",
    });
    std::fs::write(folder.path().join("state/broken.json"), state.to_string()).unwrap();
    write(&folder, "broken", &tenant, "severities = [\"hihg\"]");
    until(|| read().contains("drawbridge_failures_total{tenant=\"broken\"} 2"));
    let lag = || -> f64 {
        let text = read();
        let of_broken = "drawbridge_watermark_lag_seconds{tenant=\"broken\"} ";
        let (_, value) = text
            .split_once(of_broken)
            .unwrap_or_else(|| panic!("{text}"));
        value.lines().next().unwrap().parse().unwrap()
    };
    let first = lag();
    until(|| lag() > first);
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
    on(&folder, &["poll", "--all", "--metrics-file", "x.txt"]).failed(2, &["x.txt", ".prom"]);
    on(&folder, &["poll", "--all", "--metrics-file", "M.PROM"])
        .failed(2, &["a name that ends in .prom, in small letters"]);
    let named = ["poll", "--tenant", "a", "--metrics-file", "x.prom"];
    on(&folder, &named).failed(2, &["--metrics-file", "--tenant"]);
}

/// Others may write to the folder: no link of theirs is followed, and no pipe is waited for.
#[cfg(unix)]
#[test]
fn a_link_or_a_pipe_beside_it_leads_nowhere() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    let others = folder.path().join("victim");
    std::fs::write(&others, "its own").unwrap();
    let metrics = folder.path().join("metrics");
    std::fs::create_dir(&metrics).unwrap();
    std::os::unix::fs::symlink(&others, metrics.join(".link.prom.tmp")).unwrap();
    let mut mkfifo = std::process::Command::new("mkfifo");
    let made = mkfifo.arg(metrics.join(".pipe.prom.tmp")).status();
    assert!(made.unwrap().success());
    for name in ["link.prom", "pipe.prom"] {
        let mut poll = command(&folder, &["poll", "--all", "--every", "1s"]);
        let file = metrics.join(name);
        let child = poll.arg("--metrics-file").arg(&file).spawn().unwrap();
        until(|| {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            text.contains("successes_total{tenant=\"contoso\"} 1")
        });
        signal(&child, "-INT");
        Outcome::of(child.wait_with_output().unwrap()).well();
        assert_eq!(
            std::fs::read_to_string(&others).unwrap(),
            "its own",
            "{name}"
        );
    }
}
