//! The command line as it was given. What may be a secret in a wrong place is not repeated: what the
//! command prints stands in the logs of pipelines.

use std::io::Write as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use drawbridge_config::is_name;
use drawbridge_secrets::secret_itself;

use super::Cli;
use super::environment;
use super::help;
use super::hint::Hint;
use crate::deliver::SETTINGS_VARIABLE;
use crate::failure::Failure;

/// Replaces what may be a secret.
pub(crate) const HIDDEN: &str = "(not repeated: it may be a secret)";

/// How many characters of the input are repeated at most.
const MAX_REPEATED: usize = 30;

/// The option that takes the file with the target's settings.
const SETTINGS_FILE: &str = "--to";

/// So few letters and digits are no secret, whatever they are: `5q`.
const MAX_TINY: usize = 4;

/// An option that takes a worthless secret, which the simulator accepts.
const SIMULATED: &str = "--client-secret";

/// Parts of clap's error that quote the user's input.
const REPEATED: [ContextKind; 2] = [ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
const SUGGESTIONS: [ContextKind; 2] = [ContextKind::Suggested, ContextKind::TrailingArg];

/// A command line.
pub(crate) struct GivenCommand {
    pub(crate) cli: Cli,
    /// Whether it asks for JSON.
    pub(crate) json: bool,
}

/// Reads the command line, and checks the environment; an error is printed already when this returns.
pub(crate) fn parse() -> Result<GivenCommand, ExitCode> {
    let given: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    if let Some(refusal) = refusal(&given) {
        return Err(Failure::usage(refusal).report(has_json(&given)));
    }
    let mut command = help::command();
    let matches = command.try_get_matches_from_mut(std::env::args_os());
    let read = matches.and_then(|matches| {
        let json = asks_for_json(&matches);
        let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        Ok(GivenCommand { cli, json })
    });
    let given = read.map_err(|error| {
        let error = without_values(error);
        if error.use_stderr() && has_json(&given) {
            // What cannot be written is no reason for more.
            let _ = writeln!(
                crate::screen::stdout(),
                "{}",
                Failure::json(&in_one_line(&error))
            );
        }
        help::print_parse_error(&error)
    })?;
    // Help is printed wherever it is asked for.
    match environment::check() {
        Ok(()) => Ok(given),
        Err(refusal) => Err(refusal.report(given.json)),
    }
}

/// Whether JSON is asked for on a command line that may not be readable otherwise.
fn has_json(given: &[String]) -> bool {
    let is_json = |argument: &String| argument == "--json" || argument.starts_with("--json=");
    given.iter().any(is_json)
}

/// What is wrong with the command line, without how it would be right.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let what = ["\n\nUsage: ", "\n\nFor more information"]
        .iter()
        .filter_map(|rest| text.find(rest))
        .min()
        .map_or(&*text, |end| &text[..end]);
    let what = what.strip_prefix("error: ").unwrap_or(what);
    let mut all = String::new();
    for line in what.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let between = match (all.chars().last(), line.chars().next()) {
            (None, _) => "",
            // What follows belongs to it, as do the values that are possible.
            (Some(':'), _) | (_, Some('[')) => " ",
            _ if line.starts_with(['-', '<']) => ", ",
            _ => "; ",
        };
        all.push_str(between);
        all.push_str(line);
    }
    all
}

/// Whether the command, or the one within it, was given `--json`.
fn asks_for_json(matches: &ArgMatches) -> bool {
    match matches.subcommand() {
        Some((_, within)) => asks_for_json(within),
        None => matches!(matches.try_get_one("json"), Ok(Some(true))),
    }
}

/// Why the arguments are not looked at any further; `None` if none of them is a secret to all
/// appearance.
fn refusal(given: &[String]) -> Option<String> {
    let before = std::iter::once("").chain(given.iter().map(String::as_str));
    before.zip(given).find_map(|(before, argument)| {
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) if is_option(option) => (option, value),
            _ => (before, argument.as_str()),
        };
        let what = secret_itself(value).filter(|_| option != SIMULATED)?;
        if option == SETTINGS_FILE && value.trim_start().starts_with('{') {
            return Some(format!(
                "{option} takes the path of a file: write the settings into one, or set the variable \
                 {SETTINGS_VARIABLE} to them. If a secret stands in them itself, replace it where it was \
                 issued: shells, process lists and logs show arguments"
            ));
        }
        let place = if is_option(option) {
            format!("the value of {option}")
        } else {
            "an argument".to_owned()
        };
        Some(format!(
            "{place} looks like a secret itself, or holds one: it is {what}. Shells, process lists \
             and logs show arguments: give the name under which it is kept, or its file's path, and \
             replace it where it was issued"
        ))
    })
}

