//! The alerts of a schedule and their versions, all known beforehand: what Graph shows at an
//! instant depends on nothing else, so that every poller meets the same alerts.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::pieces::Pieces;
use crate::random::Random;
use crate::{Counts, Kind, Schedule, known, operator, origin, restless};

/// One alert through its life.
#[derive(Debug, Clone)]
pub struct AlertPlan {
    /// Its id.
    pub id: String,
    /// `createdDateTime`.
    pub created: Timestamp,
    /// Its versions, the first one first.
    pub versions: Vec<Version>,
    /// From when until when Graph shows nothing of it.
    pub gone: Option<(Timestamp, Timestamp)>,
}

/// What an alert is between two updates. Evidence is only ever added or reordered: Graph shows the
/// latest version only, so that a version which lived for a moment binds nobody.
#[derive(Debug, Clone)]
pub struct Version {
    /// `lastUpdateDateTime`.
    pub updated: Timestamp,
    /// From when on Graph returns it.
    pub visible: Timestamp,
    /// The alert as Graph sends it.
    pub json: String,
    /// Whether it does not parse.
    pub is_bad: bool,
    /// The files on it: each one is a record.
    pub files: Vec<u32>,
}

impl AlertPlan {
    /// Whether a version says that it is from before another one that came before it.
    pub(crate) fn goes_back(&self) -> bool {
        !self.versions.is_sorted_by_key(|version| version.updated)
    }

    /// The version that Graph shows at `now`, by its place.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Option<usize> {
        let is_gone = |(from, to)| from <= now && now < to;
        if self.gone.is_some_and(is_gone) {
            return None;
        }
        self.versions.iter().rposition(|v| v.visible <= now)
    }

    /// Changes it once more, at that time: nothing of it but the time of its last update.
    pub(crate) fn change_at(&mut self, updated: Timestamp) {
        let files = self
            .versions
            .last()
            .map(|version| version.files.clone())
            .unwrap_or_default();
        self.versions.push(Version {
            updated,
            visible: updated,
            json: json(&self.id, "new", (self.created, updated), &files, false),
            is_bad: false,
            files,
        });
    }

    /// The version that a replica shows which is so far behind; never one that makes a version later
    /// than what may be late without a sweep.
    #[must_use]
    pub(crate) fn behind(&self, now: Timestamp, lag: SignedDuration) -> Option<usize> {
        let place = self.at(now)?;
        let version = &self.versions[place];
        let seen = version.visible + lag;
        let may_lag = seen.duration_since(version.updated) <= LATEST;
        let is_old = now < seen && may_lag && place > 0 && self.versions[place - 1].visible <= now;
        Some(if is_old { place - 1 } else { place })
    }
}

/// How late a version may be without a sweep.
const LATEST: SignedDuration = SignedDuration::from_mins(10);

/// How the alerts of a schedule are drawn.
pub(crate) fn draw(schedule: &Schedule) -> Vec<AlertPlan> {
    let mut random = Random::new(schedule.seed, 1);
    let has = |kind| schedule.has(kind);
    let active = schedule.active_secs;
    let mut times: Vec<i64> = Vec::new();
    for _ in 0..random.between(4, 24) {
        times.push(millis(&mut random, 0, active));
    }
    if has(Kind::Backlog) {
        for _ in 0..random.between(1, 14) {
            times.push(-millis(&mut random, 0, 7200));
        }
    }
    if has(Kind::Ties) {
        let many = if random.percent(4) { 400 } else { 24 };
        let at = millis(&mut random, 0, active);
        times.extend(std::iter::repeat_n(at, random.index(many) + 2));
    }
    let ties = times.len() > 60;
    let mut alerts: Vec<AlertPlan> = times
        .into_iter()
        .enumerate()
        .map(|(n, at)| alert(schedule, &mut random, n, at, ties))
        .collect();
    // The last one is created when the faults are over: who does not see it has stalled.
    let probe = i64::try_from(active + 75).unwrap_or(0) * 1000;
    let mut calm = schedule.clone();
    calm.kinds = crate::Kinds::NONE;
    let n = alerts.len();
    alerts.push(alert(&calm, &mut random, n, probe, true));
    alerts
}

/// The most versions that lie so close to each other that no window is cut between them.
pub(crate) fn most_at_once(alerts: &[AlertPlan]) -> usize {
    let versions = alerts.iter().flat_map(|plan| &plan.versions);
    let mut times: Vec<i64> = versions.map(|v| v.updated.as_millisecond()).collect();
    times.sort_unstable();
    let until = |from: &i64| times.partition_point(|time| time - from < 20);
    let counts = times.iter().enumerate().map(|(n, from)| until(from) - n);
    counts.max().unwrap_or(0)
}

/// An alert that came to rest so many hours before the schedule begins.
pub(crate) fn older(schedule: &Schedule, random: &mut Random, hours: u64) -> AlertPlan {
    let mut calm = schedule.clone();
    calm.kinds = crate::Kinds::NONE;
    let at_ms = -millis(random, hours * 3600, hours * 3600 + 3599);
    let n = 1000 + schedule.alerts.len();
    alert(&calm, random, n, at_ms, true)
}

