//! `--help` teaches.

use crate::support::command::{drawbridge, run};
use crate::support::folder::Folder;

const COMMANDS: [&str; 13] = [
    "demo", "simulate", "poll", "deliver", "serve", "map", "explain", "view", "compare", "tenants",
    "backfill", "replay", "state",
];

#[test]
fn the_help_names_every_command_and_the_exit_codes() {
    let help = run(drawbridge(&["--help"])).well().stdout;
    for word in COMMANDS
        .iter()
        .chain(&["Examples:", "exit code", "DRAWBRIDGE_LOG"])
    {
        assert!(help.contains(word), "no {word:?} in: {help}");
    }
    assert!(
        run(drawbridge(&["--version"]))
            .well()
            .stdout
            .starts_with("drawbridge ")
    );
}

#[test]
fn every_command_shows_examples_of_itself() {
    for command in COMMANDS {
        let help = run(drawbridge(&[command, "--help"])).well().stdout;
        let (_, examples) = help
            .split_once("Examples:")
            .unwrap_or_else(|| panic!("{help}"));
        assert!(
            examples.contains(&format!("drawbridge {command}")),
            "{help}"
        );
    }
}

#[test]
fn every_command_within_a_command_shows_examples_of_itself() {
    for (command, within) in [
        ("tenants", "add"),
        ("tenants", "list"),
        ("tenants", "check"),
        ("tenants", "remove"),
        ("tenants", "purge"),
        ("tenants", "pause"),
        ("tenants", "resume"),
        ("tenants", "schema"),
        ("serve", "client"),
        ("serve", "key"),
        ("backfill", "status"),
        ("backfill", "resume"),
        ("replay", "list"),
        ("replay", "run"),
        ("replay", "dead-letters"),
        ("state", "show"),
        ("state", "reset"),
    ] {
        let help = run(drawbridge(&[command, within, "--help"])).well().stdout;
        let (_, examples) = help
            .split_once("Examples:")
            .unwrap_or_else(|| panic!("{help}"));
        let example = format!("drawbridge {command} {within}");
        assert!(examples.contains(&example), "{help}");
    }
}

/// Pasted with ids in them, into a folder without anything.
#[test]
fn every_example_that_adds_a_tenant_adds_one() {
    let mut count = 0;
    for command in [
        &["--help"][..],
        &["tenants", "--help"],
        &["tenants", "add", "--help"],
    ] {
        let help = run(drawbridge(command)).well().stdout;
        let lines = help.lines().map(str::trim);
        let lines = lines.filter(|line| line.starts_with("drawbridge tenants add "));
        // What is for a stack needs one.
        for line in lines.filter(|line| !line.contains("--stack")) {
            let words = line.replace(" ID", " 11111111-1111-4111-8111-111111111111");
            let words: Vec<&str> = words.split(' ').skip(1).collect();
            let folder = Folder::new();
            let mut add = drawbridge(&words);
            for variable in [
                "DRAWBRIDGE_STACK",
                "DRAWBRIDGE_BUCKET",
                "DRAWBRIDGE_ALLOWED_SECRETS",
            ] {
                add.env_remove(variable);
            }
            add.current_dir(folder.path());
            run(add).well();
            count += 1;
        }
    }
    assert_eq!(count, 5);
}

/// The help of `deliver` has every target of the registry with an example of its settings, which the
/// command reads.
#[test]
fn the_help_of_deliver_names_every_target() {
    let help = run(drawbridge(&["deliver", "--help"])).well().stdout;
    for target in drawbridge_deliver::TARGETS {
        let words = format!("  {}: {}", target.name, target.title);
        let (_, rest) = help.split_once(&words).unwrap_or_else(|| panic!("{help}"));
        let example = rest[rest.find('{').unwrap()..].split_once('}').unwrap().0;
        let settings = drawbridge_deliver::DeliverSettings::parse(&format!("{example}}}"));
        assert!(settings.is_ok(), "{example}: {settings:?}");
    }
}

#[test]
fn the_help_of_poll_says_where_the_secret_and_the_permission_come_from() {
    let help = run(drawbridge(&["poll", "--help"])).well().stdout;
    for word in [
        "DRAWBRIDGE_CLIENT_SECRET",
        "SecurityAlert.Read.All",
        "admin",
        "Ctrl-C",
    ] {
        assert!(help.contains(word), "no {word:?} in: {help}");
    }
}
