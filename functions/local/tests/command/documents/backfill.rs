//! `drawbridge backfill` in a folder.

use std::fs;

use drawbridge_simulator::Options;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::alerts::{alert, list};
use crate::support::command::run;
use crate::support::documents::{command, lines, objects, on, output, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// Alert `n`, one each six hours from 2021-05-01 on.
fn old(n: usize) -> Value {
    let (day, hour) = (1 + n / 4, 6 * (n % 4));
    let mut alert = alert(n, 1);
    let time = format!("2021-05-{day:02}T{hour:02}:30:00Z");
    alert["lastUpdateDateTime"] = json!(time);
    alert["createdDateTime"] = json!(time);
    alert
}

fn alerts(count: usize) -> String {
    list(&(0..count).map(old).collect::<Vec<_>>())
}

/// `drawbridge backfill` of contoso from the first of May.
fn asked<'a>(to: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec![
        "backfill",
        "--tenant",
        "contoso",
        "--from",
        "2021-05-01",
        "--to",
        to,
    ];
    all.extend(args);
    all
}

/// What is read once more need not wait.
const VERIFIED_AT_ONCE: &str = "overlap_secs = 0";

/// A folder with a tenant whose live polls start after all alerts.
fn folder(tenant: &Tenant) -> Folder {
    folder_with(tenant, VERIFIED_AT_ONCE)
}

fn folder_with(tenant: &Tenant, line: &str) -> Folder {
    let folder = Folder::new();
    write(&folder, "contoso", tenant, line);
    let file = folder.path().join("tenants/contoso.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text.replace("1000000000", "3600")).unwrap();
    folder
}

/// The state knows the record, so that no poll writes it again, and the log says what does.
#[test]
fn what_was_cut_off_after_a_poll_is_written_by_what_the_log_says() {
    let tenant = Tenant::new(&alerts(1));
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    let poll = || on(&folder, &["poll", "--all", "--once"]).well();
    poll();
    let file = output(&folder, "contoso", "siem.ndjson");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 5]).unwrap();
    let told = poll().stderr;
    for words in ["half a line was cut off", "drawbridge backfill --again"] {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(lines(&folder, "contoso", "siem.ndjson"), [""; 0]);
    on(&folder, &asked("2021-05-03", &["--again", "--yes"])).well();
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn a_range_is_read_once_and_only_that_range() {
    let tenant = Tenant::new(&alerts(16));
    let folder = folder(&tenant);
    let dry = on(&folder, &asked("2021-05-03", &["--dry-run", "--json"])).well();
    let counted = &objects(&dry)[0];
    assert_eq!(
        (&counted["state"], &counted["percent"]),
        (&json!("done"), &json!(100))
    );
    assert_eq!(
        (&counted["alerts"], &counted["records"]),
        (&json!(8), &json!(8))
    );
    assert_eq!(counted["windows"].as_array().unwrap().len(), 1);
    assert!(dry.stderr.contains("180 days"), "{}", dry.stderr);
    assert!(!folder.path().join("contoso").exists());
    let state = on(&folder, &["state", "show", "--json"]).well();
    let state = &objects(&state)[0];
    assert_eq!(
        (&state["outputs"], &state["backfills"]),
        (&json!({}), &json!({}))
    );
    let status = on(&folder, &["backfill", "status"]).well();
    assert!(status.stdout.contains("no backfills"), "{}", status.stdout);

    let done = on(&folder, &asked("2021-05-03", &["--yes"])).well();
    assert!(
        done.stdout
            .contains("done, 100 %: 8 alerts read, 8 records"),
        "{}",
        done.stdout
    );
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 8);
    let status = on(
        &folder,
        &["backfill", "status", "--tenant", "contoso", "--json"],
    )
    .well();
    assert_eq!(objects(&status)[0]["state"], "done");

    // Neither a second time nor a live poll writes them again; --again does, with the same keys.
    on(&folder, &asked("2021-05-03", &["--yes"])).well();
    on(&folder, &["poll", "--all", "--once"]).well();
    let before = lines(&folder, "contoso", "siem.ndjson");
    assert_eq!(before.len(), 8);
    on(
        &folder,
        &asked("2021-05-03", &["--yes", "--again", "--output", "siem"]),
    )
    .well();
    let after = lines(&folder, "contoso", "siem.ndjson");
    assert_eq!(after[8..], before);
}