/// How often each kind of trouble is in the alerts themselves.
pub(crate) fn census(schedule: &Schedule, counts: &mut Counts) {
    let delay = SignedDuration::from_secs(2);
    let mut previous = None;
    if known::count(schedule) > 0 {
        counts.strike(Kind::LargeState);
    }
    for plan in &schedule.alerts {
        if previous.replace(plan.created) == Some(plan.created) {
            counts.strike(Kind::Ties);
        }
        if plan.created < origin() && !operator::is_older(plan.created) {
            counts.strike(Kind::Backlog);
        }
        let is_old = operator::is_older(plan.created);
        for (kind, is_it) in [
            (Kind::Vanishes, plan.gone.is_some()),
            (
                Kind::LongLookBack,
                is_old && schedule.lookback_secs > 86_400,
            ),
            (
                Kind::LongOutage,
                is_old && known::outage_days(schedule).is_some(),
            ),
        ] {
            if is_it {
                counts.strike(kind);
            }
        }
        let mut before = None;
        for (n, version) in plan.versions.iter().enumerate() {
            let is_earlier = before.replace(version.updated) > Some(version.updated);
            let large = restless::PAGE_BYTES.0 / 2;
            let late = version.visible.duration_since(version.updated);
            let very = late > LATEST;
            for (kind, is_it) in [
                (Kind::Late, late > delay && !very),
                (Kind::VeryLate, very),
                (Kind::Moves, n > 0 && schedule.has(Kind::Moves)),
                (Kind::BadAlert, version.is_bad),
                (Kind::TimeGoesBack, is_earlier),
                (Kind::HalfCharacter, restless::has_half(version)),
                (Kind::LargeAlert, version.json.len() > large),
                (
                    Kind::LateEvidence,
                    n > 0 && schedule.has(Kind::LateEvidence),
                ),
            ] {
                if is_it {
                    counts.strike(kind);
                }
            }
        }
    }
}

fn alert(schedule: &Schedule, random: &mut Random, n: usize, at_ms: i64, once: bool) -> AlertPlan {
    let created = origin() + SignedDuration::from_millis(at_ms);
    let mut plan = AlertPlan {
        id: format!("da{:06x}-{n}", schedule.seed & 0xff_ffff),
        created,
        versions: Vec::new(),
        gone: None,
    };
    let mut files: Vec<u32> = (0..u32::try_from(random.between(0, 3)).unwrap_or(0)).collect();
    let updates = if once {
        0
    } else {
        let most = if schedule.has(Kind::Moves) { 6 } else { 2 };
        random.between(0, most)
    };
    let mut pieces = schedule.has(Kind::LateEvidence).then(|| {
        let random = Random::new(schedule.seed, 10_000 + n as u64);
        Pieces::draw(random, usize::try_from(updates).unwrap_or(0) + 1)
    });
    let mut updated = created;
    for update in 0..=updates {
        if update > 0 {
            let end = origin() + SignedDuration::from_secs(schedule.active_secs.cast_signed());
            let earliest = updated.max(origin());
            let left = end.duration_since(earliest).as_millis().max(1);
            // Some soon, so that rows leave while a window is being paged.
            let longest = match schedule.has(Kind::Moves) && random.percent(50) {
                true => 40,
                false => u64::try_from(left).unwrap_or(1) / 2000 + 1,
            };
            let step = millis(random, 1, longest).min(i64::try_from(left).unwrap_or(0));
            updated = earliest + SignedDuration::from_millis(step);
            let first = u32::try_from(files.len()).unwrap_or(0);
            let more = u32::try_from(random.between(0, 2)).unwrap_or(0);
            for file in first..first + more {
                let place = random.index(files.len() + 1);
                files.insert(place, file);
            }
        }
        let late = schedule.has(Kind::Late) && random.percent(40);
        let delay = if late { millis(random, 1, 600) } else { 2000 };
        let is_bad = schedule.has(Kind::BadAlert) && random.percent(15);
        // Set and set back.
        let is_set = schedule.has(Kind::Replicas) && update % 2 == 1;
        let status = if is_set { "inProgress" } else { "new" };
        plan.versions.push(Version {
            updated,
            visible: updated + SignedDuration::from_millis(delay),
            json: match &mut pieces {
                Some(pieces) => {
                    let evidence = pieces.evidence(plan.versions.len(), &files);
                    let text = json(&plan.id, status, (created, updated), &[], is_bad);
                    with_evidence(&text, evidence)
                }
                None => json(&plan.id, status, (created, updated), &files, is_bad),
            },
            is_bad,
            files: files.clone(),
        });
    }
    plan
}

/// The alert with this evidence in place of its own.
fn with_evidence(alert: &str, evidence: Vec<serde_json::Value>) -> String {
    let mut alert: serde_json::Value = serde_json::from_str(alert).expect("it was just written");
    alert["evidence"] = evidence.into();
    alert.to_string()
}

fn millis(random: &mut Random, from_secs: u64, to_secs: u64) -> i64 {
    i64::try_from(random.between(from_secs * 1000, to_secs * 1000)).unwrap_or(0)
}

fn json(
    id: &str,
    status: &str,
    (created, updated): (Timestamp, Timestamp),
    files: &[u32],
    is_bad: bool,
) -> String {
    // An id that is no string makes no alert; the marker finds it again in the quarantine.
    let id = if is_bad {
        format!("{{\"no\":\"{id} {updated:.7}\"}}")
    } else {
        format!("\"{id}\"")
    };
    let mut text = format!(
        "{{\"id\":{id},\"severity\":\"high\",\"title\":\"T\",\"status\":\"{status}\",\
         \"createdDateTime\":\"{created:.7}\",\"lastUpdateDateTime\":\"{updated:.7}\",\
         \"evidence\":[{{\"@odata.type\":\"#microsoft.graph.security.deviceEvidence\",\
         \"mdeDeviceId\":\"d1\",\"deviceDnsName\":\"host.example.com\"}}"
    );
    for file in files {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            ",{{\"@odata.type\":\"#microsoft.graph.security.fileEvidence\",\"mdeDeviceId\":\"d1\",\
             \"fileDetails\":{{\"fileName\":\"f{file}.exe\",\"filePath\":\"C:\\\\x\"}}}}"
        );
    }
    text.push_str("]}");
    text
}
