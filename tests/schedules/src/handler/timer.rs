//! The timer of each tenant, as `dispatch` has them.

use std::sync::Arc;

use super::queue::Sqs;
use super::tenant::Tenant;

/// When each tenant's next job is due, in milliseconds after the origin.
pub(super) struct Timer(Vec<u64>);

impl Timer {
    pub(super) fn new(tenants: usize) -> Self {
        Self(vec![0; tenants])
    }

    /// Puts the jobs on the queue that are due.
    pub(super) fn fire(&mut self, now: u64, tenants: &[Arc<Tenant>], queue: &Sqs) {
        for (place, due) in self.0.iter_mut().enumerate() {
            if now >= *due {
                queue.push(place);
                *due = tenants[place].world.schedule.next_tick_ms(now);
            }
        }
    }

    /// When the next one is due.
    pub(super) fn next_ms(&self) -> u64 {
        self.0.iter().copied().min().unwrap_or(u64::MAX)
    }
}
