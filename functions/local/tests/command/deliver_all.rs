//! `drawbridge deliver --all`: the files of all tenants of a folder.

use std::fs;

use crate::deliver::{Server, deliver_to};
use crate::support::alerts::{alert, files_of, list};
use crate::support::command::run;
use crate::support::documents::{objects, on, write, write_of};
use crate::support::folder::Folder;
use crate::support::tenant::{OTHER, Tenant};

const RECORD: &str = "{\"AlertId\":\"a\",\"FileName\":\"f\"}\n";

fn all(folder: &Folder, server: &Server, args: &[&str]) -> std::process::Command {
    let mut command = deliver_to(folder, server, &["--all", "--out"]);
    command.arg(folder.path()).args(args);
    command
}

/// Two tenants, a folder with the records of both, and a server that takes them.
fn polled() -> (Tenant, Folder, Server) {
    let tenant = Tenant::beside(&list(&[alert(1, 2)]), &list(&[alert(2, 3)]), |_| {});
    let (folder, server) = (Folder::new(), Server::start());
    write(&folder, "contoso", &tenant, "");
    write_of(&folder, "other", &tenant, OTHER, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    (tenant, folder, server)
}

#[test]
fn every_tenants_records_are_delivered_under_its_name() {
    let tenant = Tenant::beside(&list(&[alert(1, 2)]), &list(&[alert(2, 3)]), |_| {});
    let (folder, server) = (Folder::new(), Server::start());
    run(all(&folder, &server, &["--once"])).failed(1, &["no tenant with records"]);
    write(
        &folder,
        "contoso",
        &tenant,
        "outputs = [\"siem\", \"native\"]",
    );
    write_of(&folder, "other", &tenant, OTHER, "");
    on(&folder, &["poll", "--all", "--once"]).well();

    let told = objects(&run(all(&folder, &server, &["--once", "--json"])).well());
    let counts: Vec<_> = told
        .iter()
        .map(|one| (&one["tenant"], &one["delivered"]))
        .collect();
    assert_eq!(
        counts,
        [(&"contoso".into(), &2.into()), (&"other".into(), &3.into())]
    );
    assert_eq!(server.files(), files_of([(1, 2), (2, 3)]));
    // Again, there is nothing.
    run(all(&folder, &server, &["--once"])).well();
    assert_eq!(server.files().len(), 5);
    // Of another format, there is one tenant's file. It has no such members as the others.
    let native = objects(
        &run(all(
            &folder,
            &server,
            &["--once", "--json", "--format", "native"],
        ))
        .well(),
    );
    assert_eq!((native.len(), &native[0]["delivered"]), (1, &1.into()));
}

/// As on the page, where the poll that makes the folder is begun at the same moment.
#[cfg(unix)]
#[test]
fn a_folder_that_is_missing_is_waited_for() {
    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    let data = folder.path().join("data");
    let deliver = |args: &[&str]| {
        let mut command = deliver_to(&folder, &server, &["--all", "--out"]);
        command.arg(&data).args(args);
        command
    };
    run(deliver(&["--once"])).failed(1, &["there is no folder", "--out"]);
    let told = folder.path().join("told.txt");
    let mut follow = deliver(&["--every", "1s"]);
    let follow = follow.stderr(fs::File::create(&told).unwrap());
    let mut child = follow.spawn().unwrap();
    let waits = || fs::read_to_string(&told).unwrap();
    until(|| child.try_wait().unwrap().is_some() || waits().contains("waiting for it"));
    fs::create_dir_all(data.join("contoso")).unwrap();
    fs::write(data.join("contoso/siem.ndjson"), RECORD).unwrap();
    until(|| child.try_wait().unwrap().is_some() || server.files().len() == 1);
    signal(&child, "-TERM");
    Outcome::of(child.wait_with_output().unwrap()).well();
    assert_eq!(waits().matches("waiting for it").count(), 1);
}

#[test]
fn a_target_that_is_down_loses_nothing_of_any() {
    let (_tenant, folder, server) = polled();
    server.answers(503);
    run(all(&folder, &server, &["--once"])).failed(
        1,
        &[
            "contoso: not everything",
            "other: not everything",
            "2 of 2 tenants",
        ],
    );
    server.answers(200);
    run(all(&folder, &server, &["--once"])).well();
    assert_eq!(server.files(), files_of([(1, 2), (2, 3)]));
    let again = run(all(&folder, &server, &["--once"])).well().stderr;
    assert!(again.contains("nothing new to deliver"), "{again}");
}

#[cfg(unix)]
#[test]
fn new_tenants_are_taken_up_until_ctrl_c() {
    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let tenant = Tenant::beside(&list(&[alert(1, 2)]), &list(&[alert(2, 3)]), |_| {});
    let (folder, server) = (Folder::new(), Server::start());
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    let child = all(&folder, &server, &["--every", "1s"]).spawn().unwrap();
    until(|| server.files().len() == 2);
    write_of(&folder, "other", &tenant, OTHER, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    until(|| server.files().len() == 5);
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap()).well();
}

/// It waits ten seconds for the target, and would find the new tenant's file only then.
#[cfg(unix)]
#[test]
fn a_new_tenants_file_may_be_rotated_while_the_target_is_down() {
    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    let record = |n: u32| RECORD.replace("\"f\"", &format!("\"f{n}\""));
    let file = |tenant: &str, name: &str| folder.path().join(tenant).join(name);
    for tenant in ["first", "new"] {
        fs::create_dir_all(folder.path().join(tenant)).unwrap();
    }
    fs::write(file("first", "siem.ndjson"), record(1)).unwrap();
    server.answers(503);
    let child = all(&folder, &server, &["--every", "1s"]).spawn().unwrap();
    until(|| server.asked() >= 1);
    fs::write(file("new", "siem.ndjson"), record(2) + &record(3)).unwrap();
    until(|| file("new", "siem.ndjson.webhook.offset").exists());
    fs::rename(file("new", "siem.ndjson"), file("new", "siem.ndjson.1")).unwrap();
    fs::write(file("new", "siem.ndjson"), record(4)).unwrap();
    server.answers(200);
    until(|| server.files().len() == 4);
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap()).well();
}

