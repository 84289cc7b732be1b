//! `drawbridge tenants purge`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::alerts::{alert, list};
use crate::support::command::Outcome;
use crate::support::documents::{objects, on, write, write_of};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

/// What lies in a folder of a tenant called so beside what `poll` writes: `@` is its name.
const MORE: [&str; 14] = [
    "@/siem.ndjson.1.gz",
    "@/siem.ndjson.webhook.offset",
    "@/siem.ndjson.webhook.lock",
    "@/quarantine/@/undeliverable/1.json",
    "state/@.before-20260101T000000000Z.json",
    "state/.@.json.tmp",
    "quarantine/@/records/1.json",
    "quarantine/@/gaps/.2.json.tmp",
    "quarantine/replayed/@/alerts/3.json",
    "backfills/@/4.json",
    "pages/@/69300000-0123456789abcdef",
    "leef/v1/@/2026-01-01/5.log.gz",
    "served/v1/@/00000000-0000-0000-0000-0000000000dd/siem/20260101T000000Z.jsonl.gz",
    "tenants/.@.toml.tmp",
];

/// Polls `a` and `a-b`, puts more of both into the folder, and pauses `a`.
fn polled() -> (Tenant, Folder) {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    let outputs = "outputs = [\"siem\", \"ocsf-objects\"]";
    write(&folder, "a", &tenant, outputs);
    let other = "00000000-0000-0000-0000-0000000000aa";
    let sources = "service_sources = [\"microsoftDefenderForEndpoint\"]\n";
    write_of(
        &folder,
        "a-b",
        &tenant,
        other,
        &format!("{sources}{outputs}"),
    );
    on(&folder, &["poll", "--tenant", "a", "--once"]).well();
    for name in ["a", "a-b"] {
        for key in MORE {
            put(&folder, &key.replace('@', name), "12345");
        }
    }
    put(&folder, "a-b/siem.ndjson", "12345\n");
    put(&folder, "state/a-b.json", "12345");
    put(&folder, "siem.ndjson", "12345\n");
    put(&folder, "admin/tenants.toml", &allowed(&["a", "a-b"]));
    on(&folder, &["tenants", "pause", "a"]).well();
    (tenant, folder)
}

fn put(folder: &Folder, key: &str, text: &str) {
    let path = folder.path().join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn allowed(names: &[&str]) -> String {
    let entry = |name: &&str| format!("[{name}]\ntenant_id = \"t\"\nclient_id = \"c\"\n");
    names.iter().map(entry).collect()
}

/// The files below the folder, by their keys, but for the locks of the store and of polls.
fn files(folder: &Folder) -> BTreeSet<String> {
    fn walk(root: &Path, at: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                walk(root, &path, found);
            } else {
                let key = path.strip_prefix(root).unwrap();
                found.insert(key.to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder.path(), folder.path(), &mut found);
    found.remove(".lock");
    found.remove(".polling");
    found
}

/// Those that are of `a`: all but those of `a-b`, the list and the file of a poll without a document.
fn of_a(files: &BTreeSet<String>) -> BTreeSet<String> {
    let shared = ["admin/tenants.toml", "siem.ndjson"];
    let others = |key: &&String| !key.contains("a-b") && !shared.contains(&key.as_str());
    files.iter().filter(others).cloned().collect()
}

fn purge(folder: &Folder, more: &[&str]) -> Outcome {
    let mut args = vec!["tenants", "purge", "a"];
    args.extend(more);
    on(folder, &args)
}

fn kind<'a>(told: &'a Value, kind: &str) -> &'a Value {
    let kinds = told["kinds"].as_array().unwrap();
    kinds.iter().find(|found| found["kind"] == kind).unwrap()
}

#[test]
fn everything_of_a_tenant_goes_and_nothing_of_another() {
    let (_tenant, folder) = polled();
    let before = files(&folder);
    let own = of_a(&before);
    // What `poll` wrote, the document and what was put beside it.
    assert!(own.len() > MORE.len() + 3, "{own:?}");
    purge(&folder, &[]).failed(
        1,
        &["WILL BE REMOVED FOR EVER", "--yes", "nothing was done"],
    );
    assert_eq!(files(&folder), before);

    let purged = purge(&folder, &["--yes"]).well();
    for words in ["quarantine", "removed", "the SIEM", "not within reach"] {
        assert!(purged.stdout.contains(words), "{}", purged.stdout);
    }
    let kept: BTreeSet<String> = before.difference(&own).cloned().collect();
    assert_eq!(files(&folder), kept);
    let list = fs::read_to_string(folder.path().join("admin/tenants.toml")).unwrap();
    assert_eq!(list, allowed(&["a-b"]));

    // It may be another name that was meant.
    purge(&folder, &["--yes"]).failed(
        1,
        &["nothing is kept of \"a\" ", "no tenant is called \"a\" "],
    );
    assert_eq!(files(&folder), kept);
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let (_tenant, folder) = polled();
    let before = files(&folder);
    let outcome = purge(&folder, &["--dry-run", "--json"]).well();
    let told = &objects(&outcome)[0];
    assert_eq!(files(&folder), before);
    assert_eq!(told["removed"], json!(false));
    assert_eq!(
        *kind(told, "quarantine"),
        json!({"kind": "quarantine", "objects": 3, "bytes": 15})
    );
    assert_eq!(kind(told, "backfills")["bytes"], 5);
    assert_eq!(kind(told, "allowance")["objects"], 1);
    let of_records = fs::metadata(folder.path().join("a/siem.ndjson"))
        .unwrap()
        .len()
        + 20;
    assert_eq!(kind(told, "records")["bytes"], of_records);
    let objects = told["kinds"].as_array().unwrap().iter();
    let objects: u64 = objects.map(|kind| kind["objects"].as_u64().unwrap()).sum();
    assert_eq!(objects, of_a(&before).len() as u64 + 1);
    assert!(told["left"].as_array().unwrap().len() > 3, "{told}");

    let shown = purge(&folder, &["--dry-run"]).well().stdout;
    for words in ["KIND", "states before a reset", "a dry run"] {
        assert!(shown.contains(words), "{shown}");
    }
    purge(&folder, &["--dry-run", "--yes"]).failed(2, &["--dry-run"]);
}

