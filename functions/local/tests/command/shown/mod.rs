//! What people see, on narrow and on wide terminals, with colours and without: kept as files in
//! `snapshots/`, so that a change of it is seen.

#[cfg(unix)]
mod bar;
mod snapshot;
#[cfg(unix)]
mod terminal;

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::snapshot::looks_the_same;
use crate::compare::fixture;
use crate::deliver::Server;
use crate::support::alerts::{CONTENT, alert, list};
use crate::support::command::drawbridge;
use crate::support::documents::{command, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// A command without a folder, which then uses the current one.
fn in_current_dir(folder: &Folder, args: &[&str]) -> Command {
    let mut command = drawbridge(args);
    command
        .current_dir(folder.path())
        .env_remove("DRAWBRIDGE_BUCKET")
        .env_remove("DRAWBRIDGE_STACK")
        .env_remove("DRAWBRIDGE_TENANTS")
        .env_remove("DRAWBRIDGE_ALLOWED_SECRETS");
    command
}

/// A time so many minutes ago.
fn ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

fn put(folder: &Folder, path: &str, text: &str) {
    let path = folder.path().join("drawbridge-data").join(path);
    fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
    fs::write(path, text).unwrap();
}

fn document(folder: &Folder, path: &str, n: u32, lines: &str) {
    let ids = format!(
        "tenant_id = \"11111111-1111-4111-8111-{n:012}\"\n\
         client_id = \"22222222-2222-4222-8222-222222222222\"\n"
    );
    put(folder, &format!("tenants/{path}.toml"), &(ids + lines));
}

fn state(folder: &Folder, name: &str, minutes: i64, others: &Value) {
    let mut state = json!({
        "version": 3, "watermark": ago(minutes), "first_from": null,
        "last_success": ago(minutes), "saved": ago(minutes), "outputs": {},
    });
    let all = state.as_object_mut().unwrap();
    all.extend(others.as_object().unwrap().clone());
    put(folder, &format!("state/{name}.json"), &state.to_string());
}

/// A folder with a tenant for everything that there is to say. Its times are told in hours, which
/// do not pass while a test runs.
fn folder_with_every_trouble() -> Folder {
    let folder = Folder::new();
    document(&folder, "contoso", 1, "secret = \"CONTOSO_SECRET\"\n");
    document(&folder, "fabrikam", 2, "secret = \"FABRIKAM_SECRET\"\n");
    document(&folder, "new", 3, "secret = \"NEW_SECRET\"\n");
    document(
        &folder,
        "paused/old",
        4,
        "certificate = \"OLD_CERTIFICATE\"\n",
    );
    document(
        &folder,
        "slip",
        5,
        "secret = \"SLIP_SECRET\"\nseverities = [\"hihg\"]\n",
    );
    document(&folder, "tailspin", 6, "secret = \"TAILSPIN_SECRET\"\n");
    state(&folder, "contoso", 80, &json!({}));
    state(
        &folder,
        "fabrikam",
        3000,
        &json!({"failing_since": ago(1500)}),
    );
    let error = "reading alerts failed: Entra refused to sign the application in: the client secret \
                 has expired: make a new one and store it";
    let last = json!({"at": ago(70), "error": error});
    put(&folder, "state/fabrikam.error.json", &last.to_string());
    state(&folder, "old", 30_000, &json!({}));
    state(&folder, "tailspin", 80, &json!({}));
    put(&folder, "quarantine/tailspin/alerts/1.json", "{}");
    folder
}

#[test]
fn status() {
    let folder = folder_with_every_trouble();
    looks_the_same(
        "status",
        || in_current_dir(&folder, &["status"]),
        str::to_owned,
    );
}

#[test]
fn help() {
    let folder = Folder::new();
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help-tenants-add", &["tenants", "add", "--help"]),
    ] {
        looks_the_same(name, || in_current_dir(&folder, args), str::to_owned);
    }
}

