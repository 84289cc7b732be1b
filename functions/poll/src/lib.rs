//! The poll function: a job in, Graph alerts fetched, records out, the watermark moved.
//!
//! [`Poller`] is the handler, the same in Lambda and on one machine. It knows its surroundings
//! through ports only: the Graph client, a store, a queue for each output and a clock.

pub mod assembly;
mod backfill;
mod budget;
mod clock;
mod drain;
mod error;
#[cfg(feature = "lambda")]
pub mod lambda;
mod mapping;
mod poller;
mod quarantine;
mod read_ahead;
mod reading;
mod replay;
mod report;
mod saved_state;
mod stop;
mod windows;

pub use backfill::{BackfillProgress, Step};
pub use clock::{Clock, SystemClock};
pub use error::PollError;
pub use poller::{Grouping, MAX_STATE_BYTES, Output, Poller, Settings};
pub use report::{Ending, Progress, Report, Silent};
pub use saved_state::state_key;
pub use stop::Stop;
