//! What lies on the disk: who may read it, and what a link in its place does.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, drawbridge, run};
use crate::support::documents::{VARIABLE, lines, on, write};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, SECRET, TENANT, Tenant};

/// The command under a umask that takes nothing away, as in some containers.
fn open_handed(command: &Command) -> Outcome {
    let mut other = Command::new("sh");
    other
        .args(["-c", "umask 0; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    run(other).discreet()
}

/// Everything below a folder with its mode.
fn modes(folder: &Path) -> Vec<(PathBuf, u32, bool)> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        }
        let below = path.strip_prefix(folder).unwrap().to_owned();
        found.push((below, meta.mode() & 0o7777, meta.is_dir()));
    }
    found
}

#[test]
fn records_are_for_the_group_and_everything_else_for_its_owner() {
    // The second cannot be read and goes to quarantine.
    let mut bad = alert(2, 1);
    bad["evidence"][1]["fileDetails"]["sha1"] = json!({"unheard": "of"});
    let tenant = Tenant::new(&list(&[alert(1, 2), bad]));
    let place = Folder::new();
    place.read_from(&tenant.simulator);
    let out = place.path().join("data");
    let here = |args: &[&str]| {
        let mut command = drawbridge(args);
        command
            .arg("--out")
            .arg(&out)
            .env(VARIABLE, SECRET)
            .envs(place.hosts());
        open_handed(&command)
    };
    here(&[
        "tenants",
        "add",
        "contoso",
        "--tenant-id",
        TENANT,
        "--client-id",
        CLIENT,
        "--secret",
        VARIABLE,
    ])
    .well();
    let document = out.join("tenants/contoso.toml");
    let more = "first_lookback_secs = 1000000000\nservice_sources = []\n\
                outputs = [\"siem\", \"cef\", \"native-objects\"]\n";
    let text = fs::read_to_string(&document).unwrap();
    let text = text
        .lines()
        .filter(|line| !line.starts_with("service_sources"));
    let text: Vec<&str> = text.collect();
    fs::write(&document, format!("{}\n{more}", text.join("\n"))).unwrap();
    here(&["poll", "--all", "--once"]).failed(1, &["quarantine"]);
    here(&[
        "backfill",
        "--tenant",
        "contoso",
        "--from",
        "2021-05-01",
        "--to",
        "2021-05-03",
        "--yes",
    ]);

    let found = modes(&out);
    let is_there = |path: &str| found.iter().any(|(found, ..)| found.starts_with(path));
    for path in [
        "contoso/siem.ndjson",
        "contoso/cef.log",
        "native/v1/contoso",
        "state/contoso.json",
        "quarantine/contoso/alerts",
        "backfills/contoso",
        "tenants/contoso.toml",
        ".lock",
    ] {
        assert!(is_there(path), "no {path} in {found:?}");
    }
    for (path, mode, is_folder) in &found {
        let of_records = path.as_os_str().is_empty()
            || path.starts_with("contoso")
            || path.starts_with("native");
        let expected = match (of_records, is_folder) {
            (true, true) => 0o750,
            (true, false) => 0o640,
            (false, true) => 0o700,
            (false, false) => 0o600,
        };
        assert_eq!(*mode, expected, "{}", path.display());
    }
}

#[test]
fn a_link_in_the_place_of_a_file_or_a_folder_is_named_and_not_followed() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    for place in [
        "contoso",
        "contoso/siem.ndjson",
        "state",
        "state/contoso.json",
        ".lock",
        ".polling",
    ] {
        let folder = Folder::new();
        write(&folder, "contoso", &tenant, "");
        let victim = folder.path().join("victim");
        let link = folder.path().join(place);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        if matches!(place, "contoso" | "state") {
            fs::create_dir(&victim).unwrap();
        }
        symlink(&victim, &link).unwrap();
        on(&folder, &["poll", "--all", "--once"]).failed(
            1,
            &[&link.display().to_string(), "a symbolic link", "mount it"],
        );
        let is_untouched =
            fs::read_dir(&victim).map_or(!victim.exists(), |mut e| e.next().is_none());
        assert!(is_untouched, "{place}");
        fs::remove_file(&link).unwrap();
        on(&folder, &["poll", "--all", "--once"]).well();
        // Twice where they were written before the state could be saved.
        assert!(lines(&folder, "contoso", "siem.ndjson").len() >= 2);
    }
}

/// Which tenant is meant is not known, so it must not look as if there were none.
#[test]
fn a_document_behind_a_link_is_left_out_and_the_others_are_polled() {
    let (well, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "m-well", &well, "");
    let (tenants, elsewhere) = (folder.path().join("tenants"), folder.path().join("other"));
    fs::create_dir(&elsewhere).unwrap();
    fs::copy(tenants.join("m-well.toml"), elsewhere.join("linked.toml")).unwrap();
    fs::write(elsewhere.join("README.md"), "").unwrap();
    // What could be no document is nobody's concern.
    symlink(elsewhere.join("README.md"), tenants.join("README.md")).unwrap();
    on(&folder, &["tenants", "list"]).well();
    for (at, to) in [("linked.toml", "linked.toml"), ("paused", ".")] {
        symlink(elsewhere.join(to), tenants.join(at)).unwrap();
        let words = ["not every tenant is known", at, "a symbolic link"];
        for command in [
            &["poll", "--all", "--once"][..],
            &["tenants", "list"],
            &["tenants", "list", "--json"],
            &["tenants", "check", "--all"],
        ] {
            on(&folder, command).failed(1, &words);
        }
        on(&folder, &["tenants", "check", "m-well"]).well();
        fs::remove_file(tenants.join(at)).unwrap();
    }
    assert_eq!(lines(&folder, "m-well", "siem.ndjson").len(), 2);
}

/// It is the administrator who says where the data lies.
#[test]
fn the_folder_itself_may_be_a_link() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let (folder, other) = (Folder::new(), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let link = other.path().join("link");
    symlink(folder.path(), &link).unwrap();
    let mut poll = drawbridge(&["poll", "--all", "--once", "--out"]);
    poll.arg(&link).env(VARIABLE, SECRET).envs(folder.hosts());
    run(poll).well();
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 2);
}

#[test]
fn a_private_folder_that_every_user_can_look_into_is_told_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    for path in ["", "tenants"] {
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path().join(path), open).unwrap();
    }
    let outcome = on(&folder, &["poll", "--all", "--once"]).well();
    let told = format!("`chmod -R go= {}`", folder.path().join("tenants").display());
    assert!(outcome.stderr.contains(&told), "{outcome:?}");
}