/// A tenant with twelve alerts of one day, an hour apart.
fn hourly() -> Tenant {
    let alerts = (0..12).map(|n| {
        let mut alert = old(0);
        alert["id"] = json!(format!("hourly_{n}"));
        alert["lastUpdateDateTime"] = json!(format!("2021-05-01T{n:02}:30:00Z"));
        alert
    });
    Tenant::new(&list(&alerts.collect::<Vec<_>>()))
}

/// Until then its records are known as sent again: it would send none, and say that it had.
#[test]
fn all_is_sent_again_once_more_only_when_the_last_time_is_verified() {
    let tenant = hourly();
    let folder = folder_with(&tenant, "");
    let ask = || on(&folder, &asked("2021-05-02", &["--yes", "--again"]));
    let first = ask().well();
    assert!(first.stdout.contains("verifying"), "{}", first.stdout);
    let id = first.stdout.split(':').next().unwrap().to_owned();
    ask().failed(1, &["polls still verify", "backfill status"]);
    let cancelled = on(&folder, &["backfill", "cancel", &id]).well();
    assert!(
        cancelled.stdout.contains("after everything was read once"),
        "{}",
        cancelled.stdout
    );
    ask().failed(
        1,
        &["cancelled before that was verified", "backfill resume"],
    );
    let resumed = on(&folder, &["backfill", "resume", &id]).well();
    assert!(resumed.stdout.contains("verifying"), "{}", resumed.stdout);
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 12);
}

/// It was said that polls verify it, which nobody polls.
#[test]
fn of_a_tenant_that_is_paused_nobody_is_said_to_verify_it() {
    let tenant = hourly();
    let folder = folder_with(&tenant, "");
    on(&folder, &["tenants", "pause", "contoso"]).well();
    let done = on(&folder, &asked("2021-05-02", &["--yes", "--again"])).well();
    let id = done.stdout.split(':').next().unwrap().to_owned();
    let status = || on(&folder, &["backfill", "status"]).well();
    for told in [done.stdout, status().stdout] {
        assert!(
            told.contains("which no poll does while the tenant is paused"),
            "{told}"
        );
        assert!(told.contains(&format!("backfill resume {id}")), "{told}");
        assert!(!told.contains("polls of the tenant read"), "{told}");
    }
    on(&folder, &asked("2021-05-02", &["--yes", "--again"]))
        .failed(1, &["not paused any more", "backfill status"]);
    on(&folder, &["tenants", "resume", "contoso"]).well();
    let told = status().stdout;
    assert!(told.contains("polls of the tenant read"), "{told}");
}

#[test]
fn a_backfill_can_be_cancelled_and_resumed() {
    let tenant = Tenant::new(&alerts(16));
    let folder = folder(&tenant);
    // Nobody listens there.
    let mut unanswered = command(&folder, &asked("2021-05-03", &["--yes"]));
    unanswered.env("DRAWBRIDGE_GRAPH_URL", "http://127.0.0.1:1/");
    run(unanswered).failed(1, &["it stopped"]);
    let status = |word: &str| {
        let status = on(&folder, &["backfill", "status", "--json"]).well();
        let status = objects(&status)[0].clone();
        assert_eq!(status["state"], word);
        status["id"].as_str().unwrap().to_owned()
    };
    let id = status("stopped");
    on(&folder, &["backfill", "cancel", "nobody"]).failed(1, &["no backfill is called"]);
    let done = on(&folder, &["backfill", "cancel", &id]).well();
    assert!(
        done.stdout.contains("is cancelled at 0 %"),
        "{}",
        done.stdout
    );
    status("cancelled");
    let shown = on(&folder, &["state", "show"]).well();
    let told = format!("{id}, suspended, 2021-05-01T00:00:00Z to ");
    assert!(shown.stdout.contains(&told), "{}", shown.stdout);
    on(&folder, &["poll", "--all", "--once"]).well();
    assert!(lines(&folder, "contoso", "siem.ndjson").is_empty());
    on(&folder, &["backfill", "resume", &id]).well();
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 8);
    status("done");
    let done = on(&folder, &["backfill", "cancel", &id]).well();
    assert!(done.stdout.contains("done already"), "{}", done.stdout);
}

