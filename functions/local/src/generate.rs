//! `drawbridge generate`: what is installed beside the command, made of its own command line.

use std::fs;
use std::io;
use std::path::Path;

use clap::builder::Resettable;
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use clap_complete::{Shell, generate_to};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::{self, VERSION};
use crate::failure::Failure;

/// What clap writes for all options of a usage that may be left out.
const OPTIONS: &str = "[OPTIONS]";

/// The variable with the time of the sources, in seconds of Unix time, for whoever builds the same files again.
const SOURCE_TIME: &str = "SOURCE_DATE_EPOCH";

const SHELLS: [Shell; 4] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell];

/// Writes a completion script for each shell and a manual page for each command.
pub(crate) fn run(args: &cli::Generate) -> Result<(), Failure> {
    write_all(&args.folder)
        .map_err(|error| Failure::of(format!("{}: {error}", args.folder.display())))
}

fn write_all(folder: &Path) -> io::Result<()> {
    let [completions, man] = ["completions", "man"].map(|name| folder.join(name));
    for folder in [&completions, &man] {
        fs::create_dir_all(folder)?;
    }
    for shell in SHELLS {
        generate_to(shell, &mut cli::Cli::command(), "drawbridge", &completions)?;
    }
    let mut command = cli::Cli::command().disable_help_subcommand(true);
    command.build();
    write_pages(&command, &date(), &man)
}

/// The day of the sources if that is told, and today otherwise.
fn date() -> String {
    let told = std::env::var(SOURCE_TIME).ok();
    let told = told.and_then(|told| Timestamp::from_second(told.parse().ok()?).ok());
    let time = told.unwrap_or_else(Timestamp::now);
    TimeZone::UTC.to_datetime(time).date().to_string()
}

/// Writes the pages of a command and of those within it.
fn write_pages(command: &Command, date: &str, folder: &Path) -> io::Result<()> {
    let within = || command.get_subcommands().filter(|it| !it.is_hide_set());
    for within in within() {
        write_pages(within, date, folder)?;
    }
    // Without a date, roff would take the version for one: nothing marks its place.
    let page = Man::new(command.clone().after_help(Resettable::Reset))
        .date(date)
        .source(format!("drawbridge {VERSION}"))
        .manual("User Commands");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    synopsis(command).to_writer(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if within().next().is_some() {
        page.render_subcommands_section(&mut text)?;
    }
    if command.get_version().is_some() {
        page.render_version_section(&mut text)?;
    }
    if let Some(help) = command.get_after_help() {
        examples(&help.to_string()).to_writer(&mut text)?;
    }
    fs::write(folder.join(page.get_filename()), text)
}

/// The examples line by line: they are to be typed as they are, and not filled as a paragraph.
fn examples(help: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXAMPLES"]).control("nf", []);
    for line in help.strip_prefix("Examples:\n").unwrap_or(help).lines() {
        section.text([roman(line)]);
    }
    section.control("fi", []);
    section
}

/// The usages, each with its options and their values: the library leaves the values out.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let required = command.get_groups().filter(|group| group.is_required_set());
    let required: Vec<_> = required.flat_map(clap::ArgGroup::get_args).collect();
    let options = command.get_opts().chain(flags(command));
    let options = options.filter(|arg| !arg.is_hide_set() && !arg.is_required_set());
    let options = options.filter(|arg| !required.contains(&arg.get_id()));
    let options: Vec<String> = options.map(optional).collect();
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut section = Roff::new();
    section.control("SH", ["SYNOPSIS"]);
    for (n, line) in usage.lines().map(str::trim).enumerate() {
        if n > 0 {
            section.control("br", []);
        }
        let line = line.replacen(OPTIONS, &options.join(" "), 1);
        let mut inlines = vec![bold(name)];
        inlines.extend(lettered(line.strip_prefix(name).unwrap_or(&line)));
        section.text(inlines);
    }
    section
}

/// The options without a value.
fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    let is_flag = |arg: &&Arg| !arg.is_positional() && !arg.get_action().takes_values();
    command.get_arguments().filter(is_flag)
}

/// An option that may be left out, as in `[--out <DIR>]`.
fn optional(arg: &Arg) -> String {
    let short = arg.get_short().filter(|_| arg.get_long().is_some());
    let short = short.map_or_else(String::new, |short| format!("-{short}|"));
    let again = match arg.get_action() {
        ArgAction::Append => "...",
        _ => "",
    };
    format!("[{short}{arg}]{again}")
}

/// A usage in the letters that it has in a manual: names of options bold, and values italic.
fn lettered(usage: &str) -> Vec<Inline> {
    let mut inlines = Vec::new();
    let mut rest = usage;
    while let Some(first) = rest.chars().next() {
        let is_value = first == '<' && rest[1..].starts_with(|c: char| c.is_ascii_uppercase());
        let end = match first {
            '-' => rest.find(|c: char| c != '-' && !c.is_ascii_alphanumeric()),
            '<' if is_value => rest.find('>').map(|end| end + 1),
            _ => rest[first.len_utf8()..]
                .find(['-', '<'])
                .map(|end| end + first.len_utf8()),
        };
        let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
        inlines.push(match first {
            '-' => bold(text),
            _ if is_value => italic(text),
            _ => roman(text),
        });
        rest = after;
    }
    inlines
}