/// What a command says that changes one, each time in a folder of its own.
#[track_caller]
fn change_looks_the_same(name: &str, args: &[&str]) {
    let folders = RefCell::new(Vec::new());
    let change = || {
        let folder = folder_with_every_trouble();
        let command = in_current_dir(&folder, args);
        folders.borrow_mut().push(folder);
        command
    };
    looks_the_same(name, change, str::to_owned);
}

#[test]
fn tenants_add_resume_and_remove() {
    let [tenant_id, client_id] =
        ["1", "2"].map(|n| format!("{n}1111111-1111-4111-8111-111111111111"));
    let ids = ["--tenant-id", &tenant_id, "--client-id", &client_id];
    let add = [
        &["tenants", "add", "tailspin-toys"][..],
        &ids,
        &["--secret", "TAILSPIN_TOYS_SECRET"],
    ];
    change_looks_the_same("tenants-add", &add.concat());
    change_looks_the_same("tenants-resume", &["tenants", "resume", "old"]);
    change_looks_the_same("tenants-remove", &["tenants", "remove", "contoso", "--yes"]);
}

#[test]
fn demo() {
    let folders = RefCell::new(Vec::new());
    let demo = || {
        let folder = Folder::new();
        let command = in_current_dir(&folder, &["demo", "--count", "3"]);
        folders.borrow_mut().push(folder);
        command
    };
    let without_seconds = |shown: &str| {
        let line = |line: &str| match line.split_once(" written in ") {
            Some((counts, _)) => format!("{counts} written in SECONDS s\n"),
            None => format!("{line}\n"),
        };
        shown.lines().map(line).collect()
    };
    looks_the_same("demo", demo, without_seconds);
}

#[test]
fn tenants_list() {
    let folder = folder_with_every_trouble();
    looks_the_same(
        "tenants-list",
        || in_current_dir(&folder, &["tenants", "list"]),
        str::to_owned,
    );
}

