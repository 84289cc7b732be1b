//! `drawbridge status`: how every tenant is, and what to do.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::alerts::{list, recent_alert};
use crate::support::command::run;
use crate::support::documents::{VARIABLE, command, objects, on, write, write_of};
use crate::support::folder::Folder;
use crate::support::tenant::{OTHER, Tenant};

/// Writes a state that was saved and last successful so many minutes ago, with other members.
pub(super) fn state(folder: &Folder, name: &str, minutes: i64, others: &Value) {
    let at = (Timestamp::now() - SignedDuration::from_mins(minutes)).to_string();
    let mut state = json!({
        "version": 3, "watermark": at, "first_from": null, "last_success": at, "saved": at,
        "outputs": {},
    });
    let all = state.as_object_mut().unwrap();
    all.extend(others.as_object().unwrap().clone());
    fs::create_dir_all(folder.path().join("state")).unwrap();
    fs::write(
        folder.path().join(format!("state/{name}.json")),
        state.to_string(),
    )
    .unwrap();
}

pub(super) fn ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

/// The level and the text of what `doctor` says of the tenant's polls.
pub(super) fn polls(folder: &Folder) -> (String, String) {
    let doctor = objects(&on(folder, &["doctor", "--json"]));
    let mut polls = doctor.iter();
    let polls = polls.find(|line| line["about"] == "contoso: polls");
    let text = |member| polls.unwrap()[member].as_str().unwrap().to_owned();
    (text("level"), text("text"))
}

#[test]
fn a_tenant_that_was_removed_is_not_called_ok() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    on(&folder, &["tenants", "remove", "contoso", "--yes"]).well();
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(told[0]["status"], "no document");
    let told = objects(&on(&folder, &["doctor", "--json"]).well());
    let polls = told.iter().find(|line| line["about"] == "contoso: polls");
    let text = polls.unwrap()["text"].as_str().unwrap();
    assert!(text.contains("nobody polls it"), "{text}");
}

#[test]
fn tenants_that_are_well_are_exit_code_0() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    let none = on(&folder, &["status", "--json"]).failed(1, &["no tenants", "tenants add NAME"]);
    assert_eq!(objects(&none)[0]["ending"], "failed");
    write(&folder, "contoso", &tenant, "");
    write(
        &folder,
        "paused",
        &tenant,
        "service_sources = [\"microsoftSentinel\"]",
    );
    on(&folder, &["tenants", "pause", "paused"]).well();
    on(&folder, &["poll", "--all", "--once"]).well();
    let told = objects(&on(&folder, &["status", "--json"]).well());
    let words: Vec<_> = told
        .iter()
        .map(|one| (&one["tenant"], &one["status"]))
        .collect();
    assert_eq!(
        words,
        [
            (&json!("contoso"), &json!("ok")),
            (&json!("paused"), &json!("paused"))
        ]
    );
    assert_eq!(told[0]["well"], true);
    assert_eq!(told[0]["quarantined"], 0);
    assert!(told[0]["lag_secs"].as_i64().unwrap() < 300, "{}", told[0]);
    assert!(told[0]["last_success"].is_string() && told[0]["failing_since"].is_null());
}

