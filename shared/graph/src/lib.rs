//! The Microsoft Graph client: queries, pages and what Graph's answers mean.
//!
//! [`Graph::list`] asks for one page of a window of a [`Resource`], which is [`ALERTS`], and
//! [`Graph::follow`] for the page behind a [`NextLink`]. Both wait out throttling, renew the token once,
//! and try again what is worth trying again, all within a [`Deadline`](drawbridge_time::Deadline). What
//! then still fails comes back as a [`GraphError`] whose [`kind`](GraphError::kind) tells the caller
//! which of its own answers fits: come back later, ask for a smaller page, halve the window, or wake
//! somebody up. [`check()`] says in words whether an identity can sign in and read.
//!
//! Nothing in this crate puts a secret, a token or an alert into an error, an event or a `Debug`
//! output.

mod advice;
mod answer;
mod check;
mod client;
mod denial;
mod envelope;
mod error;
mod link;
mod page;
mod permission;
mod query;
mod resource;
mod settings;
mod stats;
mod warning;

pub use check::{Check, Filter, Finding, Level, Topic, check};
pub use client::Graph;
pub use denial::Denial;
pub use error::{ErrorKind, GraphError};
pub use link::{LinkProblem, NextLink};
pub use page::{Counted, Page};
pub use query::{AlertQuery, MAX_TOP, Room};
pub use resource::{ALERTS, Resource};
pub use settings::Settings;
pub use stats::Stats;