/// The same with each time and day as `TIME`, and a folder of the test as `FOLDER`.
fn without_times(shown: &str) -> String {
    let word = |word: &str| {
        if Path::new(word).starts_with(std::env::temp_dir()) {
            return "FOLDER".to_owned();
        }
        let end = word.len() - word.trim_end_matches([',', '\n']).len();
        let (time, rest) = word.split_at(word.len() - end);
        match time.parse::<Timestamp>().is_ok() || time.parse::<Date>().is_ok() {
            true => format!("TIME{rest}"),
            false => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    shown.lines().map(|text| line(text) + "\n").collect()
}

#[test]
fn poll() {
    let tenant = Tenant::new(&list(&[alert(1, 2), alert(2, 1)]));
    let folders = RefCell::new(Vec::new());
    let poll = || {
        let folder = Folder::new();
        let command = tenant.poll(&folder);
        folders.borrow_mut().push(folder);
        command
    };
    looks_the_same("poll", poll, without_times);
}

#[test]
fn backfill() {
    let tenant = Tenant::new(&list(&[alert(1, 2), alert(2, 1)]));
    let folders = RefCell::new(Vec::new());
    let backfill = || {
        let folder = Folder::new();
        write(&folder, "contoso", &tenant, "overlap_secs = 0");
        let range = ["--from", "2021-05-01", "--to", "2021-05-03"];
        let args = [&["backfill", "--tenant", "contoso", "--yes"][..], &range].concat();
        let command = command(&folder, &args);
        folders.borrow_mut().push(folder);
        command
    };
    looks_the_same("backfill", backfill, without_times);
}

#[test]
fn explain_and_state_show() {
    let folder = folder_with_every_trouble();
    // Whose text is shown, which is nowhere else.
    let alert = alert(1, 1).to_string().replace(CONTENT, "Suspicious file");
    put(&folder, "alert.json", &alert);
    let alert = ["explain", "drawbridge-data/alert.json"];
    looks_the_same("explain", || in_current_dir(&folder, &alert), str::to_owned);
    let show = ["state", "show"];
    // A time is shorter if its fraction ends with zeros.
    let without_sizes = |shown: &str| {
        let line = |line: &str| match line.split_once("  size ") {
            Some((before, _)) => format!("{before}  size             BYTES\n"),
            None => format!("{line}\n"),
        };
        without_times(shown).lines().map(line).collect()
    };
    looks_the_same(
        "state-show",
        || in_current_dir(&folder, &show),
        without_sizes,
    );
}

#[test]
fn replay_list_and_backfill_status() {
    let folder = folder_with_every_trouble();
    let item = json!({
        "reason": "Graph sent an alert that this release cannot read: its severity is a list",
        "alert_id": "da637551227677560813_-961444813", "alert": {},
    });
    put(
        &folder,
        "quarantine/tailspin/alerts/1.json",
        &item.to_string(),
    );
    let list = ["replay", "list"];
    looks_the_same(
        "replay-list",
        || in_current_dir(&folder, &list),
        str::to_owned,
    );
    let status = ["backfill", "status"];
    looks_the_same(
        "backfill-status",
        || in_current_dir(&folder, &status),
        str::to_owned,
    );
}

#[test]
fn tenants_check_and_doctor() {
    let folder = folder_with_every_trouble();
    let check = ["tenants", "check", "slip"];
    looks_the_same(
        "tenants-check",
        || in_current_dir(&folder, &check),
        str::to_owned,
    );
    let empty = Folder::new();
    put(&empty, "tenants/paused/.keep", "");
    // As the command makes it, whatever the umask: doctor would warn of more.
    #[cfg(unix)]
    fs::set_permissions(
        empty.path().join("drawbridge-data"),
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    let free = |shown: &str| {
        let line = |line: &str| match line.split_once("disk: ") {
            Some((before, _)) => format!("{before}disk: FREE\n"),
            None => format!("{line}\n"),
        };
        shown.lines().map(line).collect()
    };
    looks_the_same("doctor", || in_current_dir(&empty, &["doctor"]), free);
}

#[test]
fn deliver_that_everything_is_refused_of() {
    let folder = folder_with_every_trouble();
    let record = json!({"AlertId": "a", "FullId": "a:b", "AlertTitle": "x".repeat(600)});
    put(&folder, "contoso/siem.ndjson", &format!("{record}\n"));
    let syslog = r#"{"target":"syslog","address":"127.0.0.1:1","max_message_bytes":480}"#;
    put(&folder, "to.json", syslog);
    let deliver = [
        "deliver",
        "--to",
        "drawbridge-data/to.json",
        "--all",
        "--once",
    ];
    looks_the_same(
        "deliver",
        || in_current_dir(&folder, &deliver),
        without_times,
    );
}

#[test]
fn deliver_that_goes_well() {
    let server = Server::start();
    let folders = RefCell::new(Vec::new());
    let deliver = || {
        let folder = Folder::new();
        let record = json!({"AlertId": "a", "FullId": "a:b", "AlertTitle": "t"});
        put(&folder, "tailspin-toys/siem.ndjson", &format!("{record}\n"));
        server.settings_in(&folder);
        let mut command =
            in_current_dir(&folder, &["deliver", "--to", "to.json", "--all", "--once"]);
        command.env("KEY", "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8");
        folders.borrow_mut().push(folder);
        command
    };
    looks_the_same("deliver-well", deliver, without_times);
}

#[test]
fn compare() {
    let folder = Folder::new();
    for file in ["old.json", "alerts.json"] {
        let text = fs::read_to_string(fixture(file)).unwrap();
        put(&folder, file, &text);
    }
    let compare = [
        "compare",
        "drawbridge-data/old.json",
        "drawbridge-data/alerts.json",
    ];
    looks_the_same(
        "compare",
        || in_current_dir(&folder, &compare),
        str::to_owned,
    );
}