#[test]
fn each_trouble_is_told_with_what_to_do() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    let sources = [
        "microsoftDefenderForEndpoint",
        "microsoftSentinel",
        "dataLossPrevention",
        "microsoft365Defender",
        "azureAdIdentityProtection",
        "microsoftAppGovernance",
    ];
    for (name, source) in [
        "a-well",
        "b-slip",
        "c-new",
        "d-silent",
        "e-failing",
        "f-behind",
    ]
    .iter()
    .zip(sources)
    {
        let lines = match *name {
            "b-slip" => "severities = [\"hihg\"]\n",
            _ => "",
        };
        write(
            &folder,
            name,
            &tenant,
            &format!("service_sources = [\"{source}\"]\n{lines}"),
        );
    }
    state(&folder, "a-well", 5, &json!({}));
    state(&folder, "d-silent", 100, &json!({}));
    state(
        &folder,
        "e-failing",
        200,
        &json!({"failing_since": ago(140)}),
    );
    let error = json!({"at": ago(3), "error": "Entra refused: the secret has expired"});
    fs::write(
        folder.path().join("state/e-failing.error.json"),
        error.to_string(),
    )
    .unwrap();
    let unread = json!([{"from": ago(61), "to": ago(40), "since": ago(40), "failures": 2}]);
    state(&folder, "f-behind", 1, &json!({"unread": unread}));
    // One that was removed long ago, and one that failed until it was removed just now.
    state(&folder, "g-removed", 500, &json!({}));
    state(&folder, "h-removed", 20, &json!({"failing_since": ago(10)}));
    let item = folder.path().join("quarantine/a-well/alerts");
    fs::create_dir_all(&item).unwrap();
    fs::write(item.join("1.json"), "{}").unwrap();

    let told = on(&folder, &["status", "--json"]).failed(1, &["6 of 8 tenants are not well"]);
    let told = objects(&told);
    for (told, (tenant, status, well, what)) in told.iter().zip([
        ("a-well", "quarantine", false, "1 item is in quarantine"),
        ("b-slip", "broken", false, "did you mean \\\"high\\\"?"),
        ("c-new", "not polled", false, "never polled"),
        ("d-silent", "not polled", false, "1 h 40 min ago"),
        ("e-failing", "failing", false, "for 2 h 20 min"),
        (
            "f-behind",
            "behind",
            false,
            "1 range has failed for at least 40 min",
        ),
        ("g-removed", "no document", true, ""),
        ("h-removed", "no document", true, ""),
    ]) {
        assert_eq!(told["tenant"], tenant);
        assert_eq!(
            (&told["status"], &told["well"]),
            (&json!(status), &json!(well)),
            "{told}"
        );
        let problems = told["problems"].to_string();
        assert!(
            problems.contains(what) && well != problems.contains("\"do\""),
            "{problems}"
        );
    }
    assert_eq!(told[4]["last_error"], error);
    assert_eq!(told[5]["unread"][0]["failures"], 2);
    assert!(told[5]["left_secs"].is_null());

    let shown = on(&folder, &["status"]).failed(1, &["6 of 8"]).stdout;
    for words in [
        "last error, as noted 3 min ago: Entra refused: the secret has expired",
        "drawbridge tenants check e-failing --out ",
        "drawbridge replay list --tenant a-well --out ",
        "drawbridge tenants purge g-removed --out ",
        "drawbridge poll --all --out ",
    ] {
        assert!(shown.contains(words), "no {words:?} in: {shown}");
    }
}

/// The state says only after five minutes that polls fail: the last error does at once.
#[test]
fn polls_that_fail_shortly_after_a_success_are_told() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    state(&folder, "contoso", 4, &json!({}));
    let error = |minutes| {
        let error = json!({"at": ago(minutes), "error": "Entra refused: the secret has expired"});
        let file = folder.path().join("state/contoso.error.json");
        fs::write(file, error.to_string()).unwrap();
    };
    error(5);
    on(&folder, &["status"]).well();
    error(2);
    let shown = on(&folder, &["status"]).failed(1, &["1 tenant is not well"]);
    for words in [
        "contoso: failing",
        "polls have failed for 2 min",
        "drawbridge tenants check contoso",
        "last error, as noted 2 min ago: Entra refused: the secret has expired",
    ] {
        assert!(shown.stdout.contains(words), "{}", shown.stdout);
    }
    let told = objects(&on(&folder, &["status", "--json"]).failed(1, &[]));
    assert_eq!(
        (&told[0]["well"], &told[0]["status"]),
        (&json!(false), &json!("failing"))
    );
    // One error that was not noted again is none that lasts: an idle state is saved once an hour.
    state(&folder, "contoso", 40, &json!({}));
    error(20);
    on(&folder, &["status"]).well();
    // Before the first success, it lasts.
    state(&folder, "contoso", 20, &json!({"last_success": null}));
    let shown = on(&folder, &["status"])
        .failed(1, &["1 tenant is not well"])
        .stdout;
    assert!(shown.contains("no poll has succeeded yet"), "{shown}");
    fs::remove_file(folder.path().join("state/contoso.json")).unwrap();
    let shown = on(&folder, &["status"])
        .failed(1, &["1 tenant is not well"])
        .stdout;
    assert!(
        shown.contains("failing") && !shown.contains("never polled"),
        "{shown}"
    );
}