/// A report can be lost. Whether a backfill is read is the state's to say.
#[test]
fn one_without_a_report_is_found_in_the_state() {
    let tenant = Tenant::new(&alerts(16));
    let folder = folder(&tenant);
    let mut unanswered = command(&folder, &asked("2021-05-03", &["--yes", "--again"]));
    unanswered.env("DRAWBRIDGE_GRAPH_URL", "http://127.0.0.1:1/");
    run(unanswered).failed(1, &["it stopped"]);
    let status = || {
        let status = on(&folder, &["backfill", "status", "--json"]).well();
        objects(&status)[0].clone()
    };
    let id = status()["id"].as_str().unwrap().to_owned();
    let report = folder.path().join(format!("backfills/contoso/{id}.json"));
    // Cut off: the state tells of it.
    fs::write(&report, "{").unwrap();
    let told = status();
    assert_eq!(
        (&told["state"], &told["again"]),
        (&json!("under way"), &json!(true))
    );
    // Gone: it can be cancelled and resumed all the same.
    fs::remove_file(&report).unwrap();
    let done = on(&folder, &["backfill", "cancel", &id]).well();
    assert!(done.stdout.contains("is cancelled"), "{}", done.stdout);
    assert_eq!(status()["state"], "cancelled");
    on(&folder, &["poll", "--all", "--once"]).well();
    assert!(lines(&folder, "contoso", "siem.ndjson").is_empty());
    fs::remove_file(&report).unwrap();
    on(&folder, &["backfill", "resume", &id]).well();
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 8);
    assert_eq!(
        (&status()["state"], &status()["again"]),
        (&json!("done"), &json!(true))
    );
}

/// Whoever cancelled or asked for it was killed before both objects were written.
#[test]
fn where_it_stands_is_what_the_state_says() {
    let tenant = Tenant::new(&alerts(16));
    let folder = folder(&tenant);
    let mut unanswered = command(&folder, &asked("2021-05-03", &["--yes"]));
    unanswered.env("DRAWBRIDGE_GRAPH_URL", "http://127.0.0.1:1/");
    run(unanswered).failed(1, &["it stopped"]);
    let status = || {
        let status = on(&folder, &["backfill", "status", "--json"]).well();
        objects(&status)[0].clone()
    };
    let id = status()["id"].as_str().unwrap().to_owned();
    let report = folder.path().join(format!("backfills/contoso/{id}.json"));
    let state = folder.path().join("state/contoso.json");
    let told_as = |change: &[(&str, Value)]| {
        let mut told: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
        for (name, value) in change {
            told[name] = value.clone();
        }
        fs::write(&report, told.to_string()).unwrap();
    };
    let is_asked = fs::read(&state).unwrap();
    let under_way = [("stopped", Value::Null), ("cancelled", json!(false))];
    told_as(&under_way);
    assert_eq!(status()["state"], "under way");
    told_as(&[(
        "updated",
        json!(Timestamp::now() - SignedDuration::from_mins(11)),
    )]);
    assert_eq!(status()["state"], "interrupted", "nothing is noted");
    told_as(&[
        ("updated", json!(Timestamp::now())),
        ("dry_run", json!(true)),
    ]);
    let shown = on(&folder, &["backfill", "status"]).well().stdout;
    assert!(shown.contains("under way (dry run)"), "{shown}");
    told_as(&[("cancelled", json!(true)), ("dry_run", json!(false))]);
    assert_eq!(status()["state"], "under way", "polls read it");
    on(&folder, &["backfill", "cancel", &id]).well();
    told_as(&under_way);
    assert_eq!(status()["state"], "cancelled", "no poll reads it");
    // As it was before it was asked for.
    fs::remove_file(&state).unwrap();
    assert_eq!(status()["state"], "interrupted");
    fs::write(&state, is_asked).unwrap();
    assert_eq!(status()["state"], "under way");
}

#[cfg(unix)]
#[test]
fn interrupted_it_goes_on_where_it_was() {
    use crate::support::command::{Outcome, signal};
    let options = Options {
        page_latency: std::time::Duration::from_millis(200),
        ..Options::default()
    };
    let tenant = Tenant::with(options, &alerts(40));
    let folder = folder(&tenant);
    let args = asked("2021-05-11", &["--yes"]);
    let child = command(&folder, &args).spawn().unwrap();
    tenant.until(|stats| stats.list_requests >= 4);
    signal(&child, "-INT");
    let stopped = Outcome::of(child.wait_with_output().unwrap()).discreet();
    stopped.failed(
        1,
        &[
            "stopping after the current page",
            "nothing is lost",
            "backfill resume",
        ],
    );
    let some = lines(&folder, "contoso", "siem.ndjson").len();
    assert!(some < 40, "{some}");
    let status = on(&folder, &["backfill", "status", "--json"]).well();
    let told = &objects(&status)[0];
    assert_eq!(told["state"], "interrupted");
    let id = told["id"].as_str().unwrap();

    let resumed = on(&folder, &["backfill", "resume", id, "--json"]).well();
    assert_eq!(objects(&resumed)[0]["left"], json!([]));
    let all = lines(&folder, "contoso", "siem.ndjson");
    assert_eq!(all.len(), 40);
    let again = on(&folder, &["backfill", "resume", id]).well();
    assert!(again.stderr.contains("done already"), "{}", again.stderr);
}