fn is_option(text: &str) -> bool {
    text.starts_with("--") && is_harmless(text)
}

/// A name that was given, in quotation marks, for a message to repeat: nothing of it, if it may be a
/// secret.
pub(crate) fn quoted(name: &str) -> String {
    // A secret in hexadecimal may be a name.
    let is_short = |word: &str| word.len() < 20 || word.chars().all(|c| c.is_ascii_lowercase());
    match is_harmless(name) || is_word(name) || is_name(name) && name.split('-').all(is_short) {
        true => format!("{name:?}"),
        false => HIDDEN.to_owned(),
    }
}

/// Whether a text is a word with a capital in front, or some, as people are used to write names.
fn is_word(text: &str) -> bool {
    let is_lower = |text: &str| text.chars().all(|c| c.is_ascii_lowercase());
    text.len() <= MAX_REPEATED
        && text.split(['-', '_', '.', ' ']).all(|word| {
            is_lower(
                word.strip_prefix(|c: char| c.is_ascii_uppercase())
                    .unwrap_or(word),
            )
        })
}

/// Checks that a tenant can be called so, or can have been: by a document, or by the domain that `poll`
/// was given.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let can_be = (1..=200).contains(&name.len()) && !name.starts_with('.');
    if can_be && name.chars().all(plain) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} cannot be a tenant's name, which is 1 to 64 of a-z, 0-9 and -: the command `tenants list` shows \
         those that there are",
        quoted(name)
    )))
}

/// Whether a text is a word such as those of this command, or a number or a time. Passwords and tokens
/// have capitals and digits.
fn is_harmless(text: &str) -> bool {
    let has_only =
        |others: &str, is: fn(&char) -> bool| text.chars().all(|c| is(&c) || others.contains(c));
    let is_tiny = text.len() <= MAX_TINY && text.chars().all(|c| c.is_ascii_alphanumeric());
    let is_plain =
        has_only("-._/", char::is_ascii_lowercase) || has_only("-+:.TZ", char::is_ascii_digit);
    is_tiny || text.len() <= MAX_REPEATED && is_plain
}