#[test]
fn what_is_polled_is_not_purged() {
    let (_tenant, folder) = polled();
    on(&folder, &["tenants", "resume", "a"]).well();
    let before = files(&folder);
    purge(&folder, &["--yes"]).failed(
        1,
        &[
            "nothing was removed",
            "tenants/a.toml",
            "drawbridge tenants pause a --out",
        ],
    );
    assert_eq!(files(&folder), before);
    on(&folder, &["tenants", "remove", "a", "--yes"]).well();
    purge(&folder, &["--yes"]).well();
    assert_eq!(of_a(&files(&folder)), BTreeSet::new());
}

#[test]
fn a_file_that_is_in_use_stops_it() {
    let (_tenant, folder) = polled();
    let before = files(&folder);
    for key in ["a/siem.ndjson", "a/siem.ndjson.webhook.lock"] {
        let file = fs::File::open(folder.path().join(key)).unwrap();
        file.lock().unwrap();
        purge(&folder, &["--yes"]).failed(1, &["nothing was removed", key, "in use"]);
        assert_eq!(files(&folder), before);
    }
    purge(&folder, &["--yes"]).well();
}

#[test]
fn interrupted_it_leaves_what_says_that_a_tenant_was_there() {
    let (_tenant, folder) = polled();
    // The list cannot be written: everything before that is gone by then.
    let lock = folder.path().join(".lock");
    let _ = fs::remove_file(&lock);
    fs::create_dir(&lock).unwrap();
    purge(&folder, &["--yes"]).failed(1, &[".lock", "are removed", "run this again"]);
    let left: Vec<String> = of_a(&files(&folder)).into_iter().collect();
    assert_eq!(
        left,
        [
            "pages/a/69300000-0123456789abcdef",
            "state/.a.json.tmp",
            "state/a.ids.json",
            "state/a.json",
            "state/a.polling",
            "tenants/.a.toml.tmp",
            "tenants/paused/a.toml"
        ]
    );
    fs::remove_dir(&lock).unwrap();
    purge(&folder, &["--yes"]).well();
    assert_eq!(of_a(&files(&folder)), BTreeSet::new());
}

#[cfg(unix)]
#[test]
fn nothing_is_removed_through_a_symbolic_link() {
    use std::os::unix::fs::symlink;

    let elsewhere = Folder::new();
    put(&elsewhere, "records/1.json", "12345");
    for (key, target) in [
        ("a/old.ndjson", "records/1.json"),
        ("quarantine/a/linked", "records"),
        ("siem/v1/a", "records"),
        ("ecs", "records"),
    ] {
        let (_tenant, folder) = polled();
        let link = folder.path().join(key);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(elsewhere.path().join(target), &link).unwrap();
        let before = files(&folder);
        purge(&folder, &["--yes"]).failed(1, &["symbolic link", key]);
        assert_eq!(files(&folder), before);
        assert!(elsewhere.path().join("records/1.json").exists());
        fs::remove_file(&link).unwrap();
        purge(&folder, &["--yes"]).well();
        assert_eq!(of_a(&files(&folder)), BTreeSet::new(), "{key}");
    }
    // Another tenant's link is none of this one's business.
    let (_tenant, folder) = polled();
    symlink(elsewhere.path(), folder.path().join("a-b/linked")).unwrap();
    purge(&folder, &["--yes"]).well();
}

#[test]
fn a_name_that_cannot_be_is_refused_and_an_unknown_one_has_nothing() {
    let folder = Folder::new();
    put(&folder, "state/a.json", "{}");
    for name in ["../a", "A", "a/b", ".a", ""] {
        on(&folder, &["tenants", "purge", name, "--yes"]).failed(2, &["cannot be a tenant's name"]);
    }
    let none = on(&folder, &["tenants", "purge", "b", "--yes", "--json"]);
    let none = none.failed(1, &["nothing is kept of \"b\""]);
    assert_eq!(objects(&none)[0]["ending"], "failed");
    on(&folder, &["tenants", "purge", "a", "--dry-run"]).well();
    assert!(folder.path().join("state/a.json").exists());
}
