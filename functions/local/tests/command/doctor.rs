//! `drawbridge doctor`: what polls and deliveries need, looked at for real.

use serde_json::Value;

use crate::deliver::{Server, settings};
use crate::support::alerts::{list, recent_alert};
use crate::support::command::{drawbridge, run};
use crate::support::documents::{VARIABLE, command, objects, on, write, write_of, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{OTHER, Tenant};

/// The level of the line about something.
fn level<'a>(told: &'a [Value], about: &str) -> &'a str {
    let line = told.iter().find(|line| line["about"] == about);
    let level = line.and_then(|line| line["level"].as_str());
    level.unwrap_or("nothing was said")
}

#[test]
fn where_all_is_well_every_line_says_so_and_nothing_stays() {
    let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 1)])), Folder::new());
    write(
        &folder,
        "contoso",
        &tenant,
        "outputs = [\"siem\", \"native-objects\"]",
    );
    on(&folder, &["poll", "--all", "--once"]).well();
    let files = || {
        let there = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = there.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = files();
    let told = objects(&on(&folder, &["doctor", "--json"]).well());
    for about in [
        "folder",
        "documents",
        "clock",
        "contoso: sign-in",
        "contoso: roles",
        "contoso: alerts",
        "contoso: outputs",
        "contoso: polls",
    ] {
        assert_eq!(level(&told, about), "ok", "{told:?}");
    }
    // How full the disk of a test is, nobody knows.
    assert_ne!(level(&told, "disk"), "note");
    assert_eq!(level(&told, "deliver"), "note");
    assert_eq!(files(), before);
    let shown = on(&folder, &["doctor"]).well().stdout;
    assert!(
        shown.contains("ok      contoso: sign-in: Entra handed out a token"),
        "{shown}"
    );
}

#[test]
fn each_failure_is_told_with_what_to_do() {
    let tenant = Tenant::beside("[]", "[]", |refusing| refusing.has_consent = false);
    let folder = Folder::new();
    write(&folder, "a-well", &tenant, "");
    write_of(&folder, "b-role", &tenant, OTHER, "");
    write_text(&folder, "c-typo.toml", "tenant_idd = \"x\"");
    std::fs::create_dir_all(folder.path().join("a-well/siem.ndjson")).unwrap();
    let outcome = on(&folder, &["doctor", "--json"]);
    let told = objects(&outcome);
    for (about, expected) in [
        ("a-well: sign-in", "ok"),
        ("a-well: outputs", "failed"),
        ("a-well: polls", "failed"),
        ("b-role: roles", "failed"),
        ("c-typo: document", "failed"),
    ] {
        assert_eq!(level(&told, about), expected, "{about}: {told:?}");
    }
    let typo = outcome.stdout.matches("did you mean `tenant_id`?");
    assert_eq!(typo.count(), 1, "{}", outcome.stdout);
    outcome.failed(1, &["checks failed"]);

    let mut wrong = command(&folder, &["doctor"]);
    wrong.env(VARIABLE, "MARKER~a-wrong-secret");
    let wrong = run(wrong).discreet();
    assert!(
        wrong.stdout.contains("the client secret is wrong"),
        "{}",
        wrong.stdout
    );
    assert!(!wrong.stdout.contains("MARKER"), "{}", wrong.stdout);
}

#[test]
fn an_empty_folder_and_one_that_is_missing_are_told_apart() {
    let folder = Folder::new();
    let told = objects(&on(&folder, &["doctor", "--json"]).well());
    assert_eq!(
        (level(&told, "folder"), level(&told, "documents")),
        ("ok", "warn")
    );
    let mut missing = drawbridge(&["doctor", "--out"]);
    missing
        .arg(folder.path().join("missing"))
        .env_remove("DRAWBRIDGE_BUCKET")
        .env_remove("DRAWBRIDGE_STACK");
    let missing = run(missing);
    assert!(
        missing.stdout.contains("there is no folder"),
        "{}",
        missing.stdout
    );
    missing.failed(1, &["checks failed"]);
    on(&folder, &["doctor", "--queue", "https://sqs.example/1/q"]).failed(2, &["--bucket"]);
}

#[cfg(unix)]
#[test]
fn folders_that_are_too_open_are_warned_of_with_the_command_that_closes_them() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    let set = |below: &str, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.path().join(below), mode).unwrap();
    };
    for below in ["state", "tenants"] {
        std::fs::create_dir(folder.path().join(below)).unwrap();
        set(below, 0o777);
    }
    set("", 0o777);
    let warnings = || -> Vec<String> {
        let told = objects(&on(&folder, &["doctor", "--json"]).well());
        let about = told.iter().filter(|line| line["about"] == "permissions");
        about
            .inspect(|line| assert_eq!(line["level"], "warn"))
            .map(|line| line["do"].as_str().unwrap().to_owned())
            .collect()
    };
    let at = folder.path().display();
    let expected = [
        format!("run `chmod go-w {at}`"),
        format!("run `chmod -R go= {at}/state`"),
        format!("run `chmod -R go= {at}/tenants`"),
    ];
    assert_eq!(warnings(), expected);
    let shown = on(&folder, &["doctor"]).well().stdout;
    assert!(shown.contains("warn    permissions: "), "{shown}");
    set("", 0o755);
    set("state", 0o700);
    assert_eq!(warnings(), expected[2..]);
    // A command for all below it would change what a link leads to.
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("admin")).unwrap();
    let todo = warnings();
    assert!(todo[0].contains("put the folder itself there"), "{todo:?}");
    assert_eq!(todo[1..], expected[2..]);
    set("", 0o700);
    assert!(warnings().is_empty());
}

#[test]
fn the_target_of_deliver_gets_a_test_record_if_that_is_asked_for() {
    let (folder, server) = (Folder::new(), Server::start());
    let to = server.settings_in(&folder);
    let with = |args: &[&str]| {
        let mut doctor = command(&folder, &["doctor", "--json"]);
        doctor
            .arg("--to")
            .arg(&to)
            .args(args)
            .env("KEY", "MARKER~key");
        run(doctor)
    };
    let told = objects(&with(&[]).well());
    assert_eq!(level(&told, "deliver"), "note");
    assert!(server.bodies().is_empty());
    // Nothing would be sent to a target that nobody names.
    for options in [&["--send-test"][..], &["--format", "ocsf"]] {
        let mut doctor = command(&folder, &["doctor"]);
        doctor.args(options).env_remove("DRAWBRIDGE_DELIVER");
        run(doctor).failed(2, &[options[0], "--to FILE", "DRAWBRIDGE_DELIVER"]);
    }
    let told = objects(&with(&["--send-test"]).well());
    assert_eq!(level(&told, "deliver"), "ok");
    assert!(server.bodies()[0].contains("Drawbridge test record"));
    server.answers(401);
    let told = objects(&with(&["--send-test"]).failed(1, &["checks failed"]));
    assert_eq!(level(&told, "deliver"), "failed");
    settings(&folder, "{\"target\": \"splunk\"}");
    let told = objects(&with(&[]).failed(1, &["checks failed"]));
    assert_eq!(level(&told, "deliver"), "failed");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_is_told() {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::support::nobody::Nobody;

    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let state = folder.path().join("state");
    std::fs::create_dir_all(&state).unwrap();
    let nobody = Nobody::with(folder.path());
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o500)).unwrap();
    let outcome = run(nobody.runs(&command(&folder, &["doctor"])));
    assert!(
        outcome.stdout.contains("state cannot be written to"),
        "{}",
        outcome.stdout
    );
    outcome.failed(1, &["checks failed"]);
}
