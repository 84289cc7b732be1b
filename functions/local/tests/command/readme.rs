//! The README's ways to start that need no AWS, followed as they stand there in an empty folder.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use drawbridge_simulator::{Alerts, Options, Simulator};
use serde_json::Value;

use crate::support::alerts::{list, recent_alert};
use crate::support::command::{Outcome, run};
use crate::support::folder::Folder;

const README: &str = include_str!("../../../../README.md");

/// The commands of the way that begins with these words.
fn way(begin: &str) -> &'static str {
    let (_, rest) = README.split_once(begin).unwrap();
    let (_, block) = rest.split_once("```sh\n").unwrap();
    block.split_once("```").unwrap().0
}

/// Types them into a shell that knows the command by its name, and nothing but these variables.
fn follow(commands: &str, folder: &Path, variables: &[(&str, String)]) -> Outcome {
    let program = Path::new(env!("CARGO_BIN_EXE_drawbridge"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-euc", commands])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .envs(variables.iter().map(|(name, value)| (name, value)));
    run(shell)
}

#[test]
fn to_try_it_takes_what_the_readme_says() {
    let folder = Folder::new();
    let outcome = follow(way("**[Try it]"), folder.path(), &[]).well();
    is_a_record(outcome.stdout.lines().last().unwrap());
}

#[test]
fn one_machine_takes_what_the_readme_says() {
    let commands = way("**On [one machine]");
    let option = |name: &str| {
        let (_, rest) = commands.split_once(name).unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = Options {
        tenant_id: option("--tenant-id "),
        client_id: option("--client-id "),
        client_secret: option("CONTOSO_SECRET="),
        ..Options::default()
    };
    // The first poll reads the last day.
    let alerts = Alerts::parse(list(&[recent_alert(1, 1)]).as_bytes()).unwrap();
    let simulator = drawbridge_simulator::start(options, alerts);
    let simulator: Simulator = runtime.block_on(simulator).unwrap();
    let folder = Folder::new();
    folder.read_from(&simulator);
    let outcome = follow(commands, folder.path(), &folder.hosts()).well();
    is_a_record(outcome.stdout.lines().last().unwrap());
}

/// A line with all keys of the old record.
fn is_a_record(line: &str) {
    let record: Value = serde_json::from_str(line).unwrap_or_default();
    let keys = record.as_object().map_or(0, serde_json::Map::len);
    assert_eq!(keys, 50, "{line}");
}
