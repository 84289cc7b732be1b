//! The tests of the tests: a poller that is broken on purpose has to be caught.

use drawbridge_schedules::{Kinds, Mutation, mutated, simulate};

/// The suite runs more than ten times as many.
const SCHEDULES: u64 = 150;

#[test]
fn every_mutant_is_caught() {
    for mutation in Mutation::ALL {
        let caught =
            (0..SCHEDULES).find(|seed| !mutated(*seed, mutation).findings.broken.is_empty());
        let seed = caught.unwrap_or_else(|| panic!("nobody noticed {mutation:?}"));
        println!("{mutation:?}: caught by seed {seed}");
        // It is the mutation that breaks them.
        assert!(simulate(seed, Kinds::NONE).findings.broken.is_empty());
    }
}
