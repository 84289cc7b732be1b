//! `drawbridge deliver` where files were rotated before the first delivery, and nothing else was there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::deliver::{Server, deliver_to};
use crate::support::command::run;
use crate::support::documents::objects;
use crate::support::folder::Folder;

const RECORD: &str = "{\"AlertId\":\"a\",\"FileName\":\"f\"}\n";
/// What is written to the new file: the same would be that of the old one, which was put back.
const NEW: &str = "{\"AlertId\":\"b\",\"FileName\":\"n\"}\n";

/// A data folder with the file of a tenant, of which there is nothing but what was rotated.
fn rotated(folder: &Folder, names: &[&str]) -> PathBuf {
    let live = folder.own_output();
    for name in names {
        std::fs::write(live.with_extension(name), RECORD).unwrap();
    }
    live
}

/// The command for one file, or for all.
fn delivery(folder: &Folder, server: &Server, live: &Path, is_all: bool, args: &[&str]) -> Command {
    let mut command = deliver_to(folder, server, args);
    match is_all {
        true => command.arg("--all").arg("--out").arg(folder.path()),
        false => command.arg("--file").arg(live),
    };
    command
}

#[test]
fn what_was_rotated_before_is_named_at_each_run_until_it_is_moved_away() {
    for is_all in [false, true] {
        let (folder, server) = (Folder::new(), Server::start());
        let live = rotated(&folder, &["ndjson.1"]);
        let once = || run(delivery(&folder, &server, &live, is_all, &["--once"]));
        let bytes = format!("siem.ndjson.1 is not delivered ({} bytes)", RECORD.len());
        let said = [bytes.as_str(), "--file", "out of the data folder"];
        let first = once().failed(1, &said);
        assert!(!first.stderr.contains("nothing new"), "{}", first.stderr);
        std::fs::write(&live, NEW).unwrap();
        for _ in 0..2 {
            once().failed(1, &said);
            assert_eq!(server.files().len(), 1);
        }
        // Beside what else there is to say.
        server.answers(503);
        std::fs::write(&live, NEW.repeat(2)).unwrap();
        once().failed(1, &[&said[..], &["not everything was delivered"]].concat());
        server.answers(200);
        once().failed(1, &said);
        std::fs::remove_file(live.with_extension("ndjson.1")).unwrap();
        once().well();
        assert_eq!(server.files().len(), 2);
    }
}

/// A report alone says that nothing was delivered, and not why.
#[test]
fn a_script_is_told_too() {
    for is_all in [false, true] {
        let (folder, server) = (Folder::new(), Server::start());
        let live = rotated(&folder, &["ndjson.1"]);
        std::fs::write(&live, NEW).unwrap();
        let args = ["--once", "--json"];
        let once = run(delivery(&folder, &server, &live, is_all, &args));
        let told = objects(&once.failed(1, &["siem.ndjson.1 is not delivered"]));
        assert_eq!(told[0]["delivered"], 1);
        let why = told[1]["error"].as_str().unwrap();
        assert!(why.contains("siem.ndjson.1 is not delivered"), "{why}");
        assert_eq!(told[1]["ending"], "failed");
        assert_eq!(told[1]["tenant"].is_string(), is_all);
        assert_eq!(told.len(), 2 + usize::from(is_all), "{told:?}");
    }
}

/// As a shell takes it.
#[test]
fn a_path_with_blanks_is_quoted() {
    let server = Server::start();
    for names in [&["ndjson.1"][..], &["ndjson.2", "ndjson.1"]] {
        let folder = Folder::new();
        let below = folder.path().join("my data");
        std::fs::create_dir_all(&below).unwrap();
        let live = below.join("siem.ndjson");
        for name in names {
            std::fs::write(live.with_extension(name), RECORD).unwrap();
        }
        let quoted = format!("'{}.1'", live.display());
        let once = run(delivery(&folder, &server, &live, false, &["--once"]));
        once.failed(1, &["--file", &quoted]);
    }
}

