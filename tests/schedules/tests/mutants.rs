//! The tests of the tests: a poller that is broken on purpose has to be caught.

use drawbridge_schedules::{Kinds, Mutation, Schedule, Without, mutated, simulate};

/// As many as the suite runs; each mutant is caught by one of the first that could.
const SCHEDULES: u64 = 2000;

#[test]
fn every_mutant_is_caught() {
    for mutation in Mutation::ALL {
        let shows = |seed: &u64| {
            let schedule = Schedule::new(*seed, &Without::default());
            mutation.shows_with().is_none_or(|kind| schedule.has(kind))
        };
        let broken = |seed| mutated(seed, mutation).findings.broken.into_iter().next();
        let caught = (0..SCHEDULES)
            .filter(shows)
            .find_map(|seed| broken(seed).map(|broken| (seed, broken)));
        let (seed, broken) = caught.unwrap_or_else(|| panic!("nobody noticed {mutation:?}"));
        println!("{mutation:?}: caught by seed {seed}: {broken}");
        // It is the mutation that breaks them.
        assert!(simulate(seed, Kinds::NONE).findings.broken.is_empty());
    }
}
