//! The formats that a tenant's records are written in, and what is promised of those beside the first.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_alert::{Alert, without_lone_surrogates};
use drawbridge_record::{Change, Format};

use crate::check::{Findings, Undelivered, is_excused};
use crate::handler::{Held, Taken};
use crate::{AlertPlan, Kind, Schedule};

/// The formats of a schedule with several outputs; where replicas disagree, there are two.
const FORMATS: [&str; 3] = ["siem", "native", "ocsf"];

/// The formats besides the first.
pub(crate) fn others(schedule: &Schedule) -> &'static [&'static str] {
    match (
        schedule.has(Kind::ManyOutputs),
        schedule.has(Kind::Replicas),
    ) {
        (true, _) => &FORMATS[1..],
        (false, true) => &FORMATS[1..2],
        (false, false) => &[],
    }
}

/// How many formats there are, at most.
pub(crate) const fn most() -> u64 {
    FORMATS.len() as u64
}

/// Whether `format` is the one of that number.
pub(crate) fn is(format: &str, number: u64) -> bool {
    FORMATS.get(usize::try_from(number).unwrap_or(0)) == Some(&format)
}

/// What every version of every alert says in a format that writes one record per version: the alert and a
/// digest of what it says, by key.
fn said(format: &dyn Format, alerts: &[AlertPlan]) -> BTreeMap<String, (usize, [u8; 32])> {
    let mut said = BTreeMap::new();
    for (n, plan) in alerts.iter().enumerate() {
        for version in &plan.versions {
            let json = without_lone_surrogates(&version.json);
            let Ok(alert) = Alert::decode(&json) else {
                continue;
            };
            for draft in format.drafts(&alert) {
                let record = draft.write(0, Change::New);
                said.insert(record.key, (n, draft.content()));
            }
        }
    }
    said
}

/// In each format, what the last version of an alert says was written, and no version twice.
pub(crate) fn check(
    schedule: &Schedule,
    held: &Held,
    undelivered: &Undelivered,
    findings: &mut Findings,
) {
    for name in others(schedule) {
        let format = drawbridge_record::format(name).expect("a format of the registry");
        let said = said(format, &schedule.alerts);
        let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
        let ours = |taken: &&Taken| taken.format == *name;
        for taken in held.of_others.iter().filter(ours) {
            *copies.entry(&taken.key).or_default() += usize::from(!is_excused(taken));
            if !said.contains_key(&taken.key) {
                let broken = format!("nobody asked for {name} {}", taken.key);
                findings.broken.push(broken);
            }
        }
        let twice = copies.iter().filter(|(_, plain)| **plain > 1);
        let twice = twice.map(|(key, plain)| format!("written {plain} times: {name} {key}"));
        findings.broken.extend(twice);
        let arrived = copies.keys().copied();
        let keys = arrived.chain(undelivered.records.keys().map(String::as_str));
        let arrived: BTreeSet<_> = keys.filter_map(|key| said.get(key)).collect();
        for (n, plan) in schedule.alerts.iter().enumerate() {
            let Some(last) = plan.versions.last().filter(|last| !last.is_bad) else {
                continue;
            };
            let wanted = said_last(format, &last.json);
            let is_there = wanted.is_none_or(|content| arrived.contains(&(n, content)));
            if !is_there && !undelivered.holds(last.updated) {
                findings.lost += 1;
                let broken = format!("lost: alert {n} as it is in the end, in {name}");
                findings.broken.push(broken);
            }
        }
    }
}

fn said_last(format: &dyn Format, json: &str) -> Option<[u8; 32]> {
    let json = without_lone_surrogates(json);
    let alert = Alert::decode(&json).ok()?;
    let draft = format.drafts(&alert).next()?;
    Some(draft.content())
}
