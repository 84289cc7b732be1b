//! Files that are rotated under a poll that goes on.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use serde_json::Value;

use crate::deliver::{Server, deliver};
use crate::support::alerts::{alert, files_of, list, recent_alert};
use crate::support::command::{Outcome, run, signal};
use crate::support::documents::{command, lines, write};
use crate::support::folder::Folder;
use crate::support::tenant::{SINCE, Tenant};
use crate::support::until;

/// A poll that has read alert 1 and goes on, every second.
struct Poll {
    tenant: Tenant,
    folder: Folder,
    child: Child,
}

impl Poll {
    fn start() -> Self {
        let (tenant, folder) = (Tenant::new(&list(&[recent_alert(1, 2)])), Folder::new());
        let child = tenant
            .poll_since(SINCE, &["--every", "1s"], &folder)
            .spawn()
            .unwrap();
        until(|| folder.lines() == 2);
        Self {
            tenant,
            folder,
            child,
        }
    }

    /// Alert `n` comes, and is read into the file at the path.
    fn reads(&self, n: usize) {
        let before = self.folder.lines();
        self.tenant
            .simulator
            .set_alert(&recent_alert(n, 2).to_string());
        until(|| self.folder.lines() >= before + 2);
    }

    fn output(&self) -> PathBuf {
        self.folder.output()
    }

    /// Ends it; nothing but `alerts` is in the file at the path.
    fn ends_with(self, alerts: &[usize]) {
        signal(&self.child, "-INT");
        Outcome::of(self.child.wait_with_output().unwrap())
            .well()
            .discreet();
        let files = files_of(alerts.iter().map(|&n| (n, 2)));
        assert_eq!(self.folder.files(), files);
    }
}

/// The alerts and files in a file that was rotated away, sorted.
fn files_in(path: &Path) -> Vec<(String, String)> {
    let mut text = String::new();
    let mut file = File::open(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "gz") {
        flate2::read::GzDecoder::new(file)
            .read_to_string(&mut text)
            .unwrap();
    } else {
        file.read_to_string(&mut text).unwrap();
    }
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    let mut files: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|record| (text_of(&record["AlertId"]), text_of(&record["FileName"])))
        .collect();
    files.sort();
    files
}

/// What a shipper has done with the old file by the time that the poll goes on.
#[test]
fn a_file_that_is_renamed_or_removed_is_left_and_a_new_one_written() {
    for removed in [false, true] {
        let poll = Poll::start();
        let old = poll.output().with_extension("ndjson.1");
        fs::rename(poll.output(), &old).unwrap();
        if removed {
            fs::remove_file(&old).unwrap();
        }
        poll.reads(2);
        poll.reads(3);
        if !removed {
            assert_eq!(files_in(&old), files_of([(1, 2)]));
        }
        poll.ends_with(&[2, 3]);
    }
}

#[test]
fn a_file_that_is_truncated_is_written_on_from_its_new_end() {
    let poll = Poll::start();
    let file = File::options().write(true).open(poll.output()).unwrap();
    file.set_len(0).unwrap();
    poll.reads(2);
    poll.ends_with(&[2]);
}

