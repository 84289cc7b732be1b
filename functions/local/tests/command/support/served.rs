//! `drawbridge simulate` as a process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command};

use super::command::drawbridge;
use super::folder::Folder;
use super::tenant::SECRET;

/// A running `drawbridge simulate`.
pub(crate) struct Served {
    pub(crate) child: Child,
    poll: Vec<String>,
    /// The variables before it.
    variables: Vec<(String, String)>,
}

impl Served {
    pub(crate) fn start(file: &Path) -> Self {
        let mut command = drawbridge(&["simulate", "--client-secret", SECRET, "--alerts"]);
        let mut child = command.arg(file).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // It prints the command that polls it.
        let poll = lines.find_map(|line| {
            let line = line.unwrap();
            let (before, args) = line.split_once("drawbridge poll ")?;
            // Each test has a folder of its own.
            let (args, _) = args.split_once(" --out ")?;
            let variables = before.split_whitespace().filter_map(|word| {
                let (name, value) = word.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            });
            let args = args.split_whitespace().map(str::to_owned);
            Some((variables.collect(), args.collect()))
        });
        let (variables, poll) = poll.unwrap();
        Self {
            child,
            poll,
            variables,
        }
    }

    pub(crate) fn poll(&self, folder: &Folder) -> Command {
        let mut command = drawbridge(&["poll", "--once"]);
        command
            .args(&self.poll)
            .arg("--out")
            .arg(folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("DRAWBRIDGE_CLIENT_SECRET", SECRET);
        command
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It serves until somebody ends it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