#[cfg(unix)]
#[test]
fn interrupted_it_is_read_by_the_tenants_next_poll() {
    use crate::support::command::{Outcome, signal};
    let options = Options {
        page_latency: std::time::Duration::from_millis(200),
        ..Options::default()
    };
    let tenant = Tenant::with(options, &alerts(20));
    let folder = folder(&tenant);
    let child = command(&folder, &asked("2021-05-06", &["--yes"])).spawn();
    let child = child.unwrap();
    tenant.until(|stats| stats.list_requests >= 2);
    signal(&child, "-INT");
    let stopped = Outcome::of(child.wait_with_output().unwrap()).discreet();
    stopped.failed(1, &["stopping after the current page"]);
    assert!(lines(&folder, "contoso", "siem.ndjson").len() < 20);

    on(&folder, &["poll", "--all", "--once"]).well();
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 20);
    let status = on(&folder, &["backfill", "status", "--json"]).well();
    let told = &objects(&status)[0];
    assert_eq!(
        (&told["state"], &told["alerts"]),
        (&json!("done"), &json!(20))
    );
}

#[test]
fn refused_credentials_stop_it_with_the_reason() {
    let options = Options {
        token_without_roles: true,
        ..Options::default()
    };
    let tenant = Tenant::with(options, &alerts(4));
    let folder = folder(&tenant);
    on(&folder, &asked("2021-05-03", &["--yes"])).failed(
        1,
        &[
            "it stopped",
            "SecurityAlert.Read.All",
            "backfill resume 20210501-20210503-",
            &format!(" --out {}` goes on", folder.path().display()),
        ],
    );
    let status = on(&folder, &["backfill", "status"]).well();
    assert!(
        status.stdout.contains("stopped:\n") && status.stdout.contains("0 %"),
        "{}",
        status.stdout
    );
    // The tenant's state says what is still to be read: all of it waits.
    let shown = on(&folder, &["state", "show"]).well();
    let mut ranges = shown
        .stdout
        .lines()
        .filter(|line| line.contains("  backfill "));
    let waits = ranges.next().unwrap();
    assert!(
        waits.contains(", 2021-05-01T00:00:00Z to 2021-05-03T00:00:00Z, not before "),
        "{waits}"
    );
    assert_eq!(ranges.next(), None);
}

#[test]
fn what_cannot_be_is_refused() {
    let tenant = Tenant::new("[]");
    let folder = folder(&tenant);
    for (args, code, words) in [
        (
            asked("2021-04-30", &["--yes"]),
            2,
            vec!["ends before it starts"],
        ),
        (
            asked("2199-01-01", &["--yes"]),
            2,
            vec!["ends in the future"],
        ),
        (
            asked("2032-01-01", &["--yes"]),
            2,
            vec!["ends in the future"],
        ),
        (asked("never", &[]), 2, vec!["--to", "2026-01-31"]),
        (
            asked("2021-05-02", &["--yes", "--output", "cef"]),
            1,
            vec!["\"cef\"", "siem"],
        ),
        (
            asked("2021-05-02", &[]),
            1,
            vec!["Backfill 20210501-20210502-", "--yes"],
        ),
        (
            vec!["backfill", "--tenant", "contoso"],
            2,
            vec!["--from", "--to"],
        ),
        (
            vec!["backfill", "resume", "nothing"],
            1,
            vec!["nothing", "backfill status"],
        ),
        (
            vec![
                "backfill",
                "--tenant",
                "nobody",
                "--from",
                "2021-05-01",
                "--to",
                "2021-05-02",
            ],
            1,
            vec!["nobody", "tenants list"],
        ),
    ] {
        on(&folder, &args).failed(code, &words);
    }
    assert_eq!(tenant.simulator.stats().token_requests, 0);
    assert!(!folder.path().join("backfills").exists());
}