/// Runs logrotate with the stanza that is shipped, with each of `changes` made to it.
#[cfg(target_os = "linux")]
fn logrotate(folder: &Folder, changes: &[(&str, &str)]) {
    let id = |what: &str| {
        let output = Command::new("id").arg(what).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let place = folder.path().display().to_string();
    let owner = format!("su {} {}", id("-un"), id("-gn"));
    let mut stanza = super::shipped("logrotate.conf");
    let here = [
        ("/var/lib/drawbridge", place.as_str()),
        ("su drawbridge drawbridge", owner.as_str()),
    ];
    for (from, to) in here.iter().chain(changes) {
        assert!(stanza.contains(from), "the stanza has no {from:?}");
        stanza = stanza.replace(from, to);
    }
    let settings = tempfile::tempdir().unwrap();
    let stanza_file = settings.path().join("drawbridge");
    fs::write(&stanza_file, stanza).unwrap();
    let output = super::program("logrotate", &["logrotate", "libpopt0"])
        .args(["--force", "--verbose", "--state"])
        .arg(settings.path().join("state"))
        .arg(stanza_file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("error:"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn logrotate_with_the_shipped_stanza_loses_and_doubles_nothing() {
    let poll = Poll::start();
    logrotate(&poll.folder, &[]);
    poll.reads(2);
    logrotate(&poll.folder, &[]);
    poll.reads(3);
    let at = |suffix: &str| PathBuf::from(format!("{}.{suffix}", poll.output().display()));
    assert_eq!(files_in(&at("2.gz")), files_of([(1, 2)]));
    assert_eq!(files_in(&at("1")), files_of([(2, 2)]));
    poll.ends_with(&[3]);
}

#[cfg(target_os = "linux")]
#[test]
fn logrotate_may_make_the_new_file_pack_the_old_one_at_once_or_truncate_it() {
    let variants: [(&str, &[(&str, &str)]); 3] = [
        ("1", &[("nocreate", "create 0640")]),
        ("1.gz", &[("    delaycompress\n", "")]),
        ("1", &[("nocreate", "copytruncate")]),
    ];
    for (suffix, changes) in variants {
        let poll = Poll::start();
        logrotate(&poll.folder, changes);
        poll.reads(2);
        let old = format!("{}.{suffix}", poll.output().display());
        assert_eq!(files_in(Path::new(&old)), files_of([(1, 2)]), "{changes:?}");
        poll.ends_with(&[2]);
    }
}

/// What `deliver` has not delivered yet is rotated, packed and deleted.
#[cfg(target_os = "linux")]
#[test]
fn logrotate_takes_nothing_from_what_is_delivered_later() {
    // Names with the time have whole seconds, and no two files the same name: those once.
    let variants: [(usize, &[(&str, &str)]); 5] = [
        (2, &[]),
        (2, &[("nocreate", "create 0640")]),
        (2, &[("    delaycompress\n", "")]),
        (2, &[("nocreate", "copytruncate")]),
        (
            1,
            &[(
                "rotate 7",
                "rotate 7\n    dateext\n    dateformat -%Y%m%d-%s",
            )],
        ),
    ];
    for (times, changes) in variants {
        let (folder, server) = (Folder::new(), Server::start());
        let tenant = Tenant::new(&list(&[recent_alert(1, 2)]));
        let poll = || run(tenant.poll(&folder)).well();
        poll();
        run(deliver(&folder, &server, &[])).well();
        server.answers(503);
        tenant.simulator.set_alert(&recent_alert(2, 2).to_string());
        poll();
        run(deliver(&folder, &server, &[])).failed(1, &["nothing is lost"]);
        for n in 0..times {
            logrotate(&folder, changes);
            tenant
                .simulator
                .set_alert(&recent_alert(3 + n, 2).to_string());
            poll();
        }
        server.answers(200);
        run(deliver(&folder, &server, &[])).well();
        let files = files_of((1..3 + times).map(|n| (n, 2)));
        assert_eq!(server.files(), files, "{changes:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_files_of_many_tenants_are_rotated_too() {
    let (tenant, folder) = (Tenant::new(&list(&[alert(1, 2)])), Folder::new());
    write(&folder, "contoso", &tenant, "outputs = [\"siem\", \"cef\"]");
    let child = command(&folder, &["poll", "--all", "--every", "1s"])
        .spawn()
        .unwrap();
    let written = |file: &str| lines(&folder, "contoso", file).len();
    until(|| written("siem.ndjson") == 2 && written("cef.log") == 2);
    logrotate(&folder, &[]);
    tenant.simulator.set_alert(&recent_alert(2, 1).to_string());
    until(|| written("siem.ndjson") == 1 && written("cef.log") == 1);
    signal(&child, "-INT");
    Outcome::of(child.wait_with_output().unwrap())
        .well()
        .discreet();
    assert_eq!(written("siem.ndjson.1"), 2);
    assert_eq!(written("cef.log.1"), 2);
    assert!(folder.path().join("state/contoso.json").exists());
}
