//! What a month may cost at most, so that nobody makes it dearer unawares.

use drawbridge_costs::{Bill, Facts, HUNDRED, IDLE, ONE, SITUATIONS, Secrets, Situation};

fn total(facts: &Facts, situation: &Situation) -> f64 {
    Bill::of(facts, situation).total()
}

#[test]
fn every_situation_keeps_to_its_goal() {
    let facts = Facts::read().unwrap();
    let mut over = Vec::new();
    for situation in &SITUATIONS {
        let total = total(&facts, situation);
        if total > situation.goal {
            over.push(format!(
                "{}: {total:.2} of {}",
                situation.name, situation.goal
            ));
        }
    }
    assert!(over.is_empty(), "{over:#?}");
}

/// A line that nobody multiplies would be a cost that nobody sees.
#[test]
fn every_line_of_a_bill_counts() {
    let facts = Facts::read().unwrap();
    let with_all = Situation {
        secrets: Secrets::Shared,
        dashboard: true,
        clients: 1,
        ..HUNDRED
    };
    let bill = Bill::of(&facts, &with_all);
    for line in &bill.lines {
        assert!(line.quantity > 0.0, "{}", line.what);
        assert!(line.dollars() > 0.0, "{}", line.what);
    }
}

#[test]
fn more_of_anything_costs_more() {
    let facts = Facts::read().unwrap();
    let before = total(&facts, &IDLE);
    let dearer: [fn(&mut Facts); 8] = [
        |facts| facts.measured.idle_batch.s3_get_document.count += 1,
        |facts| facts.measured.idle_batch.s3_get_state.count += 1,
        |facts| facts.measured.idle_batch.s3_put.count += 1,
        |facts| facts.measured.idle_batch.sqs.count += 1,
        |facts| facts.measured.idle_batch.log_bytes.count += 1000,
        |facts| facts.measured.idle_day.saves.count += 288,
        |facts| facts.measured.stack.alarm_metrics.count += 1,
        |facts| facts.measured.dispatch.ticks_per_list.count = 1,
    ];
    for change in dearer {
        let mut changed = facts.clone();
        change(&mut changed);
        assert!(total(&changed, &IDLE) > before);
    }
}

/// By hand: one poll in sixty sweeps, and a batch of ten is longer if any of its polls does.
#[test]
fn the_time_of_sweeps_is_in_the_bill() {
    let mut facts = Facts::read().unwrap();
    let bill = |facts: &Facts| total(facts, &IDLE);
    let with = bill(&facts);
    facts.assumed.sweep_seconds.value = 0.0;
    let more = with - bill(&facts);
    let longer = 12_960_000.0 * (1.0 - (59.0_f64 / 60.0).powi(10));
    let expected = longer * 0.25 * 0.3125 * 0.000_016_666_7;
    assert!((more - expected).abs() < 1e-6, "{more} for {expected}");
}

/// By hand, for a tenant alone: its process signs in three times in its two hours.
#[test]
fn the_time_of_sign_ins_is_in_the_bill() {
    let mut facts = Facts::read().unwrap();
    let bill = |facts: &Facts| total(facts, &ONE);
    let with = bill(&facts);
    facts.assumed.sign_in_seconds.value = 0.0;
    let more = with - bill(&facts);
    let expected = 43_200.0 * 3.0 / 120.0 * (0.25 - 0.03) * 0.3125 * 0.000_016_666_7;
    assert!((more - expected).abs() < 1e-9, "{more} for {expected}");
}

/// By hand: a tenant alone, line by line where a line is simple.
#[test]
fn the_arithmetic_is_that_of_the_price_list() {
    let facts = Facts::read().unwrap();
    let bill = Bill::of(&facts, &ONE);
    let of = |what: &str| {
        let line = bill.lines.iter().find(|line| line.what == what).unwrap();
        (line.quantity, (line.dollars() * 1e6).round() / 1e6)
    };
    assert_eq!(of("timer"), (43_200.0, 0.0432));
    assert_eq!(of("`poll`, invocations"), (43_200.0, 0.00864));
    assert_eq!(of("jobs: sent, received, deleted"), (129_600.0, 0.0648));
    assert_eq!(of("jobs: receives of nothing"), (648_000.0, 0.324));
    assert_eq!(of("output: records"), (90_000.0, 0.036));
    assert_eq!(of("output: its reader's receives"), (129_600.0, 0.05184));
    assert_eq!(of("LIST: tenants"), (8640.0, 0.0432));
    assert_eq!(of("secrets"), (1.0, 0.4));
}

/// What is free is taken off once, though two lines share it.
#[test]
fn what_is_free_is_shared() {
    let facts = Facts::read().unwrap();
    let free = Situation {
        free: true,
        ..HUNDRED
    };
    let bill = Bill::of(&facts, &free);
    let lines = bill.lines.iter();
    let sqs = lines.filter(|line| line.price.free_with.as_deref() == Some("sqs"));
    let taken: f64 = sqs.map(|line| line.free).sum();
    assert!((taken - 1e6).abs() < 1.0, "{taken}");
    for line in &bill.lines {
        assert!(line.free <= line.quantity, "{}", line.what);
    }
}
