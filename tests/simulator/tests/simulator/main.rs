//! The simulator: its alerts, its answers over HTTP, and its tenants.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod generated;
mod http;
mod tenants;
