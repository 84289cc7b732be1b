use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  drawbridge generate .        into ./completions and ./man
  source completions/drawbridge.bash
  man -l man/drawbridge.1";

/// Write the shell completions and the manual pages.
#[derive(Debug, Args)]
#[command(hide = true, after_help = EXAMPLES)]
pub(crate) struct Generate {
    /// Where the folders `completions` and `man` are made.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}
