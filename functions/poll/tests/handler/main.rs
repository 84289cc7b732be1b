//! The handler in a small world: what it writes and remembers, and what it does when things fail.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]

mod backfill;
mod budget;
mod clocks;
mod costs;
mod counting;
mod faults;
mod first_poll;
mod full_state;
mod giving_back;
mod hostile;
mod incomplete;
mod late_evidence;
mod little_by_little;
mod memory;
mod objects;
mod outputs;
mod pages;
mod polled_alerts;
mod poller;
mod read_once;
mod reconcile;
mod replay;
mod replicas;
mod second_reading;
mod short_of_time;
mod sign_in;
mod slow;
mod some_pages;
mod sweeps;
mod windows;
mod world;
