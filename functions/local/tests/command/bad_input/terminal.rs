//! Text of strangers that would move the cursor, hide a line or turn it around: nothing of it reaches
//! the terminal, whichever command shows it.

use std::fs;
use std::path::Path;

use crate::deliver::{Server, settings};
use crate::support::command::{Outcome, drawbridge, run};
use crate::support::documents::{on, write_text};
use crate::support::folder::Folder;

/// One of each kind, and a line that would be taken for one of ours.
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;t\u{7}\r\u{8}\u{7f}\u{85}\u{9b}31m\u{200f}\u{202e}\u{2066}\u{2028}\nok      contoso";

fn is_quiet(text: &str) -> bool {
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    !text.contains(acts) && !text.lines().any(|line| line == "ok      contoso")
}

#[track_caller]
fn quiet(outcome: &Outcome) {
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(is_quiet(text), "{text:?}");
    }
}

fn put(folder: &Path, key: &str, text: &str) {
    let path = folder.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn the_test_would_see_it() {
    assert!(!is_quiet(HOSTILE) && !is_quiet("\u{1b}[31m") && !is_quiet("a\nok      contoso\n"));
    assert!(is_quiet("Ünïcödé\n"));
}

#[test]
fn an_alert_is_explained_and_refused_quietly() {
    let folder = Folder::new();
    let device = serde_json::json!({
        "@odata.type": "#microsoft.graph.security.deviceEvidence",
        "mdeDeviceId": HOSTILE, "deviceDnsName": HOSTILE, "hostName": HOSTILE,
    });
    let alert = serde_json::json!({
        "id": HOSTILE, "title": HOSTILE, "category": HOSTILE, "severity": HOSTILE,
        "serviceSource": HOSTILE, "status": HOSTILE, "detectionSource": HOSTILE,
        "createdDateTime": "2026-01-01T00:00:00Z", "evidence": [device], HOSTILE: HOSTILE,
    });
    let good = folder.path().join("good.json");
    fs::write(&good, serde_json::json!({ "value": [alert] }).to_string()).unwrap();
    let broken = serde_json::json!({"id": "da1", "evidence": [{HOSTILE: 1, "roles": {HOSTILE: 1}}], "title": {HOSTILE: 1}});
    let bad = folder.path().join("bad.json");
    fs::write(&bad, serde_json::json!({ "value": [broken] }).to_string()).unwrap();
    for format in ["siem", "ocsf", "ecs", "cef", "leef", "native"] {
        for more in [&[][..], &["--json"]] {
            let mut explain = drawbridge(&["explain", "--format", format]);
            explain.args(more).arg(&good);
            let outcome = run(explain).well();
            assert!(outcome.stdout.contains("\\u202e"), "{}", outcome.stdout);
            quiet(&outcome);
        }
        for command in ["explain", "map"] {
            let mut command = drawbridge(&[command, "--format", format]);
            command.arg(&bad);
            quiet(&run(command));
        }
    }
}

#[test]
fn whats_in_the_store_is_listed_quietly() {
    let folder = Folder::new();
    let name = HOSTILE.replace('\n', "");
    write_text(
        &folder,
        "contoso.toml",
        &format!("{HOSTILE:?} = 1\n{HOSTILE:?} = 2"),
    );
    write_text(
        &folder,
        "fabrikam.json",
        &serde_json::json!({ HOSTILE: HOSTILE }).to_string(),
    );
    write_text(&folder, &format!("{name}.toml"), "tenant_id = 1");
    let item = serde_json::json!({"reason": HOSTILE, "alert_id": HOSTILE, "text": HOSTILE, "output": HOSTILE});
    put(
        folder.path(),
        &format!("quarantine/contoso/alerts/{name}.json"),
        &item.to_string(),
    );
    put(
        folder.path(),
        &format!("quarantine/{name}/records/ab.json"),
        &item.to_string(),
    );
    put(
        folder.path(),
        "quarantine/contoso/records/no-item.json",
        HOSTILE,
    );
    put(folder.path(), &format!("state/{name}.json"), HOSTILE);
    put(
        folder.path(),
        &format!("backfills/contoso/{name}.json"),
        HOSTILE,
    );
    for args in [
        &["tenants", "list"][..],
        &["tenants", "check", "--all"],
        &["tenants", "check", HOSTILE],
        &["replay", "list"],
        &["replay", "run", "--all"],
        &["state", "show"],
        &["status"],
        &["backfill", "status"],
    ] {
        for json in [&[][..], &["--json"]] {
            let all: Vec<&str> = args.iter().chain(json).copied().collect();
            quiet(&on(&folder, &all));
        }
    }
    quiet(&on(&folder, &["poll", "--all", "--once"]));
}

/// Whoever may write there names files as he likes.
#[cfg(unix)]
#[test]
fn a_file_that_is_called_so_is_named_quietly() {
    let folder = Folder::new();
    for key in [
        "tenants/@.toml",
        "tenants/@/x.toml",
        "state/@.json",
        "backfills/@/x.json",
        "quarantine/@/alerts/x.json",
    ] {
        put(folder.path(), &key.replace('@', HOSTILE), "{}");
    }
    let link = format!("tenants/link-{HOSTILE}.toml");
    std::os::unix::fs::symlink("/nowhere", folder.path().join(link)).unwrap();
    std::os::unix::fs::symlink(
        "/nowhere",
        folder.path().join(format!("quarantine/{HOSTILE}/l")),
    )
    .unwrap();
    std::os::unix::fs::symlink(
        "/nowhere",
        folder.path().join(format!("backfills/{HOSTILE}/l")),
    )
    .unwrap();
    write_text(&folder, "contoso.toml", "nonsense");
    for args in [
        &["tenants", "list"][..],
        &["tenants", "list", "--json"],
        &["tenants", "check", "--all"],
        &["poll", "--all", "--once"],
        &["state", "show"],
        &["status"],
        &["state", "show", "--json"],
        &["backfill", "status"],
        &["backfill", "status", "--json"],
        &["replay", "list"],
        &["replay", "run", "--all"],
    ] {
        quiet(&on(&folder, args));
    }
    on(&folder, &["tenants", "list"]).failed(1, &["u001b[2J"]);
}

/// What a target says of a refusal, a line of the file that is no record, and the file's name.
#[cfg(unix)]
#[test]
fn what_a_target_and_a_file_say_is_shown_quietly() {
    let (folder, server) = (Folder::new(), Server::start());
    let to = serde_json::json!({"target": "splunk-hec", "url": server.url(), "secret": "env:KEY"});
    let to = settings(&folder, &to.to_string());
    let words = serde_json::json!({ "text": HOSTILE, "code": 7 }).to_string();
    let (good, bad) = (
        serde_json::json!({"AlertId": HOSTILE, "FullId": HOSTILE, "Severity": HOSTILE}),
        HOSTILE.replace('\n', ""),
    );
    let file = folder.path().join(format!("{bad}.ndjson"));
    for (status, more) in [(400, &[][..]), (400, &["--set-aside"]), (503, &[])] {
        fs::write(&file, format!("{good}\n{bad}\n")).unwrap();
        server.answers_with(status, &words);
        let mut deliver = drawbridge(&["deliver", "--once", "--to"]);
        deliver.arg(&to).args(more).arg("--file").arg(&file);
        deliver.env("KEY", "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8");
        let outcome = run(deliver);
        assert!(outcome.stderr.contains("\\u001b[2J"), "{}", outcome.stderr);
        quiet(&outcome);
    }
    quiet(&on(&folder, &["replay", "list"]));
}
