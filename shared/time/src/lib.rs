//! The time of day, until when something may run, and how long to wait before it is tried again.
//!
//! - [`Clock`] is the port to the time of day, which tests set.
//! - [`Deadline`] is counted on the monotonic clock, so that it holds whatever the time of day does.
//! - [`Backoff`] is a plain calculation, and [`Jitter`] the one source of chance in it.

mod backoff;
mod clock;
mod deadline;
#[cfg(feature = "testing")]
pub mod testing;

pub use backoff::{Backoff, Jitter};
pub use clock::{Clock, SystemClock};
pub use deadline::Deadline;
