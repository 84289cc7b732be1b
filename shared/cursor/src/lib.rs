//! What to ask Graph for next, and what was already written.
//!
//! Everything here is pure: the time is an argument, and nothing is read or sent. A poll loads the
//! tenant's [`State`], [plans](State::plan) the [`Window`]s to read, claims the records it writes in
//! the state, and saves it once the queue has taken everything.

mod backfill;
mod created_hours;
mod delivered_records;
mod digest_map;
mod due;
mod entry;
mod error;
mod job;
mod merge;
mod packed;
mod pages;
mod plan;
mod polled;
mod range;
mod ranges;
mod recall;
mod state;
mod sweep;
#[cfg(feature = "testing")]
mod testing;
mod versions;
mod wanted;
mod weight;
mod window;
mod window_settings;
mod wire;

pub use backfill::{Backfill, ListSummary};
pub use created_hours::{CreatedHours, WantedPage};
pub use delivered_records::{AlertDigest, Claimed, DeliveredRecords};
pub use due::{Due, MAX_INCOMPLETE, graph_retry_delay_secs};
pub use entry::Fact;
pub use error::StateError;
pub use job::{Job, JobError};
pub use merge::{Merge, Merged, NewPage, PageSettings};
pub use pages::{PageId, Pages};
pub use plan::Plan;
pub use polled::Polled;
pub use range::Range;
pub use ranges::Ranges;
pub use state::{Slow, Spent, State, Swept, epoch_secs_of};
pub use sweep::{SWEPT_AGAIN, SWEPT_TWICE, Sweep};
pub use versions::{Meaning, TextDigests};
pub use wanted::Wanted;
pub use window::Window;
pub use window_settings::WindowSettings;
pub use wire::STATE_VERSION;