/// One answer 429 made a tenant *failing* for which there was nothing to do.
#[test]
fn what_passes_by_itself_is_no_failure_before_it_has_lasted() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let error = |minutes, is_retryable| {
        let error = json!({
            "at": ago(minutes), "error": "Graph asks to wait for 60 s", "is_retryable": is_retryable,
        });
        let file = folder.path().join("state/contoso.error.json");
        fs::write(file, error.to_string()).unwrap();
    };
    let waits = "Graph asks to wait for 60 s";
    state(&folder, "contoso", 2, &json!({}));
    error(1, true);
    let shown = on(&folder, &["status"]).well().stdout;
    for words in [
        "contoso: retrying",
        "polls have not ended well for 1 min",
        waits,
    ] {
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(words), "no {words:?} in: {shown}");
    }
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(
        (&told[0]["status"], &told[0]["well"]),
        (&json!("retrying"), &json!(true))
    );
    assert!(told[0]["failing_since"].is_null(), "{}", told[0]);
    // It is noted anew every five minutes, and the state may not say it yet.
    let error_since = |since, at| {
        let error = json!({
            "at": ago(at), "since": ago(since), "error": waits, "is_retryable": true,
        });
        let file = folder.path().join("state/contoso.error.json");
        fs::write(file, error.to_string()).unwrap();
    };
    state(&folder, "contoso", 8, &json!({}));
    error_since(4, 0);
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(told[0]["status"], "retrying");
    error_since(7, 1);
    let shown = on(&folder, &["status"]).failed(1, &["1 tenant is not well"]);
    assert!(
        shown.stdout.contains("polls have failed for 7 min"),
        "{}",
        shown.stdout
    );
    // After five minutes the state says it, too. To look at how it signs in would find nothing.
    state(&folder, "contoso", 12, &json!({"failing_since": ago(7)}));
    error(2, true);
    let shown = on(&folder, &["status"])
        .failed(1, &["1 tenant is not well"])
        .stdout;
    for words in [
        "contoso: failing",
        "polls have failed for 7 min",
        waits,
        "polls try again",
    ] {
        assert!(shown.contains(words), "no {words:?} in: {shown}");
    }
    assert!(!shown.contains("tenants check"), "{shown}");
    // What does not pass is a failure at once.
    state(&folder, "contoso", 2, &json!({}));
    error(1, false);
    on(&folder, &["status"]).failed(1, &["1 tenant is not well"]);
    // An older error is not what polls fail for now.
    state(&folder, "contoso", 60, &json!({"failing_since": ago(20)}));
    error(40, true);
    let shown = on(&folder, &["status"])
        .failed(1, &["1 tenant is not well"])
        .stdout;
    assert!(!shown.contains(waits), "{shown}");
    // Nor has a first poll failed for good.
    state(
        &folder,
        "contoso",
        1,
        &json!({"last_success": null, "failing_since": ago(1)}),
    );
    error(1, true);
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(told[0]["status"], "retrying");
}

