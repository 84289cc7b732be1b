use std::collections::BTreeMap;

use super::world::World;

/// What polls cost in calls: by action, and for S3 by folder, those of the poll function's role, as
/// the emulated cloud noted them, and what the simulated Graph was asked.
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
        add_calls(&mut calls, world, "PollRole");
        Self { calls }
    }

    /// Everything that the dispatch function has called.
    pub(crate) fn of_dispatch(world: &World) -> Self {
        let mut calls = BTreeMap::new();
        add_calls(&mut calls, world, "DispatchRole");
        Self { calls }
    }

    /// What was added since `before`.
    pub(crate) fn since(world: &World, before: &Self) -> Self {
        Self::so_far(world).minus(before)
    }

    /// What is more than `before`.
    pub(crate) fn minus(mut self, before: &Self) -> Self {
        self.calls.retain(|action, count| {
            *count -= before.of(action);
            *count > 0
        });
        self
    }

    pub(crate) fn of(&self, action: &str) -> u64 {
        self.calls.get(action).copied().unwrap_or(0)
    }

    /// The same without the GETs of the tenant's document, which a process reads again for a job
    /// without its version when it is a minute old, and of the administrator's list, which it reads
    /// every five minutes: there may have been one of each.
    pub(crate) fn but_documents(mut self) -> Self {
        for folder in ["tenants", "admin"] {
            self.calls.remove(&format!("s3:GetObject {folder}"));
        }
        self
    }

    /// All calls of a service.
    pub(crate) fn of_service(&self, service: &str) -> u64 {
        let calls = self.calls.iter();
        let of = calls.filter(|(action, _)| action.split(':').next() == Some(service));
        of.map(|(_, count)| count).sum()
    }

    /// Requires that the calls are these and no others.
    pub(crate) fn assert_is(&self, expected: &[(&str, u64)]) {
        let expected: BTreeMap<String, u64> = expected
            .iter()
            .map(|(action, count)| ((*action).to_owned(), *count))
            .collect();
        assert_eq!(self.calls, expected);
    }

    /// What the counts in `tests/costs/measured.toml` are told by.
    pub(crate) fn print(&self, what: &str) {
        let calls: Vec<String> = self
            .calls
            .iter()
            .map(|(action, count)| format!("{action} {count}"))
            .collect();
        println!("cost of {what}: {}", calls.join(", "));
    }
}

fn add_calls(calls: &mut BTreeMap<String, u64>, world: &World, role: &str) {
    let all = world.emulator.calls().into_iter();
    for call in all.filter(|call| call.caller.contains(role)) {
        let action = match call.key.split_once('/') {
            Some((folder, _)) => format!("{} {folder}", call.action),
            None => call.action,
        };
        *calls.entry(action).or_default() += 1;
    }
}
