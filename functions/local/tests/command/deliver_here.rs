//! `drawbridge deliver --file` of a bare name in the working folder, and of a path through a link.

use std::path::Path;
use std::process::Command;

use crate::deliver::{Server, deliver_to};
use crate::support::command::run;
use crate::support::folder::Folder;

const RECORD: &str = "{\"AlertId\":\"a\",\"FileName\":\"f\"}\n";

/// The command with a bare name, run in `here`.
fn bare(folder: &Folder, server: &Server, here: &Path, args: &[&str]) -> Command {
    let mut command = deliver_to(folder, server, &["--file", "siem.ndjson"]);
    command.args(args).current_dir(here);
    command
}

#[test]
fn a_bare_name_is_delivered_once() {
    let (folder, server) = (Folder::new(), Server::start());
    std::fs::write(folder.path().join("siem.ndjson"), RECORD).unwrap();
    let once = || run(bare(&folder, &server, folder.path(), &["--once"])).well();
    once();
    let again = once().stderr;
    assert!(again.contains("nothing new to deliver"), "{again}");
    assert_eq!(server.files().len(), 1);
}

#[cfg(unix)]
#[test]
fn what_a_bare_name_held_is_found_after_its_rotation() {
    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    let file = folder.path().join("siem.ndjson");
    std::fs::write(&file, RECORD).unwrap();
    server.answers(503);
    let follow = bare(&folder, &server, folder.path(), &["--every", "1s"]).spawn();
    let child = follow.unwrap();
    until(|| server.asked() > 0);
    signal(&child, "-TERM");
    // It may have waited, or not yet: then it says what is left.
    let _ = Outcome::of(child.wait_with_output().unwrap());
    std::fs::rename(&file, folder.path().join("siem.ndjson.1")).unwrap();
    std::fs::write(&file, RECORD.replace('f', "g")).unwrap();
    server.answers(200);
    run(bare(&folder, &server, folder.path(), &["--once"])).well();
    assert_eq!(server.files().len(), 2);
}

/// The folder of the path is the administrator's, who may name it through a link.
#[cfg(unix)]
#[test]
fn a_file_in_a_linked_folder_is_delivered_once() {
    let (folder, server) = (Folder::new(), Server::start());
    let (linked, link) = (folder.path().join("linked"), folder.path().join("link"));
    std::fs::create_dir(&linked).unwrap();
    std::fs::write(linked.join("siem.ndjson"), RECORD).unwrap();
    std::os::unix::fs::symlink(&linked, &link).unwrap();
    for _ in 0..2 {
        let mut command = deliver_to(&folder, &server, &["--once", "--file"]);
        command.arg(link.join("siem.ndjson"));
        run(command).well();
    }
    assert_eq!(server.files().len(), 1);
}

/// Where it is run does not change whose records they are, nor where `replay` finds what is refused.
#[test]
fn a_bare_name_in_a_tenants_folder_is_that_tenants() {
    let (folder, server) = (Folder::new(), Server::start());
    let of_tenant = folder.path().join("contoso");
    std::fs::create_dir(&of_tenant).unwrap();
    std::fs::create_dir(folder.path().join("tenants")).unwrap();
    std::fs::write(folder.path().join("tenants/contoso.toml"), "").unwrap();
    let refused = "{\"torn\n";
    std::fs::write(of_tenant.join("siem.ndjson"), [refused, RECORD].concat()).unwrap();
    run(bare(&folder, &server, &of_tenant, &["--once"])).failed(1, &["1 record was refused"]);
    let quarantine = folder.path().join("quarantine/contoso/undeliverable");
    assert_eq!(std::fs::read_dir(quarantine).unwrap().count(), 1);
}