/// As it is for whoever polls for some days before the first delivery.
#[test]
fn what_was_rotated_before_is_named_beside_records() {
    for is_all in [false, true] {
        let (folder, server) = (Folder::new(), Server::start());
        let live = rotated(&folder, &["ndjson.1"]);
        std::fs::write(&live, NEW).unwrap();
        let once = || run(delivery(&folder, &server, &live, is_all, &["--once"]));
        for _ in 0..2 {
            once().failed(1, &["siem.ndjson.1 is not delivered", "only move it out"]);
            assert_eq!(server.files().len(), 1);
        }
        std::fs::remove_file(live.with_extension("ndjson.1")).unwrap();
        once().well();
    }
}

/// Its bytes are no lines.
#[test]
fn what_is_not_packed_with_gzip_is_not_delivered_as_lines() {
    let (folder, server) = (Folder::new(), Server::start());
    let file = folder.own_output().with_extension("ndjson.1.zst");
    std::fs::write(&file, b"\x28\xb5\x2f\xfd\x04\x0a\x01\x0a").unwrap();
    run(delivery(&folder, &server, &file, false, &["--once"]))
        .failed(1, &["siem.ndjson.1.zst", "not with gzip alone; unpack it"]);
    assert_eq!(server.asked(), 0);
}

#[test]
fn several_are_named_in_one_message() {
    let (folder, server) = (Folder::new(), Server::start());
    let live = rotated(&folder, &["ndjson.2", "ndjson.1"]);
    let once = run(delivery(&folder, &server, &live, false, &["--once"]));
    let bytes = RECORD.len();
    let (one, two) = (
        format!("siem.ndjson.1 ({bytes} bytes)"),
        format!("siem.ndjson.2 ({bytes} bytes)"),
    );
    once.failed(1, &["2 files are not delivered", &one, &two]);
}

/// It is looked for new records as often as it was asked to, and told once what is not delivered, and at the end.
#[cfg(unix)]
#[test]
fn who_follows_a_file_is_told_at_the_end_what_was_rotated_before() {
    use std::time::{Duration, Instant};

    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    for (is_all, is_written) in [(false, false), (false, true), (true, false), (true, true)] {
        let (folder, server) = (Folder::new(), Server::start());
        let live = rotated(&folder, &["ndjson.1"]);
        let mut child = delivery(&folder, &server, &live, is_all, &["--every", "1s"]);
        let child = child.spawn().unwrap();
        let checkpoint = live.with_extension("ndjson.webhook.offset");
        until(|| checkpoint.exists());
        if is_written {
            let start = Instant::now();
            std::fs::write(&live, NEW).unwrap();
            until(|| server.files().len() == 1);
            assert!(start.elapsed() < Duration::from_secs(25));
        }
        signal(&child, "-TERM");
        let outcome = Outcome::of(child.wait_with_output().unwrap());
        let outcome = outcome.failed(1, &["siem.ndjson.1 is not delivered"]);
        let told = outcome.stderr.matches("is not delivered").count();
        assert!((1..=2).contains(&told), "{}", outcome.stderr);
    }
}

/// The poll has not begun.
#[cfg(unix)]
#[test]
fn a_file_that_is_missing_is_looked_for_as_often_as_asked_and_told_once() {
    use std::time::{Duration, Instant};

    use crate::support::command::{Outcome, signal};
    use crate::support::until;

    let (folder, server) = (Folder::new(), Server::start());
    let live = rotated(&folder, &[]);
    let told = folder.path().join("told.txt");
    let mut child = delivery(&folder, &server, &live, false, &["--every", "1s"]);
    let child = child.stderr(std::fs::File::create(&told).unwrap());
    let child = child.spawn().unwrap();
    let waits = || std::fs::read_to_string(&told).unwrap();
    until(|| waits().contains("waiting for it"));
    let start = Instant::now();
    std::fs::write(&live, RECORD).unwrap();
    until(|| server.files().len() == 1);
    assert!(start.elapsed() < Duration::from_secs(25));
    signal(&child, "-TERM");
    Outcome::of(child.wait_with_output().unwrap()).well();
    assert_eq!(waits().matches("waiting for it").count(), 1);
}
