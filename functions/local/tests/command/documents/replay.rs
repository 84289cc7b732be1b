//! `drawbridge replay` in a folder.

use std::fs;

use drawbridge_simulator::Fault;
use serde_json::{Value, json};

use crate::support::alerts::{CONTENT, alert, list};
use crate::support::command::run;
use crate::support::documents::{command, lines, objects, on, write};
use crate::support::folder::Folder;
#[cfg(unix)]
use crate::support::nobody::Nobody;
use crate::support::tenant::Tenant;

/// Puts an item into the quarantine of contoso.
fn quarantine(folder: &Folder, kind: &str, name: &str, item: &Value) {
    let to = folder.path().join("quarantine/contoso").join(kind);
    fs::create_dir_all(&to).unwrap();
    fs::write(to.join(format!("{name}.json")), item.to_string()).unwrap();
}

fn tenant(alerts: &[Value]) -> (Tenant, Folder) {
    let (tenant, folder) = (Tenant::new(&list(alerts)), Folder::new());
    write(&folder, "contoso", &tenant, "");
    (tenant, folder)
}

#[test]
fn an_alert_that_this_release_reads_is_delivered_and_known_from_then_on() {
    let (_tenant, folder) = tenant(&[alert(1, 3)]);
    let item = json!({"tenant": "contoso", "reason": "an older release", "alert": alert(1, 3)});
    quarantine(&folder, "alerts", "aaaa", &item);
    let listed = on(&folder, &["replay", "list"]).well();
    assert!(
        listed
            .stdout
            .contains("contoso/alerts/aaaa\n  an older release"),
        "{}",
        listed.stdout
    );

    let done = on(&folder, &["replay", "run", "contoso/alerts/aa"]).well();
    assert!(
        done.stdout.contains("3 records written, 0 there already"),
        "{}",
        done.stdout
    );
    let written = lines(&folder, "contoso", "siem.ndjson");
    assert_eq!(written.len(), 3);
    let moved = folder
        .path()
        .join("quarantine/replayed/contoso/alerts/aaaa.json");
    assert_eq!(fs::read_to_string(moved).unwrap(), item.to_string());
    assert!(
        !folder
            .path()
            .join("quarantine/contoso/alerts/aaaa.json")
            .exists()
    );
    let listed = on(&folder, &["replay", "list"]).well();
    assert!(
        listed.stdout.contains("nothing is in quarantine"),
        "{}",
        listed.stdout
    );
    // The state knows them: a poll that reads the same alert writes nothing.
    on(&folder, &["poll", "--all", "--once"]).well();
    assert_eq!(lines(&folder, "contoso", "siem.ndjson"), written);
}

#[test]
fn an_alert_that_still_cannot_be_read_stays_where_it_is() {
    let mut broken = alert(1, 1);
    broken["evidence"] = json!(CONTENT);
    let (_tenant, folder) = tenant(&[broken, alert(2, 2)]);
    on(&folder, &["poll", "--all", "--once"]).failed(1, &["quarantine/"]);
    let listed = on(&folder, &["replay", "list", "--json"]).well();
    let item = objects(&listed)[0]["item"].as_str().unwrap().to_owned();
    assert!(item.starts_with("contoso/alerts/"), "{item}");
    let run = on(&folder, &["replay", "run", "--all"]).failed(1, &["the item was not delivered"]);
    assert!(
        run.stdout.contains("cannot read it either"),
        "{}",
        run.stdout
    );
    assert!(
        folder
            .path()
            .join(format!("quarantine/{item}.json"))
            .exists()
    );
    assert!(!folder.path().join("quarantine/replayed").exists());
}

