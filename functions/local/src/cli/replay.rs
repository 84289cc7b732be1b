use clap::{Args, Subcommand};

use super::Place;

const EXAMPLES: &str = "\
Examples:
  drawbridge replay list
  drawbridge replay run --all
  drawbridge replay dead-letters --from DEAD_LETTER_QUEUE_URL --to QUEUE_URL";

const LIST_EXAMPLES: &str = "\
Examples:
  drawbridge replay list --tenant contoso
  drawbridge replay list --json | jq -r .item";

const RUN_EXAMPLES: &str = "\
Examples:
  drawbridge replay run contoso/alerts/3f2a
  drawbridge replay run --all --tenant contoso
  drawbridge replay run --all --bucket BUCKET --queue QUEUE_URL

An alert is mapped anew with this release, a record is sent as it is, a gap is read again: on a
stack by the next poll. What was sent or handed over is moved to quarantine/replayed/; what still
cannot be is left where it was, and the exit code is 1.";

const DEAD_LETTERS_EXAMPLES: &str = "\
Examples:
  drawbridge replay dead-letters --from JOBS_DEAD_LETTER_QUEUE_URL --to JOBS_QUEUE_URL
  drawbridge replay dead-letters --from OUTPUT_DEAD_LETTER_QUEUE_URL --to OUTPUT_QUEUE_URL --max 10

Each message is received, sent and only then deleted: interrupted, run it again.";

/// Deliver again what was put aside or dead-lettered.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    #[command(subcommand)]
    pub(crate) command: ReplayCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReplayCommand {
    List(ReplayList),
    Run(ReplayRun),
    DeadLetters(ReplayDeadLetters),
}

/// List what lies in quarantine, and why. Never what the alerts say.
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct ReplayList {
    /// Only what is this tenant's.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// One JSON object a line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Deliver items of the quarantine again, and move them to quarantine/replayed/.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub(crate) struct ReplayRun {
    /// The items, as `replay list` shows them; the beginning of one is enough.
    #[arg(
        value_name = "ITEM",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub(crate) items: Vec<String>,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only what is this tenant's.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// The output, where an item does not say which; on a stack, one of objects beside those that
    /// the tenant's document names.
    #[arg(long, value_name = "NAME")]
    pub(crate) output: Option<String>,
    /// On a stack: the queue of an output [default output: siem], for alerts and records; may be
    /// given several times, and is once for each output that is to have them.
    #[arg(long = "queue", value_name = "[OUTPUT=]URL")]
    pub(crate) queues: Vec<String>,
    /// Send what is over a message's 1 MiB as a pointer into the bucket: for readers that resolve
    /// it, as with MessagePointers.
    #[arg(long, requires = "queues")]
    pub(crate) pointers: bool,
    /// One JSON object a line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Move the messages of a dead-letter queue back to their queue.
#[derive(Debug, Args)]
#[command(after_help = DEAD_LETTERS_EXAMPLES)]
pub(crate) struct ReplayDeadLetters {
    /// The dead-letter queue.
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    /// The queue that they go to.
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// Move this many at most.
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<u64>,
}
