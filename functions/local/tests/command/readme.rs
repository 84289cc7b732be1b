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
    // Pasted as it is, it is refused as a placeholder.
    const PLACEHOLDER: &str = "the-value-of-the-client-secret";
    assert!(commands.contains(PLACEHOLDER));
    let commands = &commands.replace(PLACEHOLDER, "s3cret~value");
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

/// The service's folder is its user's alone: what another user runs there fails, or writes what the service cannot
/// read.
#[test]
fn commands_of_the_docs_run_as_the_services_user_in_its_folder() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut folders = vec![docs];
    let mut commands = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                commands.extend(commands_in(&text).map(|command| (path.clone(), command)));
            }
        }
    }
    assert!(commands.len() > 8, "{commands:?}");
    for (path, command) in commands {
        let is_of_cron = command.starts_with("drawbridge poll --all --once");
        let is_as_user = command.contains("sudo -u drawbridge ") || is_of_cron;
        assert!(is_as_user, "{}: {command}", path.display());
    }
}

/// The commands on the service's folder, but for those that systemd runs.
fn commands_in(text: &str) -> impl Iterator<Item = String> {
    let mut is_there = false;
    let mut is_code = false;
    text.lines().flat_map(move |line| {
        if line.starts_with("```") {
            (is_code, is_there) = (!is_code, false);
        }
        // In a block, what follows `cd` is on the folder as well.
        is_there |= is_code && line == "cd /var/lib/drawbridge";
        let parts: Vec<&str> = match is_code {
            true => vec![line],
            false => line.split('`').skip(1).step_by(2).collect(),
        };
        let is_command = |part: &&str| {
            let mut words = part.split(' ');
            let is_on_folder = part.contains("--out /var/lib/drawbridge") || is_there;
            is_on_folder
                && !part.starts_with("ExecStart")
                && words.any(|word| word == "drawbridge")
                && !part.starts_with("systemctl")
        };
        let found = parts.into_iter().filter(is_command);
        found.map(str::to_owned).collect::<Vec<_>>()
    })
}

/// A line with all keys of the old record.
fn is_a_record(line: &str) {
    let record: Value = serde_json::from_str(line).unwrap_or_default();
    let keys = record.as_object().map_or(0, serde_json::Map::len);
    assert_eq!(keys, 50, "{line}");
}
