use std::sync::Arc;

use crate::world::World;
use crate::{Fault, Stats};

/// The reins of one tenant of a running simulator.
#[derive(Clone)]
pub struct TenantControl {
    world: Arc<World>,
    index: usize,
}

impl TenantControl {
    pub(crate) fn new(world: Arc<World>, index: usize) -> Self {
        Self { world, index }
    }

    /// What the tenant was asked so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.world.tenant(self.index).stats()
    }

    /// Adds an alert, or replaces the one of its id.
    pub fn set_alert(&self, json: &str) {
        self.world.tenant(self.index).set_alert(json);
    }

    /// Spoils the next list request that has none spoilt before it.
    pub fn inject(&self, fault: Fault) {
        self.world.tenant(self.index).inject(fault);
    }

    /// Answers everything that concerns the tenant with 503 until told otherwise.
    pub fn set_down(&self, down: bool) {
        self.world.tenant(self.index).set_down(down);
    }
}
