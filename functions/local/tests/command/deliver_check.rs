//! `drawbridge deliver --check`: one test record.

use serde_json::Value;

use crate::deliver::{Server, deliver_to};
use crate::support::command::{drawbridge, run};
use crate::support::documents::objects;
use crate::support::folder::Folder;

#[test]
fn one_record_is_sent_that_says_it_is_a_test_and_nothing_is_kept() {
    let (folder, server) = (Folder::new(), Server::start());
    let told = run(deliver_to(&folder, &server, &["--check"]))
        .well()
        .stdout;
    assert!(told.contains("webhook took a test record"), "{told}");
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 1);
    let record: Value = serde_json::from_str(bodies[0].trim()).unwrap();
    assert_eq!(record["AlertTitle"], "Drawbridge test record: not an alert");
    assert_eq!(record["Severity"], "Informational");
    let id = record["AlertId"].as_str().unwrap();
    assert!(told.contains(id), "{told}");
    // Nothing lies there but the settings.
    let there: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(there.len(), 1);
}

#[test]
fn what_the_target_says_is_told_with_an_exit_code() {
    let (folder, server) = (Folder::new(), Server::start());
    for (status, words) in [(401, "401"), (413, "413"), (400, "400"), (503, "503")] {
        server.answers(status);
        let outcome = run(deliver_to(&folder, &server, &["--check", "--json"]));
        let told = objects(&outcome);
        assert_eq!((&told[0]["works"], told.len()), (&false.into(), 1));
        assert!(
            told[0]["text"].as_str().unwrap().contains(words),
            "{}",
            told[0]
        );
        outcome.failed(1, &[words]);
    }
    assert!(!folder.path().join("quarantine").exists());
    run(deliver_to(&folder, &server, &["--check", "--once"])).failed(2, &["--check", "--once"]);
}

#[test]
fn it_is_of_the_format_that_is_given() {
    let (folder, server) = (Folder::new(), Server::start());
    run(deliver_to(
        &folder,
        &server,
        &["--check", "--format", "native"],
    ))
    .well();
    let record: Value = serde_json::from_str(server.bodies()[0].trim()).unwrap();
    assert_eq!(record["title"], "Drawbridge test record: not an alert");
    let mut nowhere = drawbridge(&["deliver", "--check"]);
    nowhere.env_remove("DRAWBRIDGE_DELIVER");
    run(nowhere).failed(2, &["--to FILE"]);
}
