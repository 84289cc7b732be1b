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
use crate::data_location::warn_of_open_folders;
use crate::failure::Failure;

pub(crate) use self::open_poller::open_poller;

/// How long one of many polls may take, which is what one has in a stack: what there was no time for,
/// as when a page never comes, is read by the next one, which follows at once and begins with what is
/// new. A poll that is made once reads all there is.
const POLL_TIME: Duration = Duration::from_secs(55);

/// What is said after a tenant's trouble when no poll of it has ended well since then.
fn said_of(overdue: Option<Timestamp>) -> String {
    overdue.map_or_else(String::new, |since| {
        format!("; no poll of the tenant has ended well since {since:.0}")
    })
}

/// Polls into a folder, once or again and again.
pub(crate) async fn run(args: cli::Poll) -> Result<(), Failure> {
    let every = args.every.unsigned_abs();
    if every < Duration::from_secs(1) {
        return Err(Failure::usage("--every must be at least 1s"));
    }
    warn_of_open_folders(&args.out);
    many::run(&args, every).await
}
