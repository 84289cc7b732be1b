//! Help that fits the terminal: text ends between words, and a command that is to be copied stays in one
//! line.

use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, Error};

use super::Cli;
use crate::screen::{below, columns, hanging, has_colours, wrapped};

/// A blank at which clap ends no line. It is never printed.
const NO_BREAK: &str = "\u{a0}";

/// What clap writes before a usage.
const USAGE: &str = "Usage: ";

/// The command line, with help for this terminal. In a file, paragraphs are lines.
pub(super) fn command() -> Command {
    match columns() {
        Some(columns) => {
            let mut command = Cli::command();
            // From here on, each command within one knows its whole name, which its usage says.
            command.build();
            fitted(command, columns)
        }
        None => Cli::command().term_width(0),
    }
}

fn fitted(command: Command, columns: usize) -> Command {
    let help = command.get_after_help().map(ToString::to_string);
    let mut command = command
        .term_width(columns)
        .mut_subcommands(|within| fitted(within, columns));
    if let Some(help) = help {
        command = command.after_help(examples(&help, columns));
    }
    let usage = command.render_usage().to_string();
    match usage_lines(&usage, columns) {
        Some(lines) => command.override_usage(lines),
        None => command,
    }
}

/// The usages of a command, a line or more for each; `None` if clap's own lines fit, which it never breaks.
fn usage_lines(usage: &str, columns: usize) -> Option<String> {
    if usage.lines().all(|line| line.chars().count() <= columns) {
        return None;
    }
    let usages = usage.strip_prefix(USAGE)?.lines();
    let lines = usages.map(|usage| {
        let lines = hanging(&format!("{USAGE}{}", usage.trim_start()), Some(columns));
        lines.strip_prefix(USAGE).map(ToOwned::to_owned)
    });
    let lines = lines.collect::<Option<Vec<_>>>()?;
    Some(lines.join(&format!("\n{}", " ".repeat(USAGE.len()))))
}

/// Examples and what is said below them, in lines of at most `columns`. Lines with blanks before them are
/// to be copied, up to two blanks.
fn examples(help: &str, columns: usize) -> String {
    let mut blocks: Vec<String> = Vec::new();
    // Lines of a paragraph, which ends before a line that is empty or is to be copied.
    let mut paragraph = String::new();
    let end = |paragraph: &mut String, blocks: &mut Vec<String>| {
        if !paragraph.is_empty() {
            blocks.push(wrapped(paragraph, 0, Some(columns)));
            paragraph.clear();
        }
    };
    for line in help.lines() {
        if line.is_empty() || line.starts_with(' ') {
            end(&mut paragraph, &mut blocks);
            blocks.push(example(line, columns));
        } else {
            paragraph.push_str(line);
            // What introduces examples stands alone.
            match line.ends_with(':') {
                true => end(&mut paragraph, &mut blocks),
                false => paragraph.push(' '),
            }
        }
    }
    end(&mut paragraph, &mut blocks);
    blocks.join("\n")
}

fn example(line: &str, columns: usize) -> String {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let (command, what) = text.split_once("  ").unwrap_or((text, ""));
    let is_short = line.chars().count() <= columns;
    if is_short {
        return line.replace(' ', NO_BREAK);
    }
    let command = " ".repeat(indent) + command;
    let command = command.replace(' ', NO_BREAK);
    match what.trim_start() {
        "" => command,
        what => command + "\n" + &below(what, Some(columns)),
    }
}

/// Prints the help or the error of clap, and returns the exit code.
pub(super) fn print_parse_error(error: &Error) -> ExitCode {
    let text = error.render();
    let text = match error.kind() {
        ErrorKind::DisplayHelp if has_colours() => text.ansi().to_string(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            text.to_string()
        }
        _ => error.exit(),
    };
    let text = text.replace(NO_BREAK, " ");
    // If it cannot be written, there is nowhere left to say so.
    let _ = match error.use_stderr() {
        true => std::io::stderr().lock().write_all(text.as_bytes()),
        false => std::io::stdout().lock().write_all(text.as_bytes()),
    };
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a command's help, and of those within it, that are longer than `columns`.
    fn too_long(mut command: Command, columns: usize) -> Vec<String> {
        let help = command.render_long_help().to_string();
        let is_whole = |line: &str| line.contains(NO_BREAK) || !line.trim().contains(' ');
        let own = help
            .lines()
            .filter(|line| line.chars().count() > columns && !is_whole(line));
        let own = own.map(ToOwned::to_owned).collect();
        let within = command.get_subcommands().cloned();
        within.fold(own, |all, within| [all, too_long(within, columns)].concat())
    }

    #[test]
    fn no_page_of_help_is_wider_than_the_terminal() {
        for columns in [60, 80, 200] {
            let mut command = Cli::command();
            command.build();
            let lines = too_long(fitted(command, columns), columns);
            assert_eq!(lines.first(), None, "{columns}");
        }
    }

    #[test]
    fn each_usage_of_a_command_begins_a_line() {
        for columns in [40, 60] {
            let mut command = Cli::command();
            command.build();
            let mut command = fitted(command, columns);
            for name in ["backfill", "serve"] {
                let command = command.find_subcommand_mut(name).unwrap();
                let usage = command.render_usage().to_string();
                let begin = format!("drawbridge {name}");
                let begins = usage.lines().filter(|line| {
                    let line = line.strip_prefix(USAGE).unwrap_or(line);
                    line.trim_start().starts_with(&begin)
                });
                assert_eq!(begins.count(), 2, "{usage}");
                assert_eq!(usage.matches(&begin).count(), 2, "{usage}");
                assert!(
                    usage.lines().all(|line| line.chars().count() <= columns),
                    "{usage}"
                );
            }
        }
    }

    #[test]
    fn examples_stay_in_one_line_and_text_ends_between_words() {
        let help = "Examples:\n  drawbridge a --b  does it\n  drawbridge c    does what takes long\n\n\
                    One sentence over\ntwo lines.";
        let fitted = examples(help, 27).replace(NO_BREAK, " ");
        assert_eq!(
            fitted,
            "Examples:\n  drawbridge a --b  does it\n  drawbridge c\n      does what takes long\n\n\
             One sentence over two\nlines."
        );
    }
}
