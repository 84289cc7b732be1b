use std::path::PathBuf;

use clap::Args;

/// Where the tenants, the state and the quarantine are: a folder, or a stack's bucket.
#[derive(Debug, Args)]
#[command(next_help_heading = "Place")]
pub(crate) struct DataLocationArgs {
    /// The folder of a single machine [default: drawbridge-data].
    #[arg(long, value_name = "DIR", conflicts_with = "bucket")]
    pub(crate) out: Option<PathBuf>,
    /// The stack's bucket, its output BucketName [env: DRAWBRIDGE_BUCKET].
    #[arg(long, value_name = "NAME")]
    pub(crate) bucket: Option<String>,
}
