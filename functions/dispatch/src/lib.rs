//! The dispatch function: at each tick of the timer, one poll job for each tenant.
//!
//! The jobs queue is FIFO with the tenant as the group: a tenant's jobs are done one after the
//! other, and tenants do not wait for each other. A job's deduplication id is the tenant and the
//! minute that the tick stands for, so that a tick delivered or retried twice makes one job.
//! What keeps jobs from piling up behind a slow tenant is on the other side of the queue: a poll
//! reads all there is, so the poll function is done at once with the jobs that were already waiting
//! when it began.
//!
//! The documents are listed once in five minutes; the ticks in between go by the listing that the
//! process has in memory.

mod dispatcher;
mod roll;
mod settings;
mod tick;

pub use dispatcher::{DispatchError, Dispatcher};
pub use settings::Settings;
pub use tick::{Tick, TickError};
