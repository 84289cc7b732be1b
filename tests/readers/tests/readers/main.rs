//! What we write, as readers that others wrote read it.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod cef;
mod ecs;
mod ocsf;
mod openmetrics;
mod schema;
