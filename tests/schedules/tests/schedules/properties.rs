//! The properties over 2,000 schedules; `SCHEDULES=N` runs another number of them.

use drawbridge_schedules::{
    Kind, Kinds, Schedule, Without, campaign, command, shrink, simulate, trace,
};

#[test]
fn no_schedule_breaks_a_property() {
    let schedules = std::env::var("SCHEDULES").ok();
    let schedules = schedules.and_then(|n| n.parse().ok()).unwrap_or(2000);
    let all = campaign(0..schedules, &Without::default());
    println!("{}", all.lines(schedules));
    if let Some((seed, findings)) = all.failed.first() {
        let shrunk = command(*seed, &shrink(*seed));
        panic!("{:#?}\nrun it again with\n  {shrunk}", findings.broken);
    }
    if schedules >= 2000 {
        for kind in Kind::ALL {
            assert!(all.counts.of(kind) > 0, "{kind:?} never struck");
        }
    }
}

#[test]
fn a_seed_does_the_same_again() {
    for seed in 0..20 {
        let (one, two) = (trace(seed, Kinds::NONE), trace(seed, Kinds::NONE));
        assert_eq!(one.trace, two.trace, "seed {seed}");
        assert!(one.trace.len() > 10);
    }
    let alone = Kind::ALL.into_iter().fold(Kinds::NONE, Kinds::with);
    assert!(simulate(0, alone).findings.broken.is_empty());
}

/// Kept so small, the states of nearly all schedules have several pages.
#[test]
fn states_have_pages() {
    let pages = (0..20).map(|seed| simulate(seed, Kinds::NONE).findings.pages);
    assert!(pages.filter(|pages| *pages > 2).count() > 15);
}

#[test]
fn a_schedule_with_less_in_it_is_a_schedule() {
    for seed in 0..20 {
        let schedule = Schedule::new(seed, &Without::default());
        let without = Without {
            alerts: (0..schedule.probe()).step_by(2).collect(),
            episodes: (0..schedule.episodes.len()).collect(),
            deaths: (0..schedule.deaths.len()).collect(),
            ..Without::default()
        };
        let (whole, less) = (simulate(seed, Kinds::NONE), simulate(seed, without.clone()));
        assert_eq!(less.findings.broken, Vec::<String>::new(), "seed {seed}");
        assert!(less.findings.wanted < whole.findings.wanted, "seed {seed}");
        let command = command(seed, &without);
        let (_, text) = command.split_once("--without ").unwrap();
        assert_eq!(Without::parse(text), Ok(without));
    }
}
