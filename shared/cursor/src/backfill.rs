use serde::{Deserialize, Serialize};

use crate::Ranges;

/// An older range that an operator wants. Live polls read it step by step, after all else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// What is still to be read.
    pub ranges: Ranges,
    /// The only output to write to; all of the tenant's without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Whether records that the output has are written again, with the same keys.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Whether to count only: nothing is written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}
