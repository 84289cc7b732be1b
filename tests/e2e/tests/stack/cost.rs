use std::collections::BTreeMap;

use crate::world::World;

/// What polls cost in calls: by action those of the poll function's role, as the emulated cloud
/// noted them, and what the simulated Graph was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    calls: BTreeMap<String, u64>,
}

impl Cost {
    /// Everything so far.
    pub(crate) fn so_far(world: &World) -> Self {
        let stats = world.simulator.stats();
        let mut calls = BTreeMap::from([
            ("graph:list".to_owned(), stats.list_requests),
            ("entra:token".to_owned(), stats.token_requests),
        ]);
        let by_the_function = world.emulator.calls().into_iter();
        for call in by_the_function.filter(|call| call.caller.contains("PollRole")) {
            *calls.entry(call.action).or_default() += 1;
        }
        Self { calls }
    }

    /// What was added since `before`.
    pub(crate) fn since(world: &World, before: &Self) -> Self {
        let mut now = Self::so_far(world);
        now.calls.retain(|action, count| {
            *count -= before.of(action);
            *count > 0
        });
        now
    }

    pub(crate) fn of(&self, action: &str) -> u64 {
        self.calls.get(action).copied().unwrap_or(0)
    }

    /// Requires that the calls are these and no others.
    pub(crate) fn assert_is(&self, expected: &[(&str, u64)]) {
        let expected: BTreeMap<String, u64> = expected
            .iter()
            .map(|(action, count)| ((*action).to_owned(), *count))
            .collect();
        assert_eq!(self.calls, expected);
    }

    /// A line of the table in `docs/costs.md`.
    pub(crate) fn print(&self, what: &str) {
        let calls: Vec<String> = self
            .calls
            .iter()
            .map(|(action, count)| format!("{action} {count}"))
            .collect();
        println!("cost of {what}: {}", calls.join(", "));
    }
}
