//! A tenant that was polled before the schedule begins: its state knows many alerts, or nobody has polled for days.

use drawbridge_cursor::{AlertDigest, State, Swept, epoch_secs_of};
use jiff::SignedDuration;

use crate::handler::Held;
use crate::random::Random;
use crate::{Kind, Schedule, origin};

/// How many alerts the state knows.
pub(crate) fn count(schedule: &Schedule) -> usize {
    match schedule.has(Kind::LargeState) {
        true => 300 + Random::new(schedule.seed, 226).index(700),
        false => 0,
    }
}

/// For how many days nobody has polled. A state that has to remember hundreds of alerts is younger.
pub(crate) fn outage_days(schedule: &Schedule) -> Option<u64> {
    let days = || Random::new(schedule.seed, 234).between(2, 12);
    let is_out = schedule.has(Kind::LongOutage) && !schedule.has(Kind::LargeState);
    is_out.then(days)
}

/// The state that polls have left who were then away for some hours, or for days.
pub(crate) fn state(schedule: &Schedule) -> Option<State> {
    let (count, outage) = (count(schedule), outage_days(schedule));
    if count == 0 && outage.is_none() {
        return None;
    }
    let ago = |hours| origin() - SignedDuration::from_hours(hours);
    let last = ago(outage.map_or(3, |days| days.cast_signed() * 24));
    let mut state = State {
        watermark: Some(last),
        first_from: Some(ago(30 * 24)),
        last_success: Some(last),
        saved: Some(last),
        newest: Some(last),
        swept: Swept {
            day: Some(last),
            week: Some(last),
        },
        ..State::default()
    };
    let secs = epoch_secs_of(last.as_second());
    let written = state.output("siem");
    for (alert, identity) in records(count) {
        written.claim(alert, &identity, secs);
    }
    Some(state)
}

/// The records that are known of so many alerts.
fn records(count: usize) -> impl Iterator<Item = (AlertDigest, [u8; 32])> {
    let of = |n: usize| {
        let alert = AlertDigest::of(&format!("known-{n}"));
        (0..=n % 3).map(move |key| {
            let mut identity = [u8::try_from(key).unwrap_or(0); 32];
            identity[..8].copy_from_slice(&n.to_le_bytes());
            (alert, identity)
        })
    };
    (0..count).flat_map(of)
}

/// How many of the records that were known beforehand a state with its pages does not know.
pub(crate) fn forgotten(schedule: &Schedule, mut state: State, held: &Held) -> usize {
    let mut forgotten = 0;
    for (alert, identity) in records(count(schedule)) {
        while let Some(page) = state.page_for(alert) {
            let key = format!("{}{page}", drawbridge_poll::pages_prefix(&schedule.tenant));
            let held = held
                .objects
                .get(&key)
                .map(|body| state.pages.hold(page, body));
            if !matches!(held, Some(Ok(_))) {
                state.pages.lose(page);
            }
        }
        state.recall(alert);
        let claimed = state.output("siem").claim(alert, &identity, 0);
        forgotten += usize::from(claimed.is_some());
    }
    forgotten
}