#[test]
fn a_record_is_sent_to_the_output_that_it_was_for() {
    let (tenant, folder) = tenant(&[]);
    write(
        &folder,
        "contoso",
        &tenant,
        "outputs = [\"siem\", \"native\"]",
    );
    let record = |output: Option<&str>, body: &str| {
        json!({"tenant": "contoso", "reason": "the queue refused it", "key": "k", "record": body,
               "output": output, "attributes": {"severity": "high", "else": "x"}})
    };
    quarantine(
        &folder,
        "records",
        "aaaa",
        &record(Some("native"), "{\"a\":1}"),
    );
    quarantine(&folder, "records", "bbbb", &record(None, "{\"b\":1}"));
    quarantine(
        &folder,
        "records",
        "cccc",
        &record(Some("siem"), "{\"c\":\n1}"),
    );
    let run = on(&folder, &["replay", "run", "--all", "--json"]);
    let told = objects(&run);
    run.failed(1, &["2 of 3 items"]);
    let done: Vec<_> = told
        .iter()
        .map(|one| one["done"].as_bool().unwrap())
        .collect();
    assert_eq!(done, [true, false, false]);
    let what = told[0]["what"].as_str().unwrap();
    assert!(what.starts_with("written to native;"), "{what}");
    assert!(
        told[1]["what"]
            .as_str()
            .unwrap()
            .contains("give --output, one of siem, native")
    );
    assert!(
        told[2]["what"]
            .as_str()
            .unwrap()
            .contains("refused it again")
    );
    assert_eq!(lines(&folder, "contoso", "native.ndjson"), ["{\"a\":1}"]);

    on(
        &folder,
        &["replay", "run", "contoso/records/bbbb", "--output", "siem"],
    )
    .well();
    assert_eq!(lines(&folder, "contoso", "siem.ndjson"), ["{\"b\":1}"]);
}

#[test]
fn what_a_target_refused_goes_back_to_its_output() {
    let (tenant, folder) = tenant(&[]);
    write(&folder, "contoso", &tenant, "outputs = [\"siem\", \"cef\"]");
    let item = json!({"tenant": "contoso", "target": "splunk-hec", "reason": "too long",
                      "alert_id": "a", "key": "k", "format": "cef", "record": "CEF:0|x"});
    quarantine(&folder, "undeliverable", "aaaa", &item);
    let listed = on(&folder, &["replay", "list"]).well();
    assert!(
        listed
            .stdout
            .contains("contoso/undeliverable/aaaa\n  alert a: too long")
    );
    let listed = objects(&on(&folder, &["replay", "list", "--json"]).well());
    assert_eq!(listed[0]["kind"], "undeliverable");
    let done = on(&folder, &["replay", "run", "--all", "--output", "siem"]).well();
    assert!(
        done.stdout.contains("--output had no effect"),
        "{}",
        done.stdout
    );
    assert_eq!(lines(&folder, "contoso", "cef.log"), ["CEF:0|x"]);
    // Before it says that there is nothing.
    let refused = on(&folder, &["replay", "run", "--all", "--pointers"]);
    let refused = refused.failed(2, &["--pointers goes with"]);
    assert!(!refused.stdout.contains("nothing"), "{}", refused.stdout);
    let moved = "quarantine/replayed/contoso/undeliverable/aaaa.json";
    assert!(folder.path().join(moved).exists());
}

