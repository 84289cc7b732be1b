//! The poll function: a job in, Graph alerts fetched, records out, the watermark moved.
//!
//! [`Poller`] is the handler, the same in Lambda and on one machine, and [`Jobs`] decides what
//! becomes of a job. They know the world through ports only: the Graph client, a store, a queue for
//! each output and a clock.

pub mod assembly;
mod backfill;
mod backfill_progress;
mod budget;
mod context;
mod drain;
mod error;
mod job_numbers;
mod jobs;
#[cfg(feature = "lambda")]
pub mod lambda;
mod last_error;
mod lasting;
mod mapping;
mod memory;
#[cfg(feature = "messages")]
pub mod messages;
mod output;
mod overdue;
mod pages;
mod poller;
mod quarantine;
mod question;
mod read_ahead;
mod read_options;
mod reading;
mod replay;
mod report;
mod run;
mod saved_state;
mod settings;
mod sign_in;
mod slow;
mod state_object;
mod stop;
mod unlisted;

pub use backfill_progress::BackfillProgress;
pub use error::PollError;
pub use job_numbers::job_numbers;
#[cfg(feature = "lambda")]
pub(crate) use jobs::MAX_POLLED_BYTES;
pub use jobs::{AfterJob, Delivery, JobFailure, Jobs, retry_delay};
pub use last_error::{LAST_ERROR_ENDING, LastError};
pub use lasting::lasting;
pub use memory::Memory;
pub use output::{Grouping, Output};
pub use overdue::{overdue_since, why_not_well};
pub use pages::pages_prefix;
pub use poller::Poller;
pub use report::{Ending, Progress, Report, Silent};
pub use settings::{MAX_STATE_BYTES, Settings};
pub use state_object::{HANDED_BACK_ENDING, change_state, state_key};
pub use stop::Stop;
pub use unlisted::Unlisted;
