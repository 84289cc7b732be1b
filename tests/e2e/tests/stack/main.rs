//! The stack of `infra/template.yaml` with the functions as cargo built them, in an emulated cloud that enforces
//! its policies: from its creation to its deletion, as its user sees it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]
#![allow(
    clippy::print_stdout,
    reason = "what a poll costs and how large the packages are is worth telling"
)]

#[path = "../alerts/mod.rs"]
mod alerts;
mod bad_input;
mod batch;
mod cost;
mod intake;
mod jobs;
mod life;
mod outage;
mod tenants;
mod topic;
mod world;
