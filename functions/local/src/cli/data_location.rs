use std::path::PathBuf;

use clap::Args;

/// Where the tenants, the state and the quarantine are: a folder, or a stack on AWS.
#[derive(Debug, Args)]
#[command(next_help_heading = "Place")]
pub(crate) struct DataLocationArgs {
    /// The folder of a single machine [default: drawbridge-data].
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "bucket"])]
    pub(crate) out: Option<PathBuf>,
    /// The stack on AWS, by its name in CloudFormation, which knows its bucket, its queues and its
    /// settings [env: DRAWBRIDGE_STACK].
    #[arg(long, value_name = "NAME", conflicts_with = "bucket")]
    pub(crate) stack: Option<String>,
    /// The bucket of a stack that is not in CloudFormation [env: DRAWBRIDGE_BUCKET].
    #[arg(long, value_name = "NAME")]
    pub(crate) bucket: Option<String>,
}
