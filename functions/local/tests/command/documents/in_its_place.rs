//! Whatever lies in the place of what says who is polled, nobody else is meanwhile.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::alerts::{alert, list};
use crate::support::command::Outcome;
use crate::support::documents::{lines, on, write, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, TENANT, Tenant};

const ALL: [&str; 3] = ["poll", "--all", "--once"];

/// A folder in which `owner` has polled, and `a-new` has a document with its ids.
fn beside_a_newcomer(tenant: &Tenant) -> Folder {
    let folder = Folder::new();
    write(&folder, "owner", tenant, "");
    on(&folder, &ALL).well();
    write(&folder, "a-new", tenant, "");
    folder
}

/// Puts a folder with something in it, or without, in the place of a file.
fn put_folder(path: &Path, is_empty: bool) {
    if path.exists() {
        fs::remove_file(path).unwrap();
    }
    fs::create_dir_all(path).unwrap();
    if !is_empty {
        fs::write(path.join("notes.md"), "").unwrap();
    }
}

/// The trouble is named, with exit code 1, and the newcomer is not polled.
#[track_caller]
fn waits(folder: &Folder, words: &[&str]) -> Outcome {
    let told = on(folder, &ALL).failed(1, words);
    assert!(!folder.path().join("a-new").exists(), "{}", told.stderr);
    assert!(!folder.path().join("state/a-new.json").exists());
    on(folder, &["poll", "--tenant", "a-new", "--once"]).failed(1, &["a-new: tenant"]);
    on(folder, &["tenants", "check", "a-new"]).failed(1, &["1 tenant "]);
    told
}

#[test]
fn a_folder_in_the_place_of_the_owners_document_gives_it_to_nobody() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    for is_empty in [true, false] {
        let folder = beside_a_newcomer(&tenant);
        let document = folder.path().join("tenants/owner.toml");
        put_folder(&document, is_empty);
        waits(
            &folder,
            &[
                "a-new: tenant",
                "polled them first",
                "owner.toml",
                "2 tenants",
            ],
        );
        on(&folder, &["tenants", "list"]).failed(1, &["2 of 2 tenants"]);
        on(&folder, &["tenants", "remove", "owner", "--yes"]).failed(1, &["owner.toml"]);
        fs::remove_dir_all(&document).unwrap();
        // Now it is gone, and who wrote the other one is heard.
        on(&folder, &ALL).well();
        assert_eq!(lines(&folder, "a-new", "siem.ndjson").len(), 2);
    }
}

#[test]
fn a_damaged_note_or_a_folder_in_its_place_gives_it_to_nobody() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let garbage = |note: &Path| fs::write(note, "\0\0\0\0").unwrap();
    let cut = |note: &Path| {
        let text = fs::read_to_string(note).unwrap();
        fs::write(note, &text[..30]).unwrap();
    };
    let put = |note: &Path| put_folder(note, true);
    for spoil in [&garbage as &dyn Fn(&Path), &cut, &put] {
        let folder = beside_a_newcomer(&tenant);
        let note = folder.path().join("state/owner.ids.json");
        let state = folder.path().join("state/owner.json");
        let document = folder.path().join("tenants/owner.toml");
        let sound = [&state, &document].map(|path| fs::read(path).unwrap());
        // Its state stands in.
        spoil(&note);
        let told = waits(
            &folder,
            &["a-new: tenant", "\"owner\" polled", "a-new was not polled"],
        );
        assert!(told.stdout.contains("owner: 0 alerts"), "{}", told.stdout);
        // With a document that says nothing of what it polled, too.
        fs::write(&document, "nonsense").unwrap();
        waits(
            &folder,
            &["a-new: tenant", "polled them first", "not valid TOML"],
        );
        // If neither of the two says anything, it is unknown.
        for nonsense in [true, false] {
            if !nonsense {
                fs::write(&document, &sound[1]).unwrap();
            }
            if note.is_file() {
                spoil(&note);
            }
            fs::write(&state, "garbage").unwrap();
            waits(&folder, &["a-new: tenant", "owner", "owner.ids.json"]);
        }
        // Without the other one, it goes on.
        fs::remove_file(folder.path().join("tenants/a-new.toml")).unwrap();
        fs::write(&state, &sound[0]).unwrap();
        on(&folder, &ALL);
        assert_eq!(lines(&folder, "owner", "siem.ndjson").len(), 2);
    }
}

