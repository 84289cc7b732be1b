use std::path::PathBuf;

use clap::Args;

use super::DataLocationArgs;
use super::format::format_name;

const EXAMPLES: &str = "\
Examples:
  drawbridge doctor
  drawbridge doctor --to splunk.json --send-test
  drawbridge doctor --stack STACK                the same for a stack on AWS, and the stack itself
  drawbridge doctor --json | jq 'select(.level == \"failed\")'

The exit code is 1 if anything has failed. A warning leaves it at 0, and so does a note, which says
what cannot be seen from here.";

/// Look at everything that a poll and a delivery need, and say what to do about what is wrong.
///
/// Every tenant that is not paused signs in for real and is asked for one alert. In a folder, it also
/// looks at the permissions, the free disk, the clock and the outputs; on a stack that is given by its
/// name, at the functions, the timer, the alarms and who hears of them, and the queues. The last good
/// poll is the one that was last saved: while there is no news, that is done about once per hour. It
/// leaves nothing behind, except a test record in the SIEM if you give --send-test.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Doctor {
    /// The file with the settings of `deliver`, in place of DRAWBRIDGE_DELIVER.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// The format of the records that are delivered [default: siem].
    #[arg(long, value_name = "NAME", value_parser = format_name())]
    pub(crate) format: Option<String>,
    /// Send the target of `deliver` a record that says it is a test.
    #[arg(long)]
    pub(crate) send_test: bool,
    /// On a stack: a queue, beside the stack's own, whose messages are counted, and those of its
    /// dead-letter queue; may be given several times.
    #[arg(long = "queue", value_name = "URL")]
    pub(crate) queues: Vec<String>,
    /// Print one JSON object per line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}
