//! What an output that asks for changes has to have in the end: each version once at most, and of what
//! it has, the newest is what Graph ends up showing.

use std::collections::BTreeMap;

use drawbridge_alert::{Alert, without_lone_surrogates};
use serde_json::Value;

use crate::check::{Findings, Undelivered, holds, is_excused};
use crate::handler::Held;
use crate::{Kind, Schedule};

pub(crate) fn check(
    schedule: &Schedule,
    held: &Held,
    undelivered: &Undelivered,
    findings: &mut Findings,
) {
    if !schedule.has(Kind::Replicas) {
        return;
    }
    let places = places(schedule);
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    let mut newest: BTreeMap<usize, usize> = BTreeMap::new();
    let versions = held.of_others.iter();
    let versions: Vec<_> = versions.filter(|taken| taken.format == "native").collect();
    // Of what a poll sent or put aside that did not save, the state knows nothing: what is set back before
    // the next poll is no change to it.
    let known = versions.iter().filter(|taken| taken.saved);
    let known = known.map(|taken| &taken.key);
    for key in known.chain(&undelivered.noted) {
        if let Some((alert, version)) = places.get(key) {
            let known = newest.entry(*alert).or_default();
            *known = (*known).max(*version);
        }
    }
    for taken in versions {
        let Some((alert, version)) = places.get(&taken.key) else {
            findings
                .broken
                .push(format!("no version has the key {}", taken.key));
            continue;
        };
        let json = &schedule.alerts[*alert].versions[*version].json;
        if meaning(&taken.body, true) != meaning(json, true) {
            findings
                .broken
                .push(format!("another version: {}", taken.key));
        }
        *copies.entry(&taken.key).or_default() += usize::from(!is_excused(taken));
    }
    for (key, copies) in copies.into_iter().filter(|(_, copies)| *copies > 1) {
        let broken = format!("a version was written {copies} times without an excuse: {key}");
        findings.broken.push(broken);
    }
    for (n, plan) in schedule.alerts.iter().enumerate() {
        let Some(last) = plan.versions.last().filter(|last| !last.is_bad) else {
            continue;
        };
        let newest = newest.get(&n).map(|place| &plan.versions[*place].json);
        let is_last = newest.is_some_and(|json| meaning(json, false) == meaning(&last.json, false));
        let mut unread = undelivered.gaps.iter().chain(&undelivered.left);
        if !is_last && !unread.any(|window| holds(window, last.updated)) {
            let broken =
                format!("the newest version of alert {n} that was written is not its last");
            findings.broken.push(broken);
        }
    }
}

/// The alert and the version behind each key.
fn places(schedule: &Schedule) -> BTreeMap<String, (usize, usize)> {
    let format = drawbridge_record::format("native").expect("a format");
    let mut places = BTreeMap::new();
    for (n, plan) in schedule.alerts.iter().enumerate() {
        for (v, version) in plan.versions.iter().enumerate() {
            let json = without_lone_surrogates(&version.json);
            if let Ok(alert) = Alert::decode(&json) {
                let records = drawbridge_record::records(format, &alert);
                places.extend(records.map(|record| (record.key, (n, v))));
            }
        }
    }
    places
}

/// What an alert says, with or without the time of its last update: without nulls, and with evidence
/// and members in an order of their own.
fn meaning(json: &str, with_time: bool) -> String {
    let json = without_lone_surrogates(json);
    let mut alert: Value = serde_json::from_str(&json).expect("an alert is JSON");
    if let Value::Object(members) = &mut alert
        && !with_time
    {
        members.remove("lastUpdateDateTime");
    }
    said(&alert)
}

fn said(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(said).collect();
            items.sort_unstable();
            format!("{items:?}")
        }
        Value::Object(members) => {
            let is_said = |(_, value): &(&String, &Value)| {
                !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty())
            };
            let members = members.iter().filter(is_said);
            let members: BTreeMap<_, _> =
                members.map(|(name, value)| (name, said(value))).collect();
            format!("{members:?}")
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::alerts::Version;
    use crate::handler::{PutAside, Taken};
    use crate::{Kinds, Without, origin};

    /// An alert that is set and set back.
    fn schedule() -> Schedule {
        let calm = Kind::ALL.into_iter().fold(Kinds::NONE, Kinds::with);
        let mut schedule = Schedule::new(1, &Without::from(calm));
        schedule.kinds = Kinds::NONE.with(Kind::Replicas);
        schedule.alerts.truncate(1);
        let first = schedule.alerts[0].versions[0].clone();
        let time = |time| format!("\"lastUpdateDateTime\":\"{time:.7}\"");
        let versions = ["new", "inProgress", "new"].into_iter().zip(1..);
        let versions = versions.map(|(status, minute)| {
            let updated = origin() + SignedDuration::from_mins(minute);
            let status = format!("\"status\":\"{status}\"");
            let json = first.json.replace("\"status\":\"new\"", &status);
            Version {
                updated,
                visible: updated,
                json: json.replace(&time(first.updated), &time(updated)),
                ..first.clone()
            }
        });
        schedule.alerts[0].versions = versions.collect();
        schedule
    }

    /// What is wrong if the first version was written, the second one lies in quarantine, and nothing followed.
    fn broken(saved: bool) -> Vec<String> {
        let schedule = schedule();
        let keys = places(&schedule).into_iter();
        let keys: BTreeMap<usize, String> = keys.map(|(key, (_, n))| (n, key)).collect();
        let written = Taken {
            tenant: schedule.tenant.clone(),
            format: "native".to_owned(),
            at: origin(),
            run: 1,
            is_acknowledged: true,
            saved: true,
            key: keys[&0].clone(),
            body: schedule.alerts[0].versions[0].json.clone(),
        };
        let object = "quarantine/contoso/records/2.json".to_owned();
        let item = serde_json::json!({"key": keys[&1], "record": "{}"});
        let held = Held {
            of_others: vec![written],
            objects: [(object.clone(), item.to_string().into())].into(),
            put_aside: vec![PutAside {
                object,
                run: 2,
                saved,
            }],
            ..Held::default()
        };
        let mut findings = Findings::default();
        check(&schedule, &held, &Undelivered::read(&held), &mut findings);
        findings.broken
    }

    #[test]
    fn what_is_set_back_follows_what_a_poll_that_saved_has_put_aside() {
        assert_eq!(broken(true).len(), 1);
        assert_eq!(broken(false), Vec::<String>::new());
    }
}
