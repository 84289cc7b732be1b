//! The tests of the tests: a poller that is broken on purpose has to be caught.

use std::sync::atomic::{AtomicUsize, Ordering};

use drawbridge_schedules::{
    Beside, Crowd, Kind, Kinds, Mutation, Schedule, TROUBLES, Without, behind_a_backlog,
    beside_and_alone, mutated, simulate, waits_with,
};

/// As many as the suite runs; each mutant is caught by one of the first that could.
const SCHEDULES: u64 = 2000;

/// Where the search begins: what some of them break is rare.
fn first_seed(mutation: Mutation) -> u64 {
    match mutation {
        Mutation::EmptyPageIsLast => 8_180,
        Mutation::FailedCountIsNever => 5_380,
        Mutation::FailedCountIsNone => 370,
        Mutation::FirstForgotten => 190,
        Mutation::NotCounted => 640,
        Mutation::SmallPagesForGood => 1_019_693,
        Mutation::SecondForgotten => 8_001_942,
        Mutation::ShortWindowsNotCounted => 130,
        Mutation::SlotKept => 710,
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
    let mutations: Vec<_> = Mutation::ALL.into_iter().filter(is_meant).collect();
    let next = AtomicUsize::new(0);
    let catch_all = || {
        while let Some(mutation) = mutations.get(next.fetch_add(1, Ordering::Relaxed)) {
            let caught = caught(*mutation);
            assert!(caught.is_some(), "nobody noticed {mutation:?}");
            println!("{mutation:?}: caught by {}", caught.unwrap_or_default());
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(catch_all);
        }
    });
}

/// What catches a mutant.
fn caught(mutation: Mutation) -> Option<String> {
    if let Some(caught) = caught_apart(mutation).or_else(|| changed_beside(mutation)) {
        return Some(caught);
    }
    let shows = |seed: &u64| {
        let schedule = Schedule::new(*seed, &Without::default());
        mutation.shows_with().is_none_or(|kind| schedule.has(kind))
    };
    let first = first_seed(mutation);
    let (seed, broken) = (first..first + SCHEDULES)
        .filter(shows)
        .find_map(|seed| Some((seed, broken(seed, mutation)?)))?;
    // It is the mutation that breaks them.
    assert!(simulate(seed, Kinds::NONE).findings.broken.is_empty());
    Some(format!("seed {seed}: {broken}"))
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
        Some(format!("a tenant beside trouble {trouble}: {broken}"))
    })
}
