//! SIGHUP: whoever rotates files sends it, and a terminal that is closed.

use std::fs;

use crate::support::alerts::{alert, list};
use crate::support::command::{Outcome, drawbridge, signal};
use crate::support::documents::{command, lines, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;
use crate::support::until;

#[test]
fn polls_go_on() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let child = command(&folder, &["poll", "--all", "--every", "1s"])
        .spawn()
        .unwrap();
    until(|| lines(&folder, "contoso", "siem.ndjson").len() == 2);
    signal(&child, "-HUP");
    let asked = tenant.simulator.stats().list_requests;
    tenant.until(|stats| stats.list_requests >= asked + 2);
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap()).well();
}

#[test]
fn a_delivery_goes_on() {
    let folder = Folder::new();
    let to = folder.path().join("to.json");
    // Nobody listens there: it waits and asks again.
    fs::write(
        &to,
        r#"{"target":"webhook","url":"http://127.0.0.1:9","secret":"env:KEY"}"#,
    )
    .unwrap();
    fs::write(folder.own_output(), "{\"FullId\":\"1\"}\n").unwrap();
    let mut deliver = drawbridge(&["deliver", "--every", "1s", "--to"]);
    deliver.arg(&to).arg("--file").arg(folder.output());
    let child = deliver.env("KEY", "k".repeat(32)).spawn().unwrap();
    // Its lock is there, and with it the ear for signals.
    until(|| {
        fs::read_dir(folder.output().parent().unwrap())
            .unwrap()
            .any(|entry| entry.unwrap().path().extension() == Some("lock".as_ref()))
    });
    signal(&child, "-HUP");
    signal(&child, "-INT");
    // It was asked to stop, and not ended by the other signal.
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    assert!(outcome.code.is_some(), "{outcome:?}");
    assert!(outcome.stderr.contains("stopping after"), "{outcome:?}");
}
