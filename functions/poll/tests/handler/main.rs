//! The handler in a small world: what it writes and remembers, and what it does when things fail.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

mod backfill;
mod budget;
mod faults;
mod giving_back;
mod hostile;
mod objects;
mod poller;
mod reconcile;
mod short_of_time;
mod sweeps;
mod windows;
mod world;
