//! The simulator as a command: what it refuses to serve.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Command;

use crate::support::alerts::{alert, list, recent_alert};
use crate::support::command::{Outcome, drawbridge, run};
use crate::support::folder::Folder;

#[test]
fn a_file_that_cannot_be_served_is_named() {
    let folder = Folder::new();
    let file = folder.path().join("alerts.json");
    let path = file.to_str().unwrap();
    let simulate = || run(drawbridge(&["simulate", "--alerts", path]));
    simulate().failed(1, &["cannot be read", "alerts.json"]);
    for (text, words) in [
        ("", ["alerts.json cannot be served", "is empty"]),
        ("{", ["alerts.json cannot be served", "not JSON (line 1"]),
        (
            "{\"id\":\"1\"}\nnonsense",
            ["alerts.json cannot be served", "line 2"],
        ),
        // What `map` refuses, such as an answer that is no list.
        (
            r#"{"error":{"code":"Forbidden","message":"m"}}"#,
            ["alerts.json cannot be served", "alert 1: "],
        ),
        ("[]", ["alerts.json cannot be served", "no alert"]),
    ] {
        fs::write(&file, text).unwrap();
        simulate().failed(1, &words);
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(drawbridge(&["simulate", "--listen", &address])).failed(1, &["cannot listen on", &address]);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    run(drawbridge(&["simulate", "--alerts", "x", "--count", "1"])).failed(2, &["--count"]);
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    run(drawbridge(&["simulate", "--from", late, "--to", early]))
        .failed(2, &["--from must be before --to"]);
    // The command that it prints would be refused.
    for option in ["--tenant-id", "--client-id"] {
        run(drawbridge(&["simulate", option, "abc"])).failed(2, &[option, "give a GUID"]);
    }
}

#[cfg(unix)]
#[test]
fn alerts_that_are_older_than_a_day_are_read_by_what_it_prints() {
    let folder = Folder::new();
    let file = folder.path().join("alerts.json");
    fs::write(&file, list(&[alert(1, 2)])).unwrap();
    let (told, polled) = simulated(&folder, &["--alerts", file.to_str().unwrap()]);
    assert!(told[0].starts_with("serving 1 alert;"), "{told:?}");
    assert!(told[1].contains(" --since 20"), "{told:?}");
    for polled in polled {
        let polled = polled.well().stdout;
        assert!(polled.contains(" 1 alert, 2 new records,"), "{polled}");
    }
}

/// All that `simulate` prints, and what comes of the two commands in it: the one of the first tenant, and that
/// of the documents.
#[cfg(unix)]
fn simulated(folder: &Folder, args: &[&str]) -> (Vec<String>, [Outcome; 2]) {
    let mut simulate = drawbridge(&["simulate"])
        .args(args)
        .arg("--documents")
        .arg(folder.path())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(simulate.stdout.take().unwrap()).lines();
    let mut told: Vec<String> = lines.by_ref().take(4).map(Result::unwrap).collect();
    let polled = [&told[1], &told[3]].map(|printed| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{printed} --once")]);
        shell.current_dir(folder.path());
        run(shell)
    });
    simulate.kill().unwrap();
    simulate.wait().unwrap();
    told.extend(lines.map(Result::unwrap));
    (told, polled)
}

/// Every simulation has the same tenant: in a data folder of an earlier one its alerts were known already, and a poll
/// of other products was refused, as the tenant's document differed.
#[cfg(unix)]
#[test]
fn a_second_simulation_is_read_where_the_first_one_was() {
    let folder = Folder::new();
    let mut other = recent_alert(1, 2);
    other["serviceSource"] = "microsoftSentinel".into();
    // The third is the first one over again.
    for (alert, is_again) in [
        (recent_alert(1, 2), false),
        (other, true),
        (recent_alert(1, 2), true),
    ] {
        let file = folder.path().join("alerts.json");
        fs::write(&file, list(&[alert])).unwrap();
        let (told, [polled, _]) = simulated(&folder, &["--alerts", file.to_str().unwrap()]);
        let polled = polled.well().stdout;
        assert!(polled.contains(" 1 alert, 2 new records,"), "{polled}");
        // The folder of the documents was named, so that it is the same one; that is told.
        let is_told = told[4..].iter().any(|line| line.contains("polled before"));
        assert_eq!(is_told, is_again, "{told:?}");
    }
}

/// The oldest of those that are generated is a day old, and older when the poll begins.
#[cfg(unix)]
#[test]
fn all_generated_alerts_are_read_by_what_it_prints() {
    let folder = Folder::new();
    let (told, polled) = simulated(&folder, &["--count", "50"]);
    assert!(told[0].starts_with("serving 50 alerts;"), "{told:?}");
    for polled in polled {
        let polled = polled.well().stdout;
        assert!(polled.contains(" 50 alerts, "), "{polled}");
    }
}

/// Those of other products, or of none.
#[cfg(unix)]
#[test]
fn alerts_of_other_products_are_read_by_what_it_prints() {
    let endpoint = recent_alert(1, 2);
    let mut other = endpoint.clone();
    other["serviceSource"] = "microsoftSentinel".into();
    let mut none = other.clone();
    none.as_object_mut().unwrap().remove("serviceSource");
    for (alert, is_other) in [(endpoint, false), (other, true), (none, true)] {
        let folder = Folder::new();
        let file = folder.path().join("alerts.json");
        fs::write(&file, list(&[alert])).unwrap();
        let (told, polled) = simulated(&folder, &["--alerts", file.to_str().unwrap()]);
        assert_eq!(
            told[1].contains(" --service-source all"),
            is_other,
            "{told:?}"
        );
        for polled in polled {
            let polled = polled.well().stdout;
            assert!(polled.contains(" 1 alert, 2 new records,"), "{polled}");
        }
    }
}

#[cfg(unix)]
#[test]
fn many_tenants_are_served_and_their_documents_written() {
    let folder = Folder::new();
    let documents = folder.path().to_str().unwrap();
    let args = ["simulate", "--tenants", "3", "--count", "1"];
    let mut simulate = drawbridge(&args)
        .args(["--documents", documents])
        .spawn()
        .unwrap();
    let mut told = BufReader::new(simulate.stdout.take().unwrap()).lines();
    let told: Vec<String> = told.by_ref().take(5).map(Result::unwrap).collect();

    let document = |n: u32| {
        let path = folder.path().join(format!("tenants/simulated-{n:03}.toml"));
        fs::read_to_string(path)
    };
    assert!(document(1).is_ok() && document(4).is_err());
    let third = document(3).unwrap();
    assert!(third.contains("tenant_id = \"11111111-1111-4111-8111-000000000002\""));

    // What it prints, pasted into a shell that knows nothing, and not where the program is.
    assert!(told[3].ends_with("; poll them with"), "{told:?}");
    let (first, all) = (told[1].as_str(), told[4].as_str());
    assert!(first.contains("--tenant-id") && all.contains("--all"));
    let polled = [first, all].map(|printed| {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{printed} --once")])
            .current_dir(folder.path());
        run(shell)
    });
    simulate.kill().unwrap();
    simulate.wait().unwrap();
    for outcome in polled {
        outcome.well();
    }
    let (_, own) = first.split_once(" --out ").unwrap();
    assert!(own.starts_with("drawbridge-data/simulated-20"), "{own}");
    let of_first = format!("{own}/11111111-1111-4111-8111-111111111111");
    for place in [of_first.as_str(), "simulated-001", "simulated-003"] {
        let records = folder.path().join(place).join("siem.ndjson");
        assert!(records.exists(), "{place}");
    }
}
