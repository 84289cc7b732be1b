use clap::{Args, Subcommand};

use super::DataLocationArgs;

const EXAMPLES: &str = "\
Examples:
  drawbridge replay list
  drawbridge replay run --all
  drawbridge replay dead-letters --stack STACK --output siem";

const LIST_EXAMPLES: &str = "\
Examples:
  drawbridge replay list --tenant contoso
  drawbridge replay list --json | jq -r .item";

const RUN_EXAMPLES: &str = "\
Examples:
  drawbridge replay run contoso/alerts/3f2a
  drawbridge replay run --all --tenant contoso
  drawbridge replay run --all --stack STACK

This release maps an alert anew, sends a record as it is, and reads a gap again; on a stack, the
next poll reads it. Items that were delivered are moved to quarantine/replayed/. The others are left
where they were, and the exit code is 1.";

const DEAD_LETTERS_EXAMPLES: &str = "\
Examples:
  drawbridge replay dead-letters --stack STACK
  drawbridge replay dead-letters --stack STACK --output siem-objects --max 10
  drawbridge replay dead-letters --from DEAD_LETTER_QUEUE_URL --to QUEUE_URL

Each message is received, sent and only then deleted. If it is interrupted, run it again.";

/// Deliver again what is in quarantine or in a dead-letter queue.
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

/// List the items of the quarantine and why they are there. Nothing of an alert is shown.
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct ReplayList {
    /// Only the items of this tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// Print one JSON object per line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Deliver items of the quarantine again, and move them to quarantine/replayed/.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
#[group(id = "items or all", required = true, multiple = false, args = ["items", "all"])]
pub(crate) struct ReplayRun {
    /// The items, as `replay list` shows them; the beginning of one is enough.
    #[arg(value_name = "ITEM")]
    pub(crate) items: Vec<String>,
    /// Deliver all items.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only the items of this tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// The output of items that do not name one; on a stack, an output besides those that the tenant's
    /// document names.
    #[arg(long, value_name = "NAME")]
    pub(crate) output: Option<String>,
    /// On a stack: the queue of an output [default output: siem], for alerts and records, in place of
    /// the stack's own. With --bucket, give it once for each output that is to get them.
    #[arg(long = "queue", value_name = "[OUTPUT=]URL")]
    pub(crate) queues: Vec<String>,
    /// Send a record that is larger than a message (1 MiB) as a pointer into the bucket, as
    /// MessagePointers does; the reader has to resolve it. With --stack, the stack's setting decides
    /// unless you give this option.
    #[arg(long)]
    pub(crate) pointers: bool,
    /// Print one JSON object per line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataLocationArgs,
}

/// Move the messages of a dead-letter queue back to their queue.
///
/// With --stack, it moves the messages of every output, or of the one you name. Jobs are left out, because
/// each tick makes new ones; `--output jobs` moves them nevertheless.
#[derive(Debug, Args)]
#[command(after_help = DEAD_LETTERS_EXAMPLES)]
pub(crate) struct ReplayDeadLetters {
    /// The stack on AWS, by its name in CloudFormation [env: DRAWBRIDGE_STACK].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "to"])]
    pub(crate) stack: Option<String>,
    /// The output of the stack, such as siem or siem-objects [default: all].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "to"])]
    pub(crate) output: Option<String>,
    /// The dead-letter queue, if it does not belong to a stack.
    #[arg(long, value_name = "URL", requires = "to")]
    pub(crate) from: Option<String>,
    /// The queue that gets the messages, if it does not belong to a stack.
    #[arg(long, value_name = "URL", requires = "from")]
    pub(crate) to: Option<String>,
    /// Move this many messages at most, all queues together.
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<u64>,
    /// Print one JSON object per queue, each on a line, for scripts.
    #[arg(long)]
    pub(crate) json: bool,
}
