//! One file with the secrets of many tenants, of which each is given its own.

use std::fs;

use serde_json::json;

use crate::support::alerts::{list, recent_alert};
use crate::support::documents::{on, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, OTHER, SECRET, TENANT, Tenant};

#[test]
fn each_document_signs_in_with_the_member_that_has_its_name() {
    let alerts = list(&[recent_alert(1, 1)]);
    let (tenant, folder) = (Tenant::beside(&alerts, &alerts, |_| ()), Folder::new());
    folder.read_from(&tenant.simulator);
    let file = folder.path().join("secrets/_shared/all.json");
    let place = file.display().to_string();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let write = |members: serde_json::Value| fs::write(&file, members.to_string()).unwrap();
    write(json!({ "contoso": SECRET, "litware": SECRET }));
    for (name, id) in [("contoso", TENANT), ("fabrikam", OTHER)] {
        let ids = ["--tenant-id", id, "--client-id", CLIENT, "--secret", &place];
        let add = [&["tenants", "add", name][..], &ids].concat();
        on(&folder, &add).well();
    }
    on(&folder, &["tenants", "check", "contoso"]).well();
    // It is there for another one: that is of no use to this one, and nobody is asked.
    let checked = on(&folder, &["tenants", "check", "fabrikam"]);
    let word = "the member \"fabrikam\" of the secret";
    assert!(checked.stdout.contains(word), "{}", checked.stdout);
    checked.failed(1, &["not work"]);
    assert_eq!(tenant.asked(OTHER).token_requests, 0);

    write(json!({ "contoso": SECRET, "fabrikam": SECRET }));
    on(&folder, &["poll", "--all", "--once"]).well();
    for id in [TENANT, OTHER] {
        assert!(tenant.asked(id).list_requests > 0);
    }
}

/// As the other lines of a command that runs for days do.
#[cfg(unix)]
#[test]
fn a_warning_of_a_poll_begins_with_the_time() {
    use std::os::unix::fs::PermissionsExt as _;

    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    folder.read_from(&tenant.simulator);
    let file = folder.path().join("secrets/contoso.txt");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, SECRET).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ids = format!("tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\n");
    let document = format!("{ids}secret = \"{}\"\n", file.display());
    write_text(&folder, "contoso.toml", &document);
    let polled = on(&folder, &["poll", "--all", "--once"]).well().stderr;
    let line = polled.lines().find(|line| line.contains("WARN")).unwrap();
    let (time, rest) = line.split_once(' ').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line}");
    assert!(rest.contains("every user of this machine"), "{line}");
}
