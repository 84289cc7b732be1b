//! One folder per type of target, and the registry of them.

pub mod sentinel;
mod splunk_hec;
mod splunk_soar;
mod syslog;
mod webhook;

pub use splunk_hec::sourcetype as splunk_sourcetype;

use crate::TargetType;

/// Every type of target, in the order of `docs/deliver.md`.
pub static TARGETS: &[TargetType] = &[
    splunk_hec::TYPE,
    splunk_soar::TYPE,
    sentinel::TYPE,
    syslog::TYPE,
    webhook::TYPE,
];
