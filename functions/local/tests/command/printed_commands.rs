//! Commands that the command prints: each names the folder and the settings that this one was given, so that it
//! does the same when it is pasted.

use std::fs;

use crate::deliver::{Server, deliver, deliver_to};
use crate::support::alerts::{alert, large_alert, list};
use crate::support::command::{drawbridge, run};
use crate::support::documents::{command, on, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

#[test]
fn what_was_put_aside_is_looked_for_in_its_folder() {
    let tenant = Tenant::new(&list(&[large_alert(1, 4)]));
    let (folder, server) = (Folder::new(), Server::start());
    run(tenant.poll(&folder)).well();
    server.answers(413);
    run(deliver(&folder, &server, &["--set-aside"])).failed(1, &["`drawbridge replay list --out "]);

    let folder = Folder::new();
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    let out = folder.path().to_str().unwrap();
    let printed = format!("`drawbridge replay list --out {out}`");
    let all = ["--all", "--once", "--set-aside", "--out", out];
    run(deliver_to(&folder, &server, &all)).failed(1, &[&printed]);
}

#[test]
fn a_folder_that_is_not_there_is_named_with_out() {
    let folder = Folder::new();
    let server = Server::start();
    let missing = folder.path().join("missing");
    let missing = missing.to_str().unwrap();
    let all = ["--all", "--once", "--out", missing];
    run(deliver_to(&folder, &server, &all)).failed(1, &["there is no folder", "--out"]);
    let add = format!("`drawbridge tenants add NAME … --out {missing}`");
    for args in [
        &["status"][..],
        &["replay", "list"],
        &["replay", "run", "--all"],
        &["state", "show"],
        &["tenants", "check", "--all"],
        &["tenants", "list"],
        &["tenants", "pause", "a"],
        &["backfill", "status"],
    ] {
        for out in [Some(missing), None] {
            // The default one is a mistake, too, but for what lists tenants.
            if out.is_none() && args == ["tenants", "list"] {
                continue;
            }
            let mut command = drawbridge(args);
            command
                .current_dir(folder.path())
                .env_remove("DRAWBRIDGE_STACK")
                .env_remove("DRAWBRIDGE_BUCKET");
            let words = match out {
                Some(out) => {
                    command.args(["--out", out]);
                    vec!["there is no folder", "--out", &add]
                }
                None => vec![
                    "there is no folder drawbridge-data",
                    "--out",
                    "`drawbridge tenants add NAME …`",
                ],
            };
            run(command).failed(1, &words);
        }
    }
}

#[test]
fn the_first_tenant_is_added_to_the_folder_that_has_none() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).unwrap();
    let add = format!(
        "`drawbridge tenants add NAME … --out {}`",
        folder.path().display()
    );
    run(command(&folder, &["poll", "--all", "--once"])).failed(1, &[&add]);
    run(command(&folder, &["status"])).failed(1, &[&add]);
    let doctor = run(command(&folder, &["doctor"])).stdout;
    assert!(doctor.contains(&add), "{doctor}");
    let server = Server::start();
    let out = folder.path().to_str().unwrap();
    let poll = format!("`drawbridge poll --all --out {out}`");
    run(deliver_to(
        &folder,
        &server,
        &["--all", "--once", "--out", out],
    ))
    .failed(1, &[&poll]);
}

#[test]
fn a_target_that_takes_no_test_record_is_tried_again_with_its_settings() {
    let (folder, server) = (Folder::new(), Server::start());
    server.answers(503);
    let to = server.settings_in(&folder);
    let to = to.to_str().unwrap();
    let doctor = command(
        &folder,
        &["doctor", "--to", to, "--format", "native", "--send-test"],
    );
    let told = run(doctor).failed(1, &[]).stdout;
    let check = format!("`drawbridge deliver --check --to {to} --format native`");
    assert!(told.contains(&check), "{told}");
    // Without --send-test, nothing was tried, and nothing is said to be well.
    let told = run(command(&folder, &["doctor", "--to", to])).stdout;
    assert!(
        told.contains("note    deliver: the settings of webhook"),
        "{told}"
    );
}

#[test]
fn tenants_that_write_other_formats_alone_are_named() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let (folder, server) = (Folder::new(), Server::start());
    write(&folder, "contoso", &tenant, "outputs = [\"ecs\"]\n");
    on(&folder, &["poll", "--all", "--once"]).well();
    let out = folder.path().to_str().unwrap();
    run(deliver_to(
        &folder,
        &server,
        &["--all", "--once", "--out", out],
    ))
    .failed(1, &["contoso is left out", "ecs", "--format"]);
    let ecs = ["--all", "--once", "--format", "ecs", "--out", out];
    run(deliver_to(&folder, &server, &ecs)).well();
    assert_eq!(server.bodies().len(), 1);
}

#[test]
fn a_duration_without_a_unit_is_asked_for_again() {
    for args in [
        &["poll", "--all", "--every", "5"][..],
        &["deliver", "--all", "--every", "5"],
    ] {
        let told = run(drawbridge(args)).failed(2, &["30s or 5m"]).stderr;
        assert!(!told.contains("friendly"), "{told}");
    }
}