/// Nothing of it was there before, so that nobody else has delivered it.
#[cfg(unix)]
#[test]
fn a_new_tenants_file_may_be_rotated_before_it_is_seen() {
    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    let record = |n: u32| RECORD.replace("\"f\"", &format!("\"f{n}\""));
    let tenant = |name: &str| {
        let made = folder.path().join(format!(".{name}"));
        fs::create_dir_all(&made).unwrap();
        fs::write(made.join("siem.ndjson.1"), record(1)).unwrap();
        fs::write(made.join("siem.ndjson"), record(2)).unwrap();
        fs::rename(&made, folder.path().join(name)).unwrap();
    };
    tenant("first");
    let child = all(&folder, &server, &["--every", "1s"]).spawn().unwrap();
    until(|| server.files().len() == 1);
    tenant("new");
    until(|| server.files().len() == 2);
    signal(&child, "-INT");
    // What was there before is named.
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    let outcome = outcome.failed(1, &["first/siem.ndjson.1 is not delivered"]);
    assert!(
        !outcome.stderr.contains("new/siem.ndjson.1"),
        "{}",
        outcome.stderr
    );
}

/// What a target refuses of one tenant is no reason to keep the others waiting.
#[cfg(unix)]
#[test]
fn a_tenant_whose_records_are_all_refused_delays_nobody_else() {
    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let tenant = Tenant::beside(&list(&[alert(1, 2)]), &list(&[alert(2, 3)]), |_| {});
    let (folder, server) = (Folder::new(), Server::start());
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    server.answers(413);
    let child = all(&folder, &server, &["--every", "1s"]).spawn().unwrap();
    // Both records, and each alone.
    until(|| server.asked() >= 3);
    server.answers(200);
    write_of(&folder, "other", &tenant, OTHER, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    until(|| server.files().len() >= 3);
    // Those of the first tenant are tried again after ten seconds.
    assert_eq!(server.files(), files_of([(2, 3)]));
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap());
}

/// As after `tenants purge`, or `mv`.
#[cfg(unix)]
#[test]
fn what_is_left_of_a_tenant_is_delivered_when_its_folder_is_gone() {
    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let (_tenant, folder, server) = polled();
    let gone = folder.path().join("contoso");
    for (is_replaced, status, delivered) in [(false, 503, 0), (true, 503, 0), (true, 200, 5)] {
        server.answers(503);
        let child = all(&folder, &server, &["--every", "1s"]).spawn().unwrap();
        let asked = server.asked();
        until(|| server.asked() >= asked + 2);
        std::fs::rename(&gone, gone.with_extension("moved")).unwrap();
        if is_replaced {
            std::fs::write(&gone, "x").unwrap();
        }
        server.answers(status);
        until(|| server.files().len() == delivered);
        signal(&child, "-TERM");
        let outcome = Outcome::of(child.wait_with_output().unwrap());
        match delivered {
            0 => outcome.failed(
                1,
                &["contoso: ", " bytes of ", "were not delivered", "2 of 2"],
            ),
            // All that was held open is delivered, and that is told; what comes next has no place.
            _ => {
                let told = outcome.failed(1, &["contoso: ", "is a file, not a folder"]);
                for line in [
                    "contoso: 2 records delivered, 0 refused",
                    "other: 3 records delivered, 0 refused",
                ] {
                    assert!(told.stdout.contains(line), "{}", told.stdout);
                }
                told
            }
        };
        if is_replaced {
            std::fs::remove_file(&gone).unwrap();
        }
        assert!(!gone.exists());
        std::fs::rename(gone.with_extension("moved"), &gone).unwrap();
    }
}

