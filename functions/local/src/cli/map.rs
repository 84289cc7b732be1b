use std::path::PathBuf;

use clap::Args;
use drawbridge_config::defaults;

use super::format::format_name;

const EXAMPLES: &str = "\
Examples:
  drawbridge map alerts.json > records.ndjson
  drawbridge map < alerts.ndjson | head -n 1";

/// Map alerts to records: JSON in, one record per line out.
///
/// Each alert is mapped as if it were read for the first time, with all of its evidence. A poll that
/// meets an alert before it is complete writes the missing devices and users in records of their
/// own, later.
///
/// The input is one alert, an array, a Graph list response or NDJSON. An alert that cannot be read
/// is reported on standard error with its position and id; the others are mapped, and the exit
/// code is 1 at the end.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Map {
    /// The record format.
    #[arg(long, value_name = "NAME", default_value = defaults::OUTPUT, value_parser = format_name())]
    pub(crate) format: String,
    /// The input; "-" is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
}
