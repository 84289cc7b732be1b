//! Each row of `docs/consumers/README.md`, end to end: an alert in the simulated Graph, the poll
//! handler, the emulated SQS and S3, for some the deliver function in the emulated Lambda, and what
//! the row's reader makes of it.

mod alerts;
mod bridge;
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
mod tenzir;
mod validators;
