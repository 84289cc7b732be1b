use std::path::PathBuf;

use clap::Args;
use drawbridge_config::defaults;

use super::format::format_name;

const EXAMPLES: &str = "\
Examples:
  drawbridge explain alert.json
  drawbridge explain --json < alert.json";

/// Show each key of an alert's records with its value and where that came from.
///
/// The records are those of a first reading: as if all evidence had come at once. The input is one
/// alert, or a list, of which the first is taken.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// The record format.
    #[arg(long, value_name = "NAME", default_value = defaults::OUTPUT, value_parser = format_name())]
    pub(crate) format: String,
    /// As JSON, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    /// The input; "-" is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
}
