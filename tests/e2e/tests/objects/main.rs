//! From records to objects, from objects to S3's own notifications, from those to what readers do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "../cloud/mod.rs"]
mod cloud;
mod notified;
mod readers;
mod rules;
