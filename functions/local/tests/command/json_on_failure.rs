//! `--json` on standard output where a command fails before it has anything else to print: one object with the
//! error.

use std::fs;

use crate::deliver::settings;
use crate::support::command::{drawbridge, run};
use crate::support::documents::{command, objects, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// Runs the command, which prints one object that says what standard error says.
#[track_caller]
fn fails_with_json(command: std::process::Command, code: i32, words: &str) {
    let outcome = run(command).discreet();
    let told = objects(&outcome);
    assert_eq!(told.len(), 1, "{}", outcome.stdout);
    assert_eq!(told[0]["ending"], "failed");
    let error = told[0]["error"].as_str().unwrap();
    assert!(error.contains(words), "{error}");
    outcome.failed(code, &[words]);
}

#[test]
fn a_command_on_a_folder_says_why_it_failed() {
    let folder = Folder::new();
    let tenant = Tenant::new("[]");
    write(&folder, "contoso", &tenant, "");
    let range = |from, to| ["--from", from, "--to", to, "--yes", "--json"];
    let backfill =
        |tenant, from, to| [&["backfill", "--tenant", tenant][..], &range(from, to)].concat();
    for (args, code, words) in [
        (
            backfill("nobody", "2026-01-01", "2026-01-02"),
            1,
            "no tenant is called",
        ),
        (
            backfill("contoso", "2026-01-02", "2026-01-01"),
            2,
            "2026-01-0",
        ),
        (
            vec!["tenants", "check", "nobody", "--json"],
            1,
            "no tenant is called",
        ),
        (
            vec!["tenants", "pause", "nobody", "--json"],
            1,
            "no tenant is called",
        ),
        (
            vec!["state", "show", "--tenant", "contoso", "--json"],
            1,
            "there is no state",
        ),
        (
            vec!["replay", "run", "nope", "--json"],
            1,
            "no item begins with",
        ),
        (
            vec!["replay", "run", "--all", "--output", "nosuch", "--json"],
            2,
            "no output can be called",
        ),
        (vec!["backfill", "cancel", "nope", "--json"], 1, "nope"),
    ] {
        fails_with_json(command(&folder, &args), code, words);
    }
}

#[test]
fn a_delivery_says_why_it_failed() {
    let folder = Folder::new();
    let bad = settings(&folder, r#"{"target":"webhook"}"#);
    let bad = bad.to_str().unwrap();
    let good = folder.path().join("good.json");
    fs::write(&good, r#"{"target":"syslog","address":"127.0.0.1:1"}"#).unwrap();
    let good = good.to_str().unwrap();
    for (args, words) in [
        (
            ["--to", bad, "--file", "siem.ndjson", "--once"].as_slice(),
            "url",
        ),
        (
            &["--to", "nowhere.json", "--check"],
            "nowhere.json cannot be read",
        ),
        (&["--to", bad, "--check"], "url"),
        (
            &["--to", good, "--file", "nowhere.ndjson", "--once"],
            "nowhere.ndjson",
        ),
        (
            &["--to", good, "--all", "--out", "nowhere", "--once"],
            "there is no folder nowhere",
        ),
    ] {
        let mut deliver = drawbridge(&["deliver", "--json"]);
        deliver.current_dir(folder.path()).args(args);
        fails_with_json(deliver, 1, words);
    }
    let mut doctor = drawbridge(&["doctor", "--json", "--stack", "a/b"]);
    doctor.current_dir(folder.path());
    fails_with_json(doctor, 2, "--stack takes the stack's name");
}

/// What the command line itself is wrong in.
#[test]
fn a_command_line_that_cannot_be_read_says_why() {
    for (args, words) in [
        (
            &["poll", "--once", "--json", "--since", "yesterday"][..],
            "invalid value 'yesterday' for '--since <TIME>'",
        ),
        (&["status", "--json", "--nonsense"], "--nonsense"),
        (&["backfill", "--json"], "--tenant <NAME>"),
        (&["tenants", "lst", "--json"], "unrecognized subcommand"),
        (&["poll", "--once", "--json=true"], "'--json'"),
        (
            &["poll", "--json", "--every", "5q"],
            "invalid value '5q' for '--every <DURATION>'",
        ),
    ] {
        fails_with_json(drawbridge(args), 2, words);
    }
    let help = run(drawbridge(&["status", "--json", "--help"])).well();
    assert!(!help.stdout.contains("failed\""), "{}", help.stdout);
    assert_eq!(run(drawbridge(&["status", "--nonsense"])).stdout, "");
}

#[test]
fn what_was_printed_is_not_followed_by_another_object() {
    let folder = Folder::new();
    let tenant = Tenant::new("[]");
    write(&folder, "contoso", &tenant, "");
    let outcome = run(command(&folder, &["status", "--json"]));
    let told = objects(&outcome);
    assert_eq!((told.len(), &told[0]["tenant"]), (1, &"contoso".into()));
}

/// Standard error alone named it.
#[test]
fn what_belongs_to_no_tenant_is_an_object_too() {
    let folder = Folder::new();
    let tenant = Tenant::new("[]");
    write(&folder, "contoso", &tenant, "");
    write(&folder, "Northwind", &tenant, "");
    for (args, member) in [
        (&["poll", "--all", "--once"][..], "tenant"),
        (&["tenants", "list"], "name"),
        (&["tenants", "check", "--all"], "tenant"),
    ] {
        let args = [args, &["--json"]].concat();
        let outcome = run(command(&folder, &args)).discreet();
        let told = objects(&outcome.failed(1, &["Northwind.toml"]));
        assert_eq!(told.len(), 2, "{told:?}");
        let ignored = told.iter().find(|line| line[member].is_null()).unwrap();
        assert_eq!(ignored["ending"], "failed");
        let why = ignored["error"].as_str().unwrap();
        assert!(why.contains("tenants/Northwind.toml"), "{why}");
        assert!(told.iter().any(|line| line[member] == "contoso"));
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_an_object_beside_the_others() {
    let folder = Folder::new();
    let tenant = Tenant::new("[]");
    write(&folder, "contoso", &tenant, "");
    run(command(&folder, &["poll", "--all", "--once"])).well();
    for (file, args) in [
        ("state/damaged.json", &["state", "show"][..]),
        ("quarantine/contoso/alerts/1.json", &["replay", "list"]),
        ("backfills/contoso/1.json", &["backfill", "status"]),
    ] {
        let file = folder.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        match args[0] {
            // One that is torn is passed over, for it is written anew.
            "backfill" => std::os::unix::fs::symlink("nowhere", &file).unwrap(),
            _ => fs::write(&file, "MARKER").unwrap(),
        }
        let args = [args, &["--json"]].concat();
        let outcome = run(command(&folder, &args)).discreet();
        let told = objects(&outcome.failed(1, &["cannot be read"]));
        let failed = told.iter().find(|line| line["ending"] == "failed");
        assert!(failed.is_some(), "{args:?}: {told:?}");
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_change_tells_a_script_what_it_did() {
    let folder = Folder::new();
    let tenant = Tenant::new("[]");
    write(&folder, "contoso", &tenant, "");
    run(command(&folder, &["poll", "--all", "--once"])).well();
    for (args, words) in [
        (&["tenants", "pause", "contoso"][..], "paused contoso"),
        (&["tenants", "resume", "contoso"], "resumed contoso"),
        (&["tenants", "allow", "contoso"], "may sign in"),
        (
            &[
                "state",
                "reset",
                "--tenant",
                "contoso",
                "--to",
                "2026-01-01",
                "--yes",
            ],
            "goes on from",
        ),
        (
            &["tenants", "remove", "contoso", "--yes"],
            "removed contoso",
        ),
        (
            &[
                "tenants",
                "add",
                "fabrikam",
                "--tenant-id",
                "11111111-1111-4111-8111-000000000009",
                "--client-id",
                "22222222-2222-4222-8222-222222222222",
                "--secret",
                "CONTOSO_SECRET",
            ],
            "wrote tenants/fabrikam.toml",
        ),
    ] {
        let args = [args, &["--json"]].concat();
        let outcome = run(command(&folder, &args)).well();
        let told = objects(&outcome);
        assert_eq!((told.len(), &told[0]["ending"]), (1, &"complete".into()));
        let text = told[0]["text"].as_str().unwrap();
        assert!(text.contains(words), "{text}");
        assert!(["contoso", "fabrikam"].contains(&told[0]["tenant"].as_str().unwrap()));
    }
}
