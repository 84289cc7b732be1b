//! The template, without a cloud: linters, the SAM transform offline, and what the functions' code
//! asks of it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

mod alarms;
#[cfg(unix)]
mod ci;
mod costs;
mod delivery;
mod documentation;
mod environment;
mod evaluate;
mod iam;
mod linters;
mod loops;
mod machine;
mod metrics;
mod nested;
mod one_build;
mod outputs;
mod packages;
mod privilege;
mod repository;
mod resources;
mod security;
mod serve;
mod splunk;
mod supply_chain;
mod template;
mod trust;
mod workflows;
