//! What a target refuses on one machine: a record that is wrong is put aside and can be replayed; a
//! setting that is wrong costs nothing.

use crate::deliver::{Server, deliver, deliver_to};
use crate::support::alerts::{alert, files_of, large_alert, list};
use crate::support::command::{drawbridge, run};
use crate::support::documents::{lines, on, write};
use crate::support::folder::Folder;
use crate::support::tenant::Tenant;

#[test]
fn where_everything_is_refused_nothing_is_given_up() {
    let tenant = Tenant::new(&list(&[large_alert(1, 4)]));
    let (folder, server) = (Folder::new(), Server::start());
    run(tenant.poll(&folder)).well();
    server.answers(413);
    for _ in 0..2 {
        run(deliver(&folder, &server, &[])).failed(
            1,
            &[
                "refused every record that it was sent",
                "a setting is probably wrong",
                "nothing is lost",
            ],
        );
    }
    assert!(!folder.path().join("quarantine").exists());
    server.answers(200);
    run(deliver(&folder, &server, &[])).well();
    assert_eq!(server.files(), files_of([(1, 4)]));
}

/// A run from cron begins anew each time, and knows nothing of what was refused before.
#[test]
fn records_that_come_one_by_one_are_not_given_up_either() {
    let tenant = Tenant::new(&list(&[alert(1, 3)]));
    let (folder, server) = (Folder::new(), Server::start());
    run(tenant.poll(&folder)).well();
    let file = folder.output();
    let records = std::fs::read_to_string(&file).unwrap();
    let settings = folder.path().join("sy.json");
    let syslog = serde_json::json!({
        "target": "syslog", "address": "127.0.0.1:1", "max_message_bytes": 600,
    });
    std::fs::write(&settings, syslog.to_string()).unwrap();
    let lines: Vec<&str> = records.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 3);
    for count in 1..=lines.len() {
        std::fs::write(&file, lines[..count].concat()).unwrap();
        let mut to_syslog = drawbridge(&["deliver", "--once", "--to"]);
        to_syslog.arg(&settings).arg("--file").arg(&file);
        run(to_syslog).failed(1, &["max_message_bytes", "nothing is lost", "--set-aside"]);
        server.answers(413);
        run(deliver(&folder, &server, &[])).failed(1, &["HTTP 413", "nothing is lost"]);
    }
    assert!(!folder.path().join("quarantine").exists());
    server.answers(200);
    run(deliver(&folder, &server, &[])).well();
    assert_eq!(server.files(), files_of([(1, 3)]));
}

#[test]
fn what_is_to_be_given_up_all_the_same_is_put_aside_and_can_be_replayed() {
    let tenant = Tenant::new(&list(&[large_alert(1, 4)]));
    let (folder, server) = (Folder::new(), Server::start());
    run(tenant.poll(&folder)).well();
    server.answers(413);
    run(deliver(&folder, &server, &["--set-aside"])).failed(1, &["4 records were refused"]);
    assert_eq!(folder.lines(), 4);
    // They are in no tenant's folder, but in that of a single machine.
    on(&folder, &["replay", "run", "--all"]).well();
    assert_eq!(folder.lines(), 8);
    server.answers(200);
    run(deliver(&folder, &server, &[])).well();
    assert_eq!(server.files(), files_of([(1, 4)]));
}

/// A request may be refused for its records or for a setting, which `--set-aside` does not tell apart.
#[test]
fn what_is_refused_for_no_reason_is_put_aside_as_well_if_that_is_asked_for() {
    let tenant = Tenant::new(&list(&[large_alert(1, 4)]));
    let (folder, server) = (Folder::new(), Server::start());
    run(tenant.poll(&folder)).well();
    server.answers(400);
    run(deliver(&folder, &server, &[])).failed(1, &["HTTP 400", "nothing is lost"]);
    assert!(!folder.path().join("quarantine").exists());
    run(deliver(&folder, &server, &["--set-aside"])).failed(1, &["4 records were refused"]);
    on(&folder, &["replay", "run", "--all"]).well();
    server.answers(200);
    run(deliver(&folder, &server, &[])).well();
    assert_eq!(server.files(), files_of([(1, 4)]));
}

#[test]
fn what_is_refused_of_a_tenant_is_replayed_to_its_file() {
    let tenant = Tenant::new(&list(&[large_alert(1, 4)]));
    let (folder, server) = (Folder::new(), Server::start());
    write(&folder, "contoso", &tenant, "");
    on(&folder, &["poll", "--all", "--once"]).well();
    server.answers(413);
    // By its file alone, it is known whose it is.
    let file = folder.path().join("contoso/siem.ndjson");
    let file = file.to_str().unwrap();
    let aside = ["--once", "--set-aside", "--file", file];
    run(deliver_to(&folder, &server, &aside)).failed(1, &["4 records were refused"]);
    let listed = on(&folder, &["replay", "list"]).well().stdout;
    assert_eq!(
        listed.matches("contoso/undeliverable/").count(),
        4,
        "{listed}"
    );
    on(&folder, &["status"]).failed(1, &["1 tenant "]);
    on(&folder, &["replay", "run", "--all"]).well();
    assert_eq!(lines(&folder, "contoso", "siem.ndjson").len(), 8);
    server.answers(200);
    run(deliver_to(&folder, &server, &["--once", "--file", file])).well();
    assert_eq!(server.files(), files_of([(1, 4)]));
    on(&folder, &["status"]).well();
}

/// It may be why no record comes that tells whether a setting is wrong.
#[test]
fn a_wrong_file_behind_a_refused_record_is_named_with_it() {
    let tenant = Tenant::new(&list(&[alert(1, 1)]));
    let (folder, server) = (Folder::new(), Server::start());
    run(tenant.poll(&folder)).well();
    server.answers(413);
    run(deliver(&folder, &server, &[])).failed(1, &["the only record"]);
    let live = folder.output();
    std::fs::rename(&live, live.with_extension("ndjson.1")).unwrap();
    std::fs::write(&live, "<html>\n<body>\n").unwrap();
    let wrong = format!("; and no line of {}", live.display());
    run(deliver(&folder, &server, &[])).failed(1, &["the only record", "HTTP 413", &wrong]);
}

#[test]
fn a_file_of_another_format_is_not_delivered_under_a_wrong_name() {
    let tenant = Tenant::new(&list(&[alert(1, 2)]));
    let (folder, server) = (Folder::new(), Server::start());
    run(tenant.poll(&folder)).well();
    run(deliver(&folder, &server, &["--format", "native"]))
        .failed(1, &["holds records of the format siem", "--format siem"]);
    assert!(server.bodies().is_empty());
    run(deliver(&folder, &server, &[])).well();
    assert_eq!(server.files(), files_of([(1, 2)]));
}
