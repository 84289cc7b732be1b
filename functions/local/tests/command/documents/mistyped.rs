//! A mistyped name is not taken for that of a tenant of which nothing was found.

use std::fs;

use super::status::state;
use crate::support::documents::{objects, on, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

#[test]
fn a_name_that_no_tenant_has_is_refused_wherever_it_is_asked_for() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let item = folder.path().join("quarantine/contoso/gaps");
    fs::create_dir_all(&item).unwrap();
    fs::write(item.join("1.json"), "{}").unwrap();
    // One that was removed, of which a state is kept.
    state(&folder, "gone", 500, &serde_json::json!({}));
    let to = "2026-01-02T00:00:00Z";
    for args in [
        &["replay", "list", "--tenant"][..],
        &["replay", "run", "--all", "--tenant"],
        &["backfill", "status", "--tenant"],
        &["tenants", "purge", "--yes"],
        &["tenants", "purge", "--dry-run"],
        &["tenants", "remove", "--yes"],
        &["tenants", "check"],
        &["tenants", "pause"],
        &["state", "show", "--tenant"],
        &["state", "reset", "--yes", "--to", to, "--tenant"],
        &[
            "backfill",
            "--from",
            "2026-01-01",
            "--to",
            to,
            "--yes",
            "--tenant",
        ],
        &["poll", "--once", "--tenant"],
    ] {
        let with = |name| {
            let mut args = args.to_vec();
            args.push(name);
            args
        };
        let told = on(&folder, &with("contosso")).failed(1, &["contosso"]);
        let names_others = told.stderr.contains("there is contoso");
        assert!(names_others || told.stderr.contains("tenants list"));
        let mut json = with("contosso");
        if !matches!(args[1], "remove" | "pause") && args[0] != "state" {
            json.push("--json");
            let told = objects(&on(&folder, &json).failed(1, &["contosso"]));
            assert_eq!(told.last().unwrap()["ending"], "failed", "{args:?}");
        }
    }
    for args in [
        &["replay", "list", "--tenant", "gone"][..],
        &["replay", "run", "--all", "--tenant", "gone"],
        &["backfill", "status", "--tenant", "gone"],
        &["backfill", "status", "--tenant", "contoso"],
        &["tenants", "purge", "gone", "--yes"],
    ] {
        on(&folder, args).well();
    }
    on(&folder, &["replay", "list", "--tenant", "gone"])
        .failed(1, &["no tenant is called \"gone\""]);
}
