use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use drawbridge_compare::Losses;

use super::hint::Hint;

const EXAMPLES: &str = "\
Examples:
  drawbridge compare old-export.json alerts.json
  drawbridge compare splunk-export.json.gz drawbridge-data --html compare.html
  drawbridge compare records-0.1.ndjson records-0.2.ndjson --json --fail-on 0";

/// Compare an export of the retired API with new records, and say what a rule on each key will do.
///
/// OLD is an export of what the retired API gave: a JSON array, NDJSON, or what Splunk or Elastic wraps
/// around the records, each also with gzip. NEW is a file or a folder of records in the format `siem`,
/// or alerts of Graph, which are mapped on the way. Files are recognised by their content. To judge
/// an upgrade, give the records of both releases.
///
/// Alerts are matched by id, with and without the two letters that Graph puts before it; those that are
/// left by detector, device and time. The records of an alert are matched by hash, address and name.
/// The output shows values of your alerts. The exit code is 1 if the two sides share no alert, if a part
/// of a file could not be read or is neither a record nor an alert, and above --fail-on.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compare {
    /// The export of the retired API, or the records of an older release; "-" is standard input.
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The records, a folder of them, or alerts; "-" is standard input.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// As JSON, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page for the browser to this file, too, readable for its owner alone.
    ///
    /// An earlier page of this command is replaced. Any other file that exists, and a symbolic link, is
    /// refused.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// End with exit code 1 if more than this is lost: a number, or a percentage such as 2.5%.
    ///
    /// It counts the old values that are empty or different in the new record, and the alerts and
    /// records that only OLD has. The percentage is of all old values, and of those alerts and records.
    /// What differs in its spelling alone does not count, nor do the five keys that are made up here,
    /// unless OLD is of an older release: then another FullId, if only in its spelling, means that every
    /// record comes twice.
    #[arg(long, value_name = "N")]
    pub(crate) fail_on: Option<FailOn>,
}

/// How much may be lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FailOn {
    Count(u64),
    Percent(f64),
}

impl FailOn {
    /// Whether more is lost.
    pub(crate) fn is_below(self, losses: &Losses) -> bool {
        match self {
            Self::Count(most) => losses.count > most,
            Self::Percent(most) => losses.percent() > most,
        }
    }
}

/// What `--fail-on` takes.
const WANTED: Hint = Hint("give a number such as 10, or a percentage such as 2.5%");

impl FromStr for FailOn {
    type Err = Hint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_suffix('%') {
            Some(percent) => match percent.trim().parse() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
                _ => Err(WANTED),
            },
            None => text.parse().map(Self::Count).map_err(|_| WANTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_number_or_a_percentage() {
        assert_eq!("10".parse(), Ok(FailOn::Count(10)));
        assert_eq!("2.5%".parse(), Ok(FailOn::Percent(2.5)));
        for text in ["", "%", "-1", "101%", "x%", "NaN%", "1.5"] {
            assert!(text.parse::<FailOn>().is_err(), "{text}");
        }
        let losses = Losses { count: 5, of: 200 };
        assert!(FailOn::Count(4).is_below(&losses) && !FailOn::Count(5).is_below(&losses));
        assert!(FailOn::Percent(2.4).is_below(&losses) && !FailOn::Percent(2.5).is_below(&losses));
    }
}