/// Neither a first poll that takes long nor a backfill before it is a failure, until it has lasted for too long.
#[test]
fn a_first_poll_that_is_under_way_has_not_failed() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let first = |minutes: i64, week: Option<Timestamp>| {
        let unread = json!([{"from": ago(9000), "to": ago(99), "since": ago(20), "failures": 0}]);
        let others = json!({
            "watermark": null, "last_success": null, "first_from": week, "unread": unread,
            "swept": {"day": week, "week": week},
        });
        state(&folder, "contoso", minutes, &others);
    };
    let told = |code| {
        let doctor = objects(&on(&folder, &["doctor", "--json"]));
        let polls = doctor.iter().find(|line| line["about"] == "contoso: polls");
        assert_eq!(polls.unwrap()["level"] == "failed", code == 1, "{doctor:?}");
        let status = on(&folder, &["status", "--json"]);
        let status = match code {
            0 => status.well(),
            _ => status.failed(code, &["1 tenant is not well"]),
        };
        let status = objects(&status)[0].clone();
        assert!(status["failing_since"].is_null(), "{status}");
        status
    };
    for (minutes, week, status, code, what) in [
        (1, Some(ago(28)), "first poll under way", 0, ""),
        (1, Some(ago(31)), "overdue", 1, "no poll has succeeded yet"),
        (28, None, "not polled yet", 0, ""),
        (31, None, "not polled", 1, "it was never polled"),
    ] {
        first(minutes, week);
        let told = told(code);
        assert_eq!(
            (&told["status"], &told["well"]),
            (&json!(status), &json!(code == 0))
        );
        assert!(told["problems"].to_string().contains(what), "{told}");
    }
    // Once it has failed, it is failing, and the state says so, too.
    first(1, Some(ago(20)));
    let mut poll = command(&folder, &["poll", "--all", "--once"]);
    poll.env(VARIABLE, "MARKER~a-wrong-secret");
    run(poll).discreet().failed(1, &["client secret is wrong"]);
    let told = objects(&on(&folder, &["status", "--json"]).failed(1, &[]));
    assert_eq!(told[0]["status"], "failing");
    let shown = objects(&on(&folder, &["state", "show", "--json"]).well());
    assert!(told[0]["failing_since"].is_string());
    assert_eq!(told[0]["failing_since"], shown[0]["failing_since"]);
}

/// Polls succeed, and read what they have not read for long.
#[test]
fn a_tenant_that_was_reset_is_catching_up() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    state(
        &folder,
        "contoso",
        5,
        &json!({"watermark": ago(60 * 24 * 300)}),
    );
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(
        (&told[0]["status"], &told[0]["well"]),
        (&json!("catching up"), &json!(true))
    );
    let doctor = objects(&on(&folder, &["doctor", "--json"]));
    let polls = doctor
        .iter()
        .find(|line| line["about"] == "contoso: polls")
        .unwrap();
    assert!(
        polls["text"].as_str().unwrap().contains("catching up"),
        "{polls}"
    );
    // An idle one is saved once an hour.
    state(&folder, "contoso", 70, &json!({}));
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(told[0]["status"], "ok");
}

/// A first poll of a month takes many rounds, each of which ends well. The one that ends in the middle leaves the
/// rest to nobody, and this is told at once.
#[test]
fn a_long_first_poll_is_catching_up_until_nobody_reads_on() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    // The second round is over, and cut what is left in two.
    let unread = json!([
        {"from": ago(30 * 1440), "to": ago(2 * 1440), "since": ago(1), "step_ms": 60_000},
        {"from": ago(1440), "to": ago(5), "since": ago(2), "step_ms": 60_000},
    ]);
    state(&folder, "contoso", 1, &json!({"unread": unread}));
    let is_locked = fs::File::create(folder.path().join(".polling")).unwrap();
    is_locked.lock_shared().unwrap();
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert_eq!(
        (&told[0]["status"], &told[0]["left_secs"]),
        (&json!("catching up"), &json!(28 * 86_400 + 1435 * 60))
    );
    let shown = on(&folder, &["status"]).well().stdout;
    assert!(
        shown.contains("28 d 23 h of alerts are left to read"),
        "{shown}"
    );
    let (level, text) = polls(&folder);
    assert_eq!(level, "ok");
    assert!(text.contains("catching up: 28 d 23 h"), "{text}");

    drop(is_locked);
    let shown = on(&folder, &["status"]).failed(1, &["1 tenant is not well"]);
    let shown = shown.stdout.split_whitespace().collect::<Vec<_>>();
    let shown = shown.join(" ");
    for words in [
        "contoso: not polled",
        "28 d 23 h of alerts are unread, from ",
        "no poll is running; the last one ended 1 min ago",
        "what to do: start `drawbridge poll --all --out ",
    ] {
        assert!(shown.contains(words), "no {words:?} in: {shown}");
    }
    assert_eq!(polls(&folder).0, "failed");
    let told = objects(&on(&folder, &["status", "--json"]).failed(1, &[]));
    assert_eq!(told[0]["status"], "not polled");
}

