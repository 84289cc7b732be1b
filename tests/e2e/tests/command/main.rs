//! The command against a stack's bucket and queues, run as a process.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod answering;
mod backfill;
#[path = "../cloud/mod.rs"]
mod cloud;
mod dead_letters;
mod doctor;
mod interposer;
mod named_stack;
mod replay;
mod run;
mod stack;
mod state;
mod tenants;
mod view;
