//! Each row of `docs/consumers/README.md`, end to end: an alert in the simulated Graph, the poll
//! handler, the emulated SQS and S3, for some the deliver function in the emulated Lambda, and what
//! the row's reader makes of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod alerts;
mod bridge;
#[path = "../cloud/mod.rs"]
mod cloud;
mod deliver_sentinel;
mod deliver_splunk_hec;
mod deliver_splunk_soar;
mod deliver_syslog;
mod deliver_webhook;
mod delivery;
mod duplicates;
mod index;
mod intake;
mod lines;
mod messages;
mod objects;
mod pages;
#[path = "../deployed/objects/rules.rs"]
mod rules;
mod tenzir;
mod validators;