/// The same error without what was given, unless that is harmless.
fn without_values(error: clap::Error) -> clap::Error {
    let is_repeated = |kind: ContextKind| {
        REPEATED.contains(&kind)
            || kind == ContextKind::InvalidArg && error.kind() == ErrorKind::UnknownArgument
    };
    if error
        .context()
        .all(|(kind, value)| !is_repeated(kind) || is_harmless(&value.to_string()))
    {
        return error;
    }
    // What is left out is the reason as well, which may quote what was given.
    let mut cleaned = clap::Error::new(error.kind()).with_cmd(&Cli::command());
    for (kind, value) in error.context() {
        if is_repeated(kind) {
            cleaned.insert(kind, ContextValue::String(HIDDEN.to_owned()));
        } else if !SUGGESTIONS.contains(&kind) {
            cleaned.insert(kind, value.clone());
        }
    }
    let source = std::error::Error::source(&error);
    if let Some(hint) = source.and_then(|source| source.downcast_ref::<Hint>()) {
        let hint = vec![hint.to_string().into()];
        cleaned.insert(ContextKind::Suggested, ContextValue::StyledStrs(hint));
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn error_text(args: &[&str]) -> String {
        let given: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        let args = std::iter::once("drawbridge").chain(args.iter().copied());
        refusal(&given).unwrap_or_else(|| {
            let error = Cli::try_parse_from(args).unwrap_err();
            without_values(error).render().to_string()
        })
    }

    #[test]
    fn what_may_be_a_secret_is_not_repeated() {
        let add = [
            "tenants",
            "add",
            "x",
            "--tenant-id",
            "t",
            "--client-id",
            "c",
        ];
        for secret in [
            "-----BEGIN PRIVATE KEY-----\nMIIhunter2\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY----- MIIhunter2=",
            "-hunter2-Abc",
            "--hunter2-Abc",
            "abC8Q~hunter289012345678901234567890",
            "-bC8Q~hunter289012345678901234567890",
            "{\"client_secret\": \"hunter2\"}",
        ] {
            for option in ["--secret", "--certificate", "--federation", "--cloud"] {
                let text = error_text(&[&add[..], &["--secret", "S", option, secret]].concat());
                assert!(!text.contains("hunter2"), "{text}");
            }
            for args in [
                &["poll", "--secret-file", secret, "--nonsense"][..],
                &[
                    "poll",
                    "--tenant-id",
                    "t",
                    "--client-id",
                    "c",
                    secret,
                    secret,
                ],
                &["deliver", "--to", secret, "--nonsense"],
                &["poll", "--every", secret],
                &["poll", "--page-size", secret],
                &["backfill", "--from", secret],
                &["simulate", "--client-secret", secret, secret],
                &[secret],
                &["tenants", secret],
                &["replay", "run", "--nonsense", secret],
            ] {
                let text = error_text(args);
                assert!(!text.contains("hunter2"), "{args:?}: {text}");
            }
        }
        // Nor is the reason, which quotes it.
        let text = error_text(&["poll", "--every", "1 hunter2 Abc"]);
        assert!(
            text.contains("--every") && !text.contains("hunter2"),
            "{text}"
        );
    }

    #[test]
    fn the_place_and_the_kind_are_named() {
        let key = "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----";
        let with_equals = format!("--certificate={key}");
        for (args, words) in [
            (
                &["tenants", "add", "--secret", key][..],
                ["--secret", "PEM"],
            ),
            (&["tenants", "add", &with_equals], ["--certificate", "PEM"]),
            (&["map", key], ["an argument", "PEM"]),
            (
                &["deliver", "--all", "--to", r#"{"target":"webhook"}"#],
                ["--to takes the path of a file", "DRAWBRIDGE_DELIVER"],
            ),
        ] {
            let text = error_text(args);
            for word in words {
                assert!(text.contains(word), "{text}");
            }
        }
    }

    #[test]
    fn a_slip_is_repeated_with_what_was_meant() {
        for (args, words) in [
            (&["pole"][..], ["'pole'", "'poll'"]),
            (
                &["poll", "--tenantid", "x"],
                ["'--tenantid'", "'--tenant-id'"],
            ),
            (&["poll", "--page-size", "1001"], ["'1001'", "1000"]),
            (&["poll", "--every", "soon"], ["'soon'", "--every"]),
        ] {
            let text = error_text(args);
            for word in words {
                assert!(text.contains(word), "no {word} in: {text}");
            }
        }
    }

    #[test]
    fn the_lines_of_an_error_are_told_apart_in_json() {
        for (args, told) in [
            (
                &["poll", "--json", "--every", "5q"][..],
                "invalid value '5q' for '--every <DURATION>': give a duration such as 30s or 5m",
            ),
            (
                &["poll", "--json", "--every", "1 hunter2 Abc"],
                "invalid value '(not repeated: it may be a secret)' for '--every <DURATION>'; tip: give a \
                 duration such as 30s or 5m",
            ),
            (
                &["backfill", "--json"],
                "the following required arguments were not provided: --tenant <NAME>, --from <TIME>, \
                 --to <TIME>",
            ),
            (
                &["replay", "run", "--json"],
                "the following required arguments were not provided: <ITEM|--all>",
            ),
        ] {
            let args = std::iter::once("drawbridge").chain(args.iter().copied());
            let error = Cli::try_parse_from(args).unwrap_err();
            assert_eq!(in_one_line(&without_values(error)), told);
        }
    }

    #[test]
    fn what_a_time_looks_like_is_said_of_any_text() {
        for text in ["yesterday", "1h", "2026-01-31 12:00:00"] {
            let text_of_error = error_text(&["backfill", "--from", text]);
            assert!(
                text_of_error.contains("2026-01-31T12:00:00Z"),
                "{text}: {text_of_error}"
            );
        }
    }

    #[test]
    fn a_secret_of_the_simulator_may_be_given() {
        let simulated = ["--client-secret", "abC8Q~hunter289012345678901234567890"];
        assert_eq!(refusal(&simulated.map(str::to_owned)), None);
    }

    #[test]
    fn a_name_is_repeated_unless_it_may_be_a_secret() {
        for name in [
            "contoso",
            "Contoso",
            "Contoso Fabrikam",
            "contoso_de",
            "contoso-2026",
            "a",
            "fabrikam-emea-1",
            "20260101-20260201-1f2e3d4c",
        ] {
            assert_eq!(quoted(name), format!("\"{name}\""));
        }
        assert_eq!(quoted("11111111-1111-4111-8111-111111111111").len(), 38);
        for name in [
            "hunter2-Abc",
            "abC8Q~hunter289012345678901234567890",
            "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "hunter2\n",
            "Hunter2",
        ] {
            assert_eq!(quoted(name), HIDDEN, "{name}");
        }
    }
}
