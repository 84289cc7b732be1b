//! What `deliver` says while its target is down.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::sync::{Arc, Mutex};

use crate::deliver::{SOON, Server, deliver_to};
use crate::support::command::signal;
use crate::support::folder::Folder;
use crate::support::until;

#[test]
fn who_follows_a_delivery_is_told_once_that_it_is_tried_again_and_once_that_it_goes_on() {
    for is_all in [false, true] {
        let (folder, server) = (Folder::new(), Server::start());
        let live = folder.own_output();
        fs::write(&live, "{\"AlertId\":\"a\",\"FileName\":\"f\"}\n").unwrap();
        server.answers_with(503, SOON);
        let mut deliver = deliver_to(&folder, &server, &["--every", "1s"]);
        match is_all {
            true => deliver.arg("--all").arg("--out").arg(folder.path()),
            false => deliver.arg("--file").arg(&live),
        };
        let mut child = deliver.spawn().unwrap();
        let said = Arc::<Mutex<String>>::default();
        let (stderr, saying) = (child.stderr.take().unwrap(), Arc::clone(&said));
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                *saying.lock().unwrap() += &(line.unwrap() + "\n");
            }
        });
        until(|| server.asked() >= 3);
        server.answers(200);
        until(|| said.lock().unwrap().contains("again\n"));
        signal(&child, "-INT");
        assert!(child.wait().unwrap().success());
        reader.join().unwrap();
        let said = said.lock().unwrap();
        for words in ["trying again in 1 s", "the target takes records again"] {
            let told = said.matches(words).count();
            assert_eq!(told, 1, "{words}: {said}");
        }
    }
}