/// Whoever reads the output would take it for a record.
#[test]
fn what_is_no_record_is_never_sent_as_one() {
    let (tenant, folder) = tenant(&[]);
    let outputs = "outputs = [\"siem\", \"native\", \"ocsf\", \"ecs\", \"cef\", \"leef\"]";
    write(&folder, "contoso", &tenant, outputs);
    let mut count = 0;
    let mut item = |format: &str, record: &str, is_no_record: bool| {
        let item = json!({"tenant": "contoso", "target": "webhook", "reason": "torn", "alert_id": "",
                          "key": "k", "format": format, "record": record,
                          "is_no_record": is_no_record});
        count += 1;
        quarantine(&folder, "undeliverable", &format!("a{count:03}"), &item);
    };
    // Half of a line begins as a record does; what an older release put aside does not say that it is none.
    for (format, half) in [("cef", "CEF:0|x|y"), ("leef", "LEEF:2.0|x")] {
        item(format, half, true);
        item(format, "the rest=of a line", false);
    }
    for format in ["siem", "native", "ocsf", "ecs"] {
        item(format, "{\"a\":\"b", true);
        item(format, "{\"a\":\"b", false);
    }
    let told = on(&folder, &["replay", "run", "--all", "--json"]).failed(1, &["12 of 12 items"]);
    for line in told.stdout.lines() {
        assert!(line.contains("is never sent as one"), "{line}");
    }
    assert_eq!(told.stdout.lines().count(), 12);
    for file in [
        "siem.ndjson",
        "native.ndjson",
        "ocsf.ndjson",
        "ecs.ndjson",
        "cef.log",
        "leef.log",
    ] {
        let path = folder.path().join("contoso").join(file);
        assert!(std::fs::read(path).unwrap_or_default().is_empty(), "{file}");
    }
    assert!(
        folder
            .path()
            .join("quarantine/contoso/undeliverable/a001.json")
            .exists()
    );
}

/// The window that could not be read.
const GAP: (&str, &str) = ("2021-05-02T00:00:00Z", "2021-05-03T00:00:00Z");

fn gap(reason: &str) -> Value {
    let window = json!({"from": GAP.0, "to": GAP.1});
    json!({"tenant": "contoso", "reason": reason, "window": window})
}

/// A tenant with that gap in its quarantine.
fn with_gap() -> (Tenant, Folder) {
    let (tenant, folder) = tenant(&[alert(1, 2)]);
    quarantine(&folder, "gaps", "aaaa", &gap("503"));
    (tenant, folder)
}

/// Replays it while Graph cannot be reached: nobody listens there.
fn replay_without_an_answer(folder: &Folder) {
    let mut unanswered = command(folder, &["replay", "run", "--all"]);
    unanswered.env("DRAWBRIDGE_GRAPH_URL", "http://127.0.0.1:1/");
    run(unanswered).failed(1, &["the item was not delivered"]);
}

#[test]
fn a_gap_is_read_again() {
    let (tenant, folder) = with_gap();
    let listed = on(&folder, &["replay", "list"]).well();
    assert!(
        listed.stdout.contains("2021-05-02T00:00:00Z to 2021-05-03"),
        "{}",
        listed.stdout
    );
    replay_without_an_answer(&folder);
    assert_eq!(tenant.simulator.stats().list_requests, 0);
    assert!(
        folder
            .path()
            .join("quarantine/contoso/gaps/aaaa.taken.json")
            .exists()
    );
    // It is to be read from now on, whoever does it.
    let shown = on(&folder, &["state", "show", "--json"]).well();
    let unread = objects(&shown)[0]["unread"].clone();
    let gap = unread.as_array().unwrap().iter().find(|range| {
        let text = |bound: &str| range[bound].as_str().unwrap();
        text("from") <= GAP.0 && text("to") >= GAP.1
    });
    assert!(gap.is_some(), "{unread}");
    let done = on(&folder, &["replay", "run", "--all"]).well();
    assert!(
        done.stdout.contains("its window was read again"),
        "{}",
        done.stdout
    );
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 2);
    let shown = on(&folder, &["state", "show", "--json"]).well();
    assert_eq!(objects(&shown)[0]["unread"], json!([]));
    let moved = "quarantine/replayed/contoso/gaps/aaaa.json";
    assert!(folder.path().join(moved).exists());
    assert!(
        !folder
            .path()
            .join("quarantine/contoso/gaps/aaaa.taken.json")
            .exists()
    );
}

