//! The tests of the tests: a poller that is broken on purpose has to be caught.

use drawbridge_schedules::{
    Beside, Crowd, Kind, Kinds, Mutation, Schedule, TROUBLES, Without, behind_a_backlog,
    beside_and_alone, mutated, simulate, waits_with,
};

/// As many as the suite runs; each mutant is caught by one of the first that could.
const SCHEDULES: u64 = 2000;

/// Where the search begins: what one of them breaks is rare.
fn first_seed(mutation: Mutation) -> u64 {
    match mutation {
        Mutation::EmptyPageIsLast => 8_100,
        Mutation::FailedCountIsNever => 5_340,
        Mutation::SmallPagesForGood => 1_019_693,
        Mutation::SecondForgotten => 8_001_942,
        _ => 0,
    }
}

/// How long an alert that needs the large share may take beside a backlog that has it: a turn of 15 seconds,
/// and some answers of Graph.
const WAIT_FOR_LARGE_SECS: u64 = 30;

/// How long a job waits at most beside a crowd that is slow or hangs.
const WAIT_BESIDE_A_CROWD_SECS: u64 = 130;

#[test]
fn every_mutant_is_caught() {
    // One by its name, for whoever adds one.
    let only = std::env::var("DRAWBRIDGE_MUTANT").ok();
    let is_meant = |mutation: &Mutation| {
        only.as_ref()
            .is_none_or(|it| *it == format!("{mutation:?}"))
    };
    for mutation in Mutation::ALL.into_iter().filter(is_meant) {
        if let Some(caught) = caught_apart(mutation) {
            println!("{mutation:?}: caught by {caught}");
            continue;
        }
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

/// What a mutant breaks that shows in one situation only.
fn caught_apart(mutation: Mutation) -> Option<String> {
    match mutation {
        Mutation::TwoLargeShares | Mutation::LargeShareKept => {
            let ran = behind_a_backlog(Some(mutation));
            let is_late = ran
                .delivered_secs
                .is_none_or(|secs| secs > WAIT_FOR_LARGE_SECS);
            (is_late || !ran.broken.is_empty()).then(|| format!("two large tenants: {ran:?}"))
        }
        Mutation::SlowJobsUnbounded => in_a_crowd(Crowd::Stuck, 150, mutation),
        Mutation::FirstPageAwaited => in_a_crowd(Crowd::Slow(12), 30, mutation),
        // A first page that takes so long gets the time for it after a poll without any.
        Mutation::SlowForgotten => in_a_crowd(Crowd::Slow(24), 30, mutation),
        _ => None,
    }
}

/// What a mutant breaks among many tenants: the others wait for longer than beside a crowd of the same kind
/// in docs/guarantees.md, or those that are only slow are never polled to the end.
fn in_a_crowd(crowd: Crowd, in_trouble: usize, mutation: Mutation) -> Option<String> {
    let waits = waits_with(crowd, in_trouble, 30, Some(mutation));
    let is_late = waits.longest_secs > WAIT_BESIDE_A_CROWD_SECS;
    let is_never_done = matches!(crowd, Crowd::Slow(_)) && waits.own_polls == 0;
    (is_late || is_never_done).then(|| format!("{in_trouble} {crowd:?}: {waits:?}"))
}

#[test]
fn who_needs_the_large_share_has_it_in_turn() {
    let ran = behind_a_backlog(None);
    println!("{ran:?}");
    assert!(ran.broken.is_empty(), "{ran:?}");
    assert!(
        ran.delivered_secs
            .is_some_and(|secs| secs <= WAIT_FOR_LARGE_SECS),
        "{ran:?}"
    );
}

/// What a mutant changes for a tenant beside one in trouble.
fn changed_beside(mutation: Mutation) -> Option<String> {
    if mutation.shows_with() != Some(Kind::Neighbours) {
        return None;
    }
    (0..TROUBLES).find_map(|trouble| {
        let beside = beside_and_alone(trouble, 0, 3, Some(mutation));
        let broken = beside.iter().find_map(Beside::broken)?;
        Some(format!("trouble {trouble}, {broken}"))
    })
}
