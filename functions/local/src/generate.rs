//! `drawbridge generate`: what is installed beside the command, made of its own command line.

use std::fs;
use std::io;
use std::path::Path;

use clap::builder::Resettable;
use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate_to};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli::{self, VERSION};
use crate::failure::Failure;

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
    write_pages(&command, &man)
}

/// Writes the pages of a command and of those within it.
fn write_pages(command: &Command, folder: &Path) -> io::Result<()> {
    for within in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        write_pages(within, folder)?;
    }
    let page = Man::new(command.clone().after_help(Resettable::Reset))
        .source(format!("drawbridge {VERSION}"));
    let mut text = Vec::new();
    page.render(&mut text)?;
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