#[test]
fn a_document_that_is_ignored_is_an_object_too() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "Northwind", &tenant, "");
    for is_alone in [true, false] {
        if !is_alone {
            write(
                &folder,
                "contoso",
                &tenant,
                "service_sources = [\"microsoftSentinel\"]",
            );
            state(&folder, "contoso", 5, &json!({}));
        }
        let told = on(&folder, &["status", "--json"]).failed(1, &["Northwind.toml"]);
        let told = objects(&told);
        assert_eq!(
            (&told[0]["status"], &told[0]["well"]),
            (&json!("ignored"), &json!(false))
        );
        let problem = told[0]["problems"][0].to_string();
        assert!(
            problem.contains("Northwind.toml") && problem.contains("\"do\""),
            "{problem}"
        );
        let others = told.iter().filter(|one| one["tenant"] == "contoso").count();
        assert_eq!(others, usize::from(!is_alone));
    }
}

/// The poll that ends well finds nothing, and saves no state.
#[test]
fn a_short_error_is_over_with_the_next_poll_that_ends_well() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    let file = folder.path().join("state/contoso.error.json");
    let error = json!({"at": ago(0), "error": "Entra refused: the secret has expired"});
    fs::write(&file, error.to_string()).unwrap();
    on(&folder, &["status"]).failed(1, &["1 tenant is not well"]);
    on(&folder, &["poll", "--all", "--once"]).well();
    on(&folder, &["status"]).well();
    let told = objects(&on(&folder, &["status", "--json"]).well());
    assert!(told[0]["last_error"]["over"].is_string(), "{}", told[0]);
}

#[test]
fn a_poll_that_fails_leaves_its_error_until_one_ends_well() {
    let tenant = Tenant::beside("[]", "[]", |_| {});
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    write_of(&folder, "other", &tenant, OTHER, "");
    let fail = || {
        let mut poll = command(&folder, &["poll", "--all", "--once"]);
        poll.env(VARIABLE, "MARKER~a-wrong-secret");
        run(poll).discreet().failed(1, &["client secret is wrong"]);
    };
    fail();
    let told = objects(&on(&folder, &["status", "--json"]).failed(1, &["2 of 2"]));
    assert_eq!(told[0]["status"], "failing");
    let error = told[0]["last_error"]["error"].as_str().unwrap();
    assert!(error.contains("the client secret is wrong"), "{error}");
    assert!(!error.contains("MARKER"), "{error}");

    on(&folder, &["poll", "--all", "--once"]).well();
    let told = on(&folder, &["status"]).well().stdout;
    assert!(!told.contains("client secret"), "{told}");
    // The same again, a moment later.
    fail();
    let told = on(&folder, &["status"]).failed(1, &["2 of 2"]).stdout;
    assert!(told.contains("the client secret is wrong"), "{told}");
    // It goes with the tenant.
    on(&folder, &["tenants", "pause", "contoso"]).well();
    assert!(folder.path().join("state/contoso.error.json").exists());
    on(&folder, &["tenants", "purge", "contoso", "--yes"]).well();
    assert!(!folder.path().join("state/contoso.error.json").exists());
    assert!(folder.path().join("state/other.error.json").exists());
}
