//! The tests of the tests: a poller that is broken on purpose has to be caught.

use drawbridge_schedules::{
    Beside, Kind, Kinds, Mutation, Schedule, TROUBLES, Without, beside_and_alone, mutated, simulate,
};

/// As many as the suite runs; each mutant is caught by one of the first that could.
const SCHEDULES: u64 = 2000;

/// Where the search begins: what one of them breaks is rare.
fn first_seed(mutation: Mutation) -> u64 {
    match mutation {
        Mutation::LastVersionOnly => 3000,
        Mutation::FailedCountIsNone => 361_387,
        Mutation::SmallPagesForGood => 1_001_820,
        _ => 0,
    }
}

#[test]
fn every_mutant_is_caught() {
    for mutation in Mutation::ALL {
        if let Some(changed) = changed_beside(mutation) {
            println!("{mutation:?}: caught beside a tenant in trouble: {changed}");
            continue;
        }
        let shows = |seed: &u64| {
            let schedule = Schedule::new(*seed, &Without::default());
            mutation.shows_with().is_none_or(|kind| schedule.has(kind))
        };
        let first = first_seed(mutation);
        let caught = (first..first + SCHEDULES)
            .filter(shows)
            .find_map(|seed| Some((seed, broken(seed, mutation)?)));
        let (seed, broken) = caught.unwrap_or_else(|| panic!("nobody noticed {mutation:?}"));
        println!("{mutation:?}: caught by seed {seed}: {broken}");
        // It is the mutation that breaks them.
        assert!(simulate(seed, Kinds::NONE).findings.broken.is_empty());
    }
}

/// What a mutant breaks by itself.
fn broken(seed: u64, mutation: Mutation) -> Option<String> {
    let mut broken = mutated(seed, mutation).findings.broken;
    if mutation != Mutation::NoSweeps && !broken.is_empty() {
        // No mutant sweeps: what is lost for want of that says nothing of the others.
        let unswept = mutated(seed, Mutation::NoSweeps).findings.broken;
        broken.retain(|broken| !unswept.contains(broken));
    }
    broken.into_iter().next()
}

/// What a mutant changes for a tenant beside one in trouble.
fn changed_beside(mutation: Mutation) -> Option<String> {
    if mutation.shows_with() != Some(Kind::Neighbours) {
        return None;
    }
    (0..TROUBLES).find_map(|trouble| {
        let beside = beside_and_alone(trouble, 0, Some(mutation));
        let broken = beside.iter().find_map(Beside::broken)?;
        Some(format!("trouble {trouble}, {broken}"))
    })
}
