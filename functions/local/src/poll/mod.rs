//! `drawbridge poll`: the tenants of a folder, each of which has a document.

mod document;
mod first_poll_note;
mod fleet;
mod many;
mod metrics_file;
mod open_poller;
mod polled;
mod report;
mod reports;
mod tenant_poll;
mod troubles;

use std::time::Duration;

use jiff::Timestamp;

use crate::cli;
use crate::data_location::{Polling, warn_of_open_folders};
use crate::failure::Failure;

pub(crate) use self::open_poller::open_poller;

/// How long a poll may take, as in a stack. What there was no time for, for example because a page never arrives,
/// is read by the next poll, which follows at once and begins with new alerts. With --once, a poll reads
/// everything.
const POLL_TIME: Duration = Duration::from_secs(55);

/// The words after a tenant's trouble if no poll of it has succeeded since then.
fn said_of(overdue: Option<Timestamp>) -> String {
    overdue.map_or_else(String::new, |since| {
        format!("; no poll of this tenant has succeeded since {since:.0}")
    })
}

/// Polls into a folder, once or again and again.
pub(crate) async fn run(args: cli::Poll) -> Result<(), Failure> {
    let every = args.every.unsigned_abs();
    if every < Duration::from_secs(1) {
        return Err(Failure::usage("--every must be at least 1s"));
    }
    warn_of_open_folders(&args.out);
    Polling::check(&args.out)?;
    many::run(&args, every).await
}
