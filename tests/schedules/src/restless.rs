//! Alerts that are odd in themselves: they vanish and come back, go back in time, have half of a
//! character in their title, or are too large for a page.

use std::borrow::Cow;

use drawbridge_alert::without_lone_surrogates;
use jiff::SignedDuration;

use crate::alerts::{AlertPlan, Version, older};
use crate::random::Random;
use crate::{Kind, Schedule, known, operator, origin};

/// The largest page of a client that meets large alerts, and the largest page with one alert on it:
/// everything is a few hundred times smaller than it is.
pub(crate) const PAGE_BYTES: (usize, usize) = (48 * 1024, 192 * 1024);

/// The largest page that such a client may have beside others: less than most pages with several alerts.
pub(crate) const SMALL_PAGE_BYTES: usize = 6 * 1024;

/// What befalls single alerts, with the numbers that it is drawn from.
const ODD: [(Kind, u64, Change); 4] = [
    (Kind::Vanishes, 221, vanish),
    (Kind::TimeGoesBack, 222, go_back),
    (Kind::HalfCharacter, 223, halve),
    (Kind::LargeAlert, 224, enlarge),
];

type Change = fn(&mut AlertPlan, &mut Random, u64);

/// Makes some alerts odd, and adds those of a long look-back or outage.
pub(crate) fn draw(schedule: &mut Schedule) {
    for (kind, stream, change) in ODD {
        if !schedule.has(kind) {
            continue;
        }
        let mut random = Random::new(schedule.seed, stream);
        for _ in 0..random.between(1, 4) {
            // Not the alert that comes when all is over.
            let alert = random.index(schedule.alerts.len() - 1);
            let plan = &mut schedule.alerts[alert];
            // One that does not parse leaves its records to the next version.
            if plan.versions.iter().all(|version| !version.is_bad) {
                change(plan, &mut random, schedule.active_secs);
            }
        }
    }
    if let Some(days) = known::outage_days(schedule) {
        let mut random = Random::new(schedule.seed, 235);
        add_older(schedule, &mut random, days);
        for alert in &mut schedule.alerts {
            if operator::is_older(alert.created) && random.percent(20) {
                let after = SignedDuration::from_secs(random.between(1, 1200).cast_signed());
                alert.change_at(origin() + after);
            }
        }
    } else if schedule.has(Kind::LongLookBack) && !schedule.has(Kind::LargeState) {
        // Who knows a state has no first poll.
        let mut random = Random::new(schedule.seed, 225);
        let days = random.between(2, 6);
        schedule.lookback_secs = days * 86_400;
        add_older(schedule, &mut random, days);
    }
}

/// Adds alerts of the days before the last one.
fn add_older(schedule: &mut Schedule, random: &mut Random, days: u64) {
    for _ in 0..random.between(10, 60) {
        let hours = random.between(25, days * 24 - 2);
        let alert = older(schedule, random, hours);
        let place = schedule.alerts.len() - 1;
        schedule.alerts.insert(place, alert);
    }
}

/// Makes each alert of a tenant larger than a page may be, or than any alert may be.
pub(crate) fn enlarge_all(schedule: &mut Schedule) {
    let mut random = Random::new(schedule.seed, 227);
    for plan in &mut schedule.alerts {
        enlarge(plan, &mut random, schedule.active_secs);
    }
}

/// Graph shows nothing of it for a while, soon after its last version has come.
fn vanish(plan: &mut AlertPlan, random: &mut Random, active_secs: u64) {
    let end = origin() + SignedDuration::from_secs(active_secs.cast_signed());
    let Some(last) = plan.versions.last() else {
        return;
    };
    let from =
        last.visible.max(origin()) + SignedDuration::from_secs(random.between(0, 90).cast_signed());
    let to = from + SignedDuration::from_secs(random.between(30, 3600).cast_signed());
    if from < end {
        plan.gone = Some((from, to.min(end)));
    }
}

/// Its last version says that it is from before the one before it, or from hours ago.
fn go_back(plan: &mut AlertPlan, random: &mut Random, _: u64) {
    let most_secs = random.pick(&[60, 400, 10 * 3600]);
    let [.., before, last] = &mut plan.versions[..] else {
        return;
    };
    let back = SignedDuration::from_secs(random.between(1, most_secs).cast_signed());
    let updated = before.updated - back;
    let text = |time| format!("\"lastUpdateDateTime\":\"{time:.7}\"");
    last.json = last.json.replace(&text(last.updated), &text(updated));
    last.updated = updated;
}

/// Half of a surrogate pair in the title, as JSON can have it and no text can.
fn halve(plan: &mut AlertPlan, random: &mut Random, _: u64) {
    let half = random.pick(&["\\ud83d", "\\udc00", "\\udc00\\ud83d"]);
    retitle(plan, &format!("\"title\":\"T{half}x\""));
}

/// Larger than a page may be, some of them larger than an alert may be.
fn enlarge(plan: &mut AlertPlan, random: &mut Random, _: u64) {
    let (page, alert) = PAGE_BYTES;
    let bytes = random.pick(&[page / 2, page + 1000, alert - 20_000, alert + 1]);
    enlarge_to(plan, bytes);
}

/// Makes an alert longer by so many bytes.
pub(crate) fn enlarge_to(plan: &mut AlertPlan, bytes: usize) {
    let text = "x".repeat(bytes);
    retitle(
        plan,
        &format!("\"title\":\"Large\",\"description\":\"{text}\""),
    );
}

/// Whether half of a character stands alone in it.
pub(crate) fn has_half(version: &Version) -> bool {
    matches!(without_lone_surrogates(&version.json), Cow::Owned(_))
}

fn retitle(plan: &mut AlertPlan, title: &str) {
    for version in &mut plan.versions {
        version.json = version.json.replace("\"title\":\"T\"", title);
    }
}
