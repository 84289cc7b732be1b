//! What `deliver` says of a backlog when it is stopped, and of files that are deleted before they are delivered.
#![cfg(unix)]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use std::io::{BufRead as _, BufReader};

use crate::deliver::{SOON, Server, deliver_to};
use crate::support::command::{run, signal};
use crate::support::folder::Folder;
use crate::support::until;

/// A delivery that goes on, of a tenant's file or of all.
struct Following {
    folder: Folder,
    server: Server,
    live: PathBuf,
    is_all: bool,
}

impl Following {
    /// The target is down.
    fn new(is_all: bool) -> Self {
        let (folder, server) = (Folder::new(), Server::start());
        let live = folder.path().join("contoso/siem.ndjson");
        fs::create_dir(live.parent().unwrap()).unwrap();
        server.answers_with(503, SOON);
        Self {
            folder,
            server,
            live,
            is_all,
        }
    }

    /// The target says when it is asked, and answers once the gate is open, which is dropped for that.
    fn slow(is_all: bool) -> (Self, Receiver<()>, Sender<()>) {
        let (asked, was_asked) = channel();
        let (gate, closed) = channel::<()>();
        let server = Server::start_with(move || {
            // Nobody listens after the first one, and nobody keeps the gate shut.
            let _ = asked.send(());
            let _ = closed.recv();
        });
        let following = Self::new(is_all);
        (
            Self {
                server,
                ..following
            },
            was_asked,
            gate,
        )
    }

    fn write(&self, n: usize) {
        let line = format!("{{\"AlertId\":\"a\",\"FileName\":\"{n}\"}}\n");
        fs::write(&self.live, line).unwrap();
    }

    fn rotated(&self, n: usize) -> PathBuf {
        self.live.with_extension(format!("ndjson.{n}"))
    }

    fn start(&self) -> (Child, Arc<Mutex<String>>) {
        self.start_with(&["--every", "1s"])
    }

    fn start_with(&self, args: &[&str]) -> (Child, Arc<Mutex<String>>) {
        let mut deliver = deliver_to(&self.folder, &self.server, args);
        match self.is_all {
            true => deliver.arg("--all").arg("--out").arg(self.folder.path()),
            false => deliver.arg("--file").arg(&self.live),
        };
        let mut child = deliver.stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::<Mutex<String>>::default();
        let (stderr, saying) = (child.stderr.take().unwrap(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                *saying.lock().unwrap() += &(line.unwrap() + "\n");
            }
        });
        (child, said)
    }

    /// Rotates the file, and waits until that is seen.
    fn rotate(&self, to: &PathBuf, n: usize) {
        fs::rename(&self.live, to).unwrap();
        self.write(n);
        let checkpoint = self.live.with_extension("ndjson.webhook.offset");
        let name = to.file_name().unwrap().to_str().unwrap();
        until(|| fs::read_to_string(&checkpoint).is_ok_and(|text| text.contains(name)));
    }
}

#[test]
fn who_stops_it_during_an_outage_is_told_what_is_left_of_each_file() {
    for is_all in [false, true] {
        for status in [503, 413] {
            let following = Following::new(is_all);
            following.server.answers(status);
            following.write(1);
            let (mut child, said) = following.start();
            until(|| following.server.asked() > 0);
            following.rotate(&following.rotated(1), 2);
            signal(&child, "-TERM");
            assert_eq!(child.wait().unwrap().code(), Some(1));
            let words = [
                "31 bytes of ",
                "siem.ndjson.1, 31 bytes of ",
                "siem.ndjson\n",
            ];
            let said = || said.lock().unwrap().clone();
            until(|| words.iter().all(|words| said().contains(words)));
            assert!(said().contains("nothing is lost"), "{}", said());
            following.server.answers(200);
            run(deliver_to(
                &following.folder,
                &following.server,
                &["--once", "--file", following.live.to_str().unwrap()],
            ))
            .well();
            assert_eq!(following.server.files().len(), 2);
        }
    }
}

