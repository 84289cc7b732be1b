//! The poll function: it takes a job, fetches alerts from Graph, writes records, and moves the watermark.
//!
//! [`Poller`] is the handler, and [`AfterJob`] decides what happens to a job afterwards. Both are the same in
//! Lambda and on one machine. They reach the outside world through ports only: the Graph client, a store, a
//! queue for each output, and a clock.

mod after_job;
pub mod assembly;
mod backfill;
mod backfill_progress;
mod budget;
mod context;
mod drain;
mod error;
mod job_failure;
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

pub use after_job::AfterJob;
pub use backfill_progress::BackfillProgress;
pub use error::PollError;
pub use job_failure::JobFailure;
pub use job_numbers::job_numbers;
#[cfg(feature = "lambda")]
pub(crate) use jobs::MAX_POLLED_BYTES;
pub use jobs::{Delivery, Jobs};
pub use last_error::{LAST_ERROR_ENDING, LastError};
pub use lasting::lasting;
pub use memory::Memory;
pub use output::{Grouping, Output};
pub use overdue::{OVERDUE_AFTER, overdue_since, why_not_well};
pub use pages::pages_prefix;
pub use poller::Poller;
pub use report::{Ending, Progress, Report, Silent};
pub use settings::{MAX_STATE_BYTES, Settings};
pub use state_object::{HANDED_BACK_ENDING, change_state, state_key};
pub use stop::Stop;
pub use unlisted::Unlisted;
