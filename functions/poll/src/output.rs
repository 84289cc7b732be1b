use std::sync::Arc;

use drawbridge_queue::Queue;
use drawbridge_record::{Format, Rewrite};

/// A format and the queue that its records go to.
pub struct Output {
    /// Its name in the state and in jobs.
    pub name: String,
    /// The records' format.
    pub format: &'static dyn Format,
    /// When a record is written again.
    pub rewrite: Rewrite,
    /// The queue. One that holds messages back ([`Queue::begin`]) is this output's alone.
    pub queue: Arc<dyn Queue>,
    /// What the queue keeps in order.
    pub grouping: Grouping,
}

impl Output {
    /// An output that is called as its format and writes records again when that does.
    #[must_use]
    pub fn new(format: &'static dyn Format, queue: Arc<dyn Queue>, grouping: Grouping) -> Self {
        Self {
            name: format.name().to_owned(),
            format,
            rewrite: format.rewrite(),
            queue,
            grouping,
        }
    }
}

/// The message group of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// One group a tenant: on a standard queue this makes no order but keeps a busy tenant from
    /// delaying the others (fair queues).
    Tenant,
    /// One group an alert: on a FIFO queue the records of an alert stay in order.
    Alert,
}
