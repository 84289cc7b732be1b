//! What to ask Graph for next, and what was already written.
//!
//! Everything here is pure: the time is an argument, and nothing is read or sent. A poll takes a
//! [`Job`], loads the tenant's [`State`], [`plan`]s the [`Window`]s to read, claims the records it
//! writes in the state, and saves the state once the queue has taken everything.

mod digest_map;
mod job;
mod packed;
mod plan;
mod state;
mod sweep;
mod weight;
mod window;
mod wire;
mod written;

pub use job::{Backfill, Job, JobError, Why};
pub use plan::{Planned, Purpose, WindowSettings, plan};
pub use state::{Owed, Spent, State, Swept, epoch_secs_of};
pub use sweep::Sweep;
pub use weight::Room;
pub use window::Window;
pub use wire::{STATE_VERSION, StateError};
pub use written::{AlertDigest, Claimed, Fact, Written};