#[test]
fn every_file_that_is_deleted_before_it_is_delivered_is_told_at_once_and_at_the_end() {
    for is_all in [false, true] {
        for is_killed in [false, true] {
            let following = Following::new(is_all);
            following.write(0);
            let (mut child, said) = following.start();
            let said = || said.lock().unwrap().clone();
            until(|| following.server.asked() > 0);
            for n in 1..3 {
                let old = following.rotated(n);
                following.rotate(&old, n);
                fs::remove_file(&old).unwrap();
                let told = format!("31 bytes of {} are not delivered", old.display());
                until(|| said().contains(&told));
            }
            let ends = [
                "siem.ndjson.1, 31 bytes of ",
                "siem.ndjson.2 were not delivered",
            ];
            signal(&child, if is_killed { "-KILL" } else { "-TERM" });
            let code = child.wait().unwrap().code();
            if !is_killed {
                assert_eq!(code, Some(1));
                until(|| ends.iter().all(|words| said().contains(words)));
            }
            let live = following.live.to_str().unwrap();
            run(deliver_to(
                &following.folder,
                &following.server,
                &["--once", "--file", live],
            ))
            .failed(
                1,
                &["siem.ndjson.1 was removed", "siem.ndjson.2 was removed"],
            );
        }
    }
}

/// It is no failure: more may come to that file at any time, and the next run goes on in it.
#[test]
fn who_stops_a_delivery_that_follows_is_told_what_is_left_of_the_live_file() {
    for is_all in [false, true] {
        let (mut following, was_asked, gate) = Following::slow(is_all);
        // More than ten requests of fifty records, which are under way at once.
        let line = |n| format!("{{\"AlertId\":\"a\",\"FileName\":\"{n:03}\"}}\n");
        fs::write(&following.live, (0..700).map(line).collect::<String>()).unwrap();
        let (mut child, said) = following.start();
        let said = || said.lock().unwrap().clone();
        was_asked.recv().unwrap();
        signal(&child, "-TERM");
        until(|| said().contains("stopping after"));
        drop(gate);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{}", said());
        let of = if is_all { "contoso: " } else { "" };
        let live = following.live.display();
        let left = format!("{of}stopped; the next run goes on with 6600 bytes of {live}\n");
        until(|| said().contains(&left));
        following.server = Server::start();
        let once = &["--once", "--file", following.live.to_str().unwrap()];
        run(deliver_to(&following.folder, &following.server, once)).well();
        assert_eq!(following.server.files().len(), 200);
    }
}

/// What is left when a delivery that is made once is stopped.
enum Left {
    Rotated,
    Removed,
    Live,
    OtherTenant,
    Nothing,
}

#[test]
fn who_stops_a_delivery_that_is_made_once_is_told_what_is_left() {
    for is_all in [false, true] {
        for left in [
            Left::Rotated,
            Left::Removed,
            Left::Live,
            Left::OtherTenant,
            Left::Nothing,
        ] {
            if matches!(left, Left::OtherTenant) && !is_all {
                continue;
            }
            let (following, was_asked, gate) = Following::slow(is_all);
            // More than ten requests of fifty records, which are under way at once.
            let count = match left {
                Left::Nothing | Left::OtherTenant => 1,
                _ => 700,
            };
            let line = |n| format!("{{\"AlertId\":\"a\",\"FileName\":\"{n:03}\"}}\n");
            let lines: String = (0..count).map(line).collect();
            let old = following.rotated(1);
            if matches!(left, Left::Rotated | Left::Removed) {
                // It is new to a delivery that has begun.
                fs::write(&following.live, "").unwrap();
                let once = &["--once", "--file", following.live.to_str().unwrap()];
                run(deliver_to(&following.folder, &following.server, once)).well();
                fs::write(&following.live, &lines).unwrap();
                fs::rename(&following.live, &old).unwrap();
                fs::write(&following.live, line(900)).unwrap();
            } else {
                fs::write(&following.live, &lines).unwrap();
            }
            if matches!(left, Left::OtherTenant) {
                let other = following.folder.path().join("fabrikam/siem.ndjson");
                fs::create_dir(other.parent().unwrap()).unwrap();
                fs::write(other, line(0)).unwrap();
            }
            let (mut child, said) = following.start_with(&["--once"]);
            let said = || said.lock().unwrap().clone();
            was_asked.recv().unwrap();
            if matches!(left, Left::Removed) {
                fs::remove_file(&old).unwrap();
            }
            signal(&child, "-TERM");
            until(|| said().contains("stopping after"));
            drop(gate);
            let code = child.wait().unwrap().code();
            let words: &[&str] = match left {
                Left::Rotated => &[
                    "stopped before everything",
                    "6600 bytes of ",
                    "33 bytes of ",
                ],
                Left::Removed => &["6600 bytes of ", "put it back", "33 bytes of "],
                Left::Live => &["stopped before everything", "6600 bytes of "],
                Left::OtherTenant => &["1 of 2 tenants", "run it again"],
                Left::Nothing => &[],
            };
            let is_left = !matches!(left, Left::Nothing);
            assert_eq!(code, Some(i32::from(is_left)), "{}", said());
            until(|| words.iter().all(|words| said().contains(words)));
        }
    }
}
