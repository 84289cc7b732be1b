//! `drawbridge state`.

use std::fs;

use crate::support::alerts::{alert, list};
use crate::support::documents::{lines, objects, on, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

fn polled() -> (Tenant, Folder) {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    (tenant, folder)
}

#[test]
fn it_shows_how_far_a_tenant_was_read_and_what_is_remembered() {
    let (_tenant, folder) = polled();
    let shown = on(&folder, &["state", "show", "--json"]).well();
    let state = &objects(&shown)[0];
    assert_eq!(state["tenant"], "contoso");
    assert_eq!(state["outputs"]["siem"]["alerts"], 1);
    assert_eq!(state["outputs"]["siem"]["keys"], 2);
    assert!(state["lag_secs"].as_i64().unwrap() < 300, "{state}");
    assert!(state["bytes"].as_u64().unwrap() > 0, "{state}");
    let shown = on(&folder, &["state", "show", "--tenant", "contoso"]).well();
    for word in ["watermark", "lag", "1 alert and 2 records remembered"] {
        assert!(shown.stdout.contains(word), "{}", shown.stdout);
    }
}

#[test]
fn a_reset_reads_again_and_writes_nothing_that_is_remembered() {
    let (tenant, folder) = polled();
    let reset = [
        "state",
        "reset",
        "--tenant",
        "contoso",
        "--to",
        "2021-01-01",
    ];
    on(&folder, &reset).failed(
        1,
        &[
            "will move back",
            "2021-01-01T00:00:00Z",
            "--yes",
            "nothing was done",
        ],
    );
    let before = fs::read(folder.path().join("state/contoso.json")).unwrap();
    let mut yes = reset.to_vec();
    yes.push("--yes");
    let done = on(&folder, &yes).well();
    let (_, kept) = done.stdout.trim().split_once("the old state is ").unwrap();
    assert_eq!(fs::read(folder.path().join(kept)).unwrap(), before);
    // What was kept is no tenant.
    let shown = on(&folder, &["state", "show", "--json"]).well();
    assert_eq!(objects(&shown).len(), 1);
    assert_eq!(objects(&shown)[0]["watermark"], "2021-01-01T00:00:00Z");

    let requests = tenant.simulator.stats().list_requests;
    let polled = on(&folder, &["poll", "--all", "--once", "--json"]).well();
    assert_eq!(objects(&polled)[0]["alerts"], 1);
    assert!(tenant.simulator.stats().list_requests > requests);
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 2);
}

#[test]
fn moving_ahead_says_what_is_never_read() {
    let (_tenant, folder) = polled();
    let back = [
        "state",
        "reset",
        "--tenant",
        "contoso",
        "--to",
        "2021-01-01",
        "--yes",
    ];
    on(&folder, &back).well();
    on(
        &folder,
        &[
            "state",
            "reset",
            "--tenant",
            "contoso",
            "--to",
            "2022-01-01",
        ],
    )
    .failed(1, &["WILL NOT BE READ"]);
}

#[test]
fn what_cannot_be_is_refused() {
    let (_tenant, folder) = polled();
    let file = folder.path().join("state/contoso.json");
    let before = fs::read(&file).unwrap();
    for (tenant, to, code, words) in [
        (
            "contoso",
            "2199-01-01",
            2,
            ["in the future", "never be read"],
        ),
        ("contoso", "1969-01-01", 2, ["before 1970", "Graph"]),
        (
            "nobody",
            "2021-01-01",
            1,
            ["no tenant is called \"nobody\"", "there is contoso"],
        ),
        (
            "../contoso",
            "2021-01-01",
            2,
            ["../contoso", "cannot be a tenant's name"],
        ),
    ] {
        let reset = ["state", "reset", "--tenant", tenant, "--to", to, "--yes"];
        on(&folder, &reset).failed(code, &words);
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::write(&file, "{\"version\":2,\"watermark\":\"MARKER").unwrap();
    let reset = [
        "state",
        "reset",
        "--tenant",
        "contoso",
        "--to",
        "2021-01-01",
        "--yes",
    ];
    for args in [&reset[..], &["state", "show"]] {
        let outcome = on(&folder, args).failed(1, &["state/contoso.json", "older version"]);
        assert!(!outcome.stderr.contains("MARKER"), "{}", outcome.stderr);
    }
}