#[test]
fn a_gap_that_is_not_read_to_its_end_is_told_with_what_happened_and_what_goes_on() {
    let (tenant, folder) = tenant(&[alert(1, 2)]);
    on(&folder, &["poll", "--all", "--once"]).well();
    let window = json!({"from": "2021-05-02T00:00:00Z", "to": "2021-05-03T00:00:00Z"});
    let gap = json!({"tenant": "contoso", "reason": "503", "window": window});
    quarantine(&folder, "gaps", "aaaa", &gap);
    for _ in 0..4 {
        tenant.simulator.inject(Fault::Partial {
            warning: "199 - a provider timed out".to_owned(),
        });
    }
    let replayed =
        on(&folder, &["replay", "run", "--all"]).failed(1, &["the item was not delivered"]);
    let words = "left where it is: Graph's answer was incomplete for 2021-05-02T00:00:00Z to \
                 2021-05-03T00:00:00Z: the first poll after ";
    assert!(replayed.stdout.contains(words), "{}", replayed.stdout);
}

/// A poll puts the same window aside while it is replayed: that is another item.
#[test]
fn a_gap_that_is_put_aside_anew_meanwhile_is_not_taken_for_the_one_before() {
    let (_tenant, folder) = with_gap();
    replay_without_an_answer(&folder);
    // As the poll does that reads it in between.
    quarantine(&folder, "gaps", "aaaa", &gap("again"));
    on(&folder, &["replay", "run", "contoso/gaps/aaaa.taken"]).well();
    let left = on(&folder, &["replay", "list", "--json"]).well();
    let left: Vec<_> = objects(&left)
        .into_iter()
        .map(|item| item["item"].clone())
        .collect();
    assert_eq!(left, [json!("contoso/gaps/aaaa")]);
}

/// As nobody, whom modes hold off: root enters every folder.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_entered_hides_no_other() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_tenant, folder) = with_gap();
    let closed = ["quarantine/closed", "backfills/closed"].map(|name| folder.path().join(name));
    for closed in &closed {
        fs::create_dir_all(closed).unwrap();
    }
    let nobody = Nobody::with(folder.path());
    let close = |mode| {
        for closed in &closed {
            fs::set_permissions(closed, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    close(0o000);
    let on = |args: &[&str]| run(nobody.runs(&command(&folder, args))).discreet();
    let named = ["quarantine/closed", "ermission", "1 item or folder"];
    let listed = on(&["replay", "list"]).failed(1, &named);
    assert!(
        listed.stdout.contains("contoso/gaps/aaaa"),
        "{}",
        listed.stdout
    );
    let named = ["backfills/closed", "ermission", "1 report"];
    on(&["backfill", "status"]).failed(1, &named);
    let done = on(&["replay", "run", "--all"])
        .failed(1, &["quarantine/closed", "1 folder of the quarantine"]);
    assert!(done.stdout.contains("read again"), "{}", done.stdout);
    close(0o700);
    on(&["replay", "list"]).well();
    on(&["backfill", "status"]).well();
}

#[test]
fn what_cannot_be_is_refused() {
    let (_tenant, folder) = tenant(&[]);
    quarantine(
        &folder,
        "alerts",
        "ab1",
        &json!({"reason": "r", "alert": alert(1, 1)}),
    );
    quarantine(&folder, "alerts", "ab2", &json!("MARKER"));
    quarantine(&folder, "gaps", "ab3", &json!({"reason": "r"}));
    on(&folder, &["replay", "run"]).failed(2, &["ITEM"]);
    on(&folder, &["replay", "run", "contoso/alerts/ab"]).failed(1, &["several items"]);
    on(&folder, &["replay", "run", "contoso/alerts/x"])
        .failed(1, &["no item begins", "replay list"]);
    on(
        &folder,
        &["replay", "run", "--all", "--queue", "https://sqs.example/q"],
    )
    .failed(2, &["--queue goes with --stack or --bucket"]);
    let listed = on(&folder, &["replay", "list"]).failed(1, &["ab2.json is not an item"]);
    assert!(!listed.stderr.contains("MARKER"), "{}", listed.stderr);
    let run = on(&folder, &["replay", "run", "--all"]).failed(1, &["2 of 3"]);
    assert!(run.stdout.contains("holds no window"), "{}", run.stdout);
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 1);
}