/// Nobody has polled yet, and the list has the one whose name comes last.
#[test]
fn a_folder_in_the_place_of_the_list_gives_it_to_nobody() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let listed = || {
        let folder = Folder::new();
        write(&folder, "owner", &tenant, "");
        on(&folder, &["tenants", "allow", "owner"]).well();
        write(&folder, "a-new", &tenant, "");
        folder
    };
    let spoil = |path: PathBuf, by: &dyn Fn(&Path)| by(&path);
    let list = |folder: &Folder| folder.path().join("admin/tenants.toml");
    let put = |path: &Path| put_folder(path, true);
    let garbage = |path: &Path| fs::write(path, "nonsense = [").unwrap();
    // A file in the place of the folder that it lies in.
    let file = |path: &Path| {
        let admin = path.parent().unwrap();
        fs::remove_dir_all(admin).unwrap();
        fs::write(admin, "").unwrap();
    };
    for by in [&put as &dyn Fn(&Path), &garbage, &file] {
        let folder = listed();
        spoil(list(&folder), by);
        waits(
            &folder,
            &[
                "a-new: tenant",
                "owner: tenant",
                "admin/tenants.toml",
                "2 tenants",
            ],
        );
        assert!(!folder.path().join("owner").exists());
    }
    // The listed one's document cannot be read either.
    let folder = listed();
    for spoil in [&garbage as &dyn Fn(&Path), &put] {
        spoil(&folder.path().join("tenants/owner.toml"));
        waits(&folder, &["a-new: tenant", "list names", "owner.toml"]);
    }
}

/// What it polls in another order is the same.
#[test]
fn a_newcomer_with_the_same_products_in_another_order_is_not_polled() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let folder = Folder::new();
    let products = |of: &str| format!("service_sources = [{of}]");
    let two = r#""microsoftDefenderForEndpoint", "microsoftDefenderForIdentity""#;
    write(&folder, "owner", &tenant, &products(two));
    on(&folder, &ALL).well();
    for others in [
        r#""microsoftDefenderForIdentity", "microsoftDefenderForEndpoint""#,
        &format!("{two}, {two}"),
    ] {
        write(&folder, "a-new", &tenant, &products(others));
        waits(&folder, &["a-new: tenant", "that of \"owner\" too"]);
        // In the owner's own document, it changes nothing.
        write(&folder, "owner", &tenant, &products(others));
        waits(&folder, &["a-new: tenant", "that of \"owner\" too"]);
    }
}

/// It would take alerts under the newcomer's name, and then wait for polls that there are not.
#[test]
fn no_backfill_is_begun_of_what_is_not_polled() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let folder = beside_a_newcomer(&tenant);
    let asked = |name: &str, words: &[&str]| {
        let range = [
            "--from",
            "2021-01-01",
            "--to",
            "2021-02-01",
            "--yes",
            "--json",
        ];
        let args = [&["backfill", "--tenant", name][..], &range].concat();
        on(&folder, &args).failed(1, words);
        assert!(!folder.path().join("backfills").exists());
        assert!(!folder.path().join(name).exists());
        assert!(!folder.path().join(format!("state/{name}.json")).exists());
    };
    asked(
        "a-new",
        &["that of \"owner\" too", "the backfill was not started"],
    );
    on(&folder, &["tenants", "pause", "a-new"]).well();
    asked(
        "a-new",
        &["that of \"owner\" too", "the backfill was not started"],
    );
    asked("nobody", &["no tenant is called", "tenants list"]);
    let ids = format!("tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\n");
    write_text(
        &folder,
        "not-its-own.toml",
        &format!("{ids}secret = \"OWNER_SECRET\"\n"),
    );
    asked(
        "not-its-own",
        &["not this tenant's", "the backfill was not started"],
    );
    write_text(&folder, "broken.toml", "nonsense");
    asked("broken", &["not valid TOML"]);
}

/// It was put aside when the newcomer polled another directory.
#[test]
fn no_gap_is_read_again_for_one_that_is_not_polled() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let folder = beside_a_newcomer(&tenant);
    let gaps = folder.path().join("quarantine/a-new/gaps");
    fs::create_dir_all(&gaps).unwrap();
    let window = r#"{"from":"2021-01-01T00:00:00Z","to":"2021-02-01T00:00:00Z"}"#;
    let item = format!(r#"{{"tenant":"a-new","reason":"503","window":{window}}}"#);
    fs::write(gaps.join("aaaa.json"), item).unwrap();
    let told = on(&folder, &["replay", "run", "--all"]);
    let told = told.failed(1, &["the item was not delivered"]);
    for word in ["that of \"owner\" too", "its gap was not replayed"] {
        assert!(told.stdout.contains(word), "{}", told.stdout);
    }
    assert!(gaps.join("aaaa.json").exists());
    assert!(!folder.path().join("a-new").exists());
    assert!(!folder.path().join("state/a-new.json").exists());
}
