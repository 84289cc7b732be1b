//! What each kind of fault did, over one schedule or many.

use std::collections::BTreeMap;

use crate::Kind;

/// How often each kind of fault struck, and in how many schedules.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    strikes: BTreeMap<Kind, (u64, u64)>,
}

impl Counts {
    /// Counts one strike.
    pub fn strike(&mut self, kind: Kind) {
        let entry = self.strikes.entry(kind).or_default();
        entry.0 += 1;
        entry.1 = 1;
    }

    /// Adds the counts of another schedule.
    pub fn add(&mut self, other: &Self) {
        for (kind, (strikes, schedules)) in &other.strikes {
            let entry = self.strikes.entry(*kind).or_default();
            entry.0 += strikes;
            entry.1 += schedules;
        }
    }

    /// How often `kind` struck.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.strikes.get(&kind).map_or(0, |(strikes, _)| *strikes)
    }

    /// One line a kind.
    #[must_use]
    pub fn lines(&self) -> String {
        Kind::ALL
            .into_iter()
            .map(|kind| {
                let (strikes, schedules) = self.strikes.get(&kind).copied().unwrap_or_default();
                let name = kind.name();
                format!("  {name:<20} {strikes:>9} times in {schedules:>7} schedules\n")
            })
            .collect()
    }
}