/// It is not made anew for the lock, either.
#[test]
fn a_folder_that_vanishes_before_its_turn_is_named() {
    let folder = Folder::new();
    for tenant in ["contoso", "other"] {
        std::fs::create_dir(folder.path().join(tenant)).unwrap();
        std::fs::write(folder.path().join(tenant).join("siem.ndjson"), RECORD).unwrap();
    }
    let gone = folder.path().join("other");
    let server = Server::start_with({
        let gone = gone.clone();
        move || std::fs::remove_dir_all(&gone).unwrap()
    });
    let said = [
        "other: ",
        "other/siem.ndjson",
        "put it back",
        "1 of 2 tenants",
    ];
    run(all(&folder, &server, &["--once"])).failed(1, &said);
    assert_eq!(server.files().len(), 1);
    assert!(!gone.exists());
}

/// Without a checkpoint, nothing says that the records in it were ever delivered.
#[test]
fn what_was_rotated_before_the_first_delivery_is_named() {
    let (folder, server) = (Folder::new(), Server::start());
    let of_contoso = folder.path().join("contoso");
    std::fs::create_dir(&of_contoso).unwrap();
    let rotated = of_contoso.join("siem.ndjson.1");
    std::fs::write(&rotated, RECORD).unwrap();
    let said = ["siem.ndjson.1 is not delivered", "--file"];
    run(all(&folder, &server, &["--once"])).failed(1, &[&said[..], &["the only tenant"]].concat());
    let one = |file: &std::path::Path| {
        let mut command = deliver_to(&folder, &server, &["--once", "--file"]);
        command.arg(file);
        run(command)
    };
    one(&of_contoso.join("siem.ndjson")).failed(1, &said);
    assert!(server.files().is_empty());
    // As it says.
    one(&rotated).well();
    assert_eq!(server.files().len(), 1);
    std::fs::remove_file(rotated).unwrap();
    // What is left are the locks and the checkpoint of that one, which are nobody's records.
    run(all(&folder, &server, &["--once"])).failed(1, &["no tenant with records"]);
}

#[cfg(unix)]
#[test]
fn what_was_rotated_before_is_named_while_others_are_followed() {
    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    for (tenant, file) in [("contoso", "siem.ndjson.1"), ("other", "siem.ndjson")] {
        std::fs::create_dir(folder.path().join(tenant)).unwrap();
        std::fs::write(folder.path().join(tenant).join(file), RECORD).unwrap();
    }
    let child = all(&folder, &server, &["--every", "1s"]).spawn().unwrap();
    until(|| server.files().len() == 1);
    signal(&child, "-TERM");
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    outcome.failed(
        1,
        &["contoso: ", "siem.ndjson.1 is not delivered", "1 of 2"],
    );
}

/// A link is not followed, and what it leads to is not left out in silence.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_folder_or_a_file_is_named() {
    let (_tenant, folder, server) = polled();
    let elsewhere = tempfile::tempdir().unwrap();
    for linked in ["contoso/siem.ndjson", "contoso"] {
        let (here, there) = (folder.path().join(linked), elsewhere.path().join("moved"));
        std::fs::rename(&here, &there).unwrap();
        std::os::unix::fs::symlink(&there, &here).unwrap();
        let said = [linked, "is a symbolic link", "1 of 2 tenants"];
        run(all(&folder, &server, &["--once"])).failed(1, &said);
        assert_eq!(server.files(), files_of([(2, 3)]));
        std::fs::remove_file(&here).unwrap();
        std::fs::rename(&there, &here).unwrap();
    }
    run(all(&folder, &server, &["--once"])).well();
    assert_eq!(server.files(), files_of([(1, 2), (2, 3)]));
}

/// Nor is what a delivery itself keeps beside the file, in a folder that others may write to.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_lock_or_the_checkpoint_is_named_and_not_followed() {
    let (_tenant, folder, server) = polled();
    let elsewhere = tempfile::tempdir().unwrap();
    for kept in ["lock", "offset"] {
        let name = format!("contoso/siem.ndjson.webhook.{kept}");
        let (here, victim) = (folder.path().join(&name), elsewhere.path().join(kept));
        std::os::unix::fs::symlink(&victim, &here).unwrap();
        let said = [name.as_str(), "symbolic link", "1 of 2 tenants"];
        run(all(&folder, &server, &["--once"])).failed(1, &said);
        assert!(!victim.exists(), "{kept} was followed");
        assert_eq!(server.files(), files_of([(2, 3)]));
        fs::remove_file(&here).unwrap();
    }
    run(all(&folder, &server, &["--once"])).well();
    assert_eq!(server.files(), files_of([(1, 2), (2, 3)]));
}

/// A folder that nobody may read, or in the place of the file, is that tenant's trouble alone.
#[cfg(unix)]
#[test]
fn one_tenants_folder_keeps_no_others_records() {
    let (_tenant, folder, server) = polled();
    let file = folder.path().join("contoso/siem.ndjson");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let said = ["contoso/siem.ndjson is a folder", "1 of 2 tenants"];
    run(all(&folder, &server, &["--once"])).failed(1, &said);
    assert_eq!(server.files(), files_of([(2, 3)]));
}
