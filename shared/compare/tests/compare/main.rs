//! Two sides, read to the end.

#![recursion_limit = "256"] // for `json!` of a whole record
#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod devices;
mod export;
mod generations;
mod names;
mod notations;
mod releases;
mod shapes;
mod trouble;
mod unread;
mod without_ids;
mod zones;
