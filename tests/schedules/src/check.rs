//! The properties, checked once a schedule has ended.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_cursor::{State, Window};
use jiff::{SignedDuration, Timestamp};

use crate::alerts::Version;
use crate::expected::{Wanted, expected, expected_facts, without_part};
use crate::facts;
use crate::handler::{DAMAGED, Held, PutAside, Ran, Taken};
use crate::{Kind, Schedule, bounds, known, origin, outputs, versions};

/// A state may have this many ranges to read at most.
const MAX_RANGES: usize = 200;

/// What a schedule showed.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Broken properties.
    pub broken: Vec<String>,
    /// Records that the queue has.
    pub records: usize,
    /// Records that came more than once, for a reason that the guarantee allows.
    pub repeated: usize,
    /// Records with an `AlertPart` that another record of the alert has: one of the two was sent by a
    /// poll that did not save.
    pub shared_parts: usize,
    /// Alerts, records and windows in the quarantine.
    pub quarantined: usize,
    /// Records in windows that Graph would not answer: in quarantine as a job.
    pub in_gaps: usize,
    /// Records in ranges that are still to be read: a poison alert that is never mended is narrowed down
    /// poll by poll, beside the live polls, and that may take longer than a schedule.
    pub still_left: usize,
    /// How long each record of a live alert took from its visibility to its arrival, in milliseconds.
    pub lags_ms: Vec<i64>,
    /// The longest time from a record's visibility to its arrival, in seconds.
    pub worst_delay_secs: i64,
    /// The same for the records that only the hourly sweep finds, and only the daily one.
    pub worst_sweep_secs: [i64; 2],
    /// The same for tenants with nothing wrong, beside one in trouble.
    pub worst_beside_secs: i64,
    /// Whether store or queue were in trouble, too, or every process was busy.
    pub beside_more: bool,
    /// What was wrong with each neighbour in trouble.
    pub troubles: Vec<Kind>,
    /// Requests to Graph.
    pub requests: u64,
    /// Whether the watermark is behind because of a poison alert that is never mended.
    pub held_back: bool,
    /// Whether the alert after all faults did not arrive.
    pub stalled: bool,
    /// Records that did not arrive.
    pub lost: usize,
    /// Records that the final versions call for.
    pub wanted: usize,
    /// The most pages that a saved state named.
    pub pages: usize,
    /// Alerts of which nothing arrived, neither at the queue nor in the quarantine.
    pub unseen: usize,
}

/// Checks what is left of a schedule.
#[must_use]
pub(crate) fn check(schedule: &Schedule, ran: &Ran) -> Findings {
    let held = &ran.held;
    let wanted = expected(schedule);
    let mut findings = Findings {
        records: held.taken.len(),
        requests: ran.requests,
        pages: held.most_pages,
        quarantined: held
            .objects
            .keys()
            .filter(|key| key.starts_with("quarantine/"))
            .count(),
        ..Findings::default()
    };
    let undelivered = Undelivered::read(held);
    nothing_lost(schedule, held, &wanted, &undelivered, &mut findings);
    no_fact_lost(schedule, held, &undelivered, &mut findings);
    nothing_twice(held, &wanted, &mut findings);
    for page in &held.missing_pages {
        let broken = format!("a saved state names a page that is not there: {page}");
        findings.broken.push(broken);
    }
    nothing_needless(schedule, held, &wanted, &undelivered, &mut findings);
    versions::check(schedule, held, &undelivered, &mut findings);
    state_sound(schedule, held, &mut findings);
    outputs::check(schedule, held, &undelivered, &mut findings);
    disk_not_filled(schedule, held, &mut findings);
    findings.broken.extend(ran.broken.iter().cloned());
    findings
}

fn nothing_lost(
    schedule: &Schedule,
    held: &Held,
    wanted: &BTreeMap<String, Wanted>,
    undelivered: &Undelivered,
    findings: &mut Findings,
) {
    let mut arrived: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for taken in &held.taken {
        arrived.entry(&taken.key).or_insert(taken.at);
    }
    let mut unseen = BTreeSet::new();
    for (key, record) in wanted {
        findings.wanted += usize::from(record.is_final);
        let at = arrived.get(key.as_str()).copied();
        let is_quarantined = undelivered.records.contains_key(key);
        if let Some(at) = at.filter(|_| record.is_seen() && bounds::is_live(record)) {
            let lag = at.duration_since(record.visible);
            findings
                .lags_ms
                .push(i64::try_from(lag.as_millis()).unwrap_or(i64::MAX));
        }
        let name = format!("record {key}");
        if is_lost(
            schedule,
            (&name, record),
            (at, is_quarantined),
            undelivered,
            findings,
        ) {
            findings.lost += 1;
            unseen.insert(record.alert);
            findings.stalled |= record.alert == schedule.probe();
        }
    }
    for (key, record) in wanted {
        if arrived.contains_key(key.as_str()) {
            unseen.remove(&record.alert);
        }
    }
    findings.unseen = unseen.len();
    for (n, plan) in schedule.alerts.iter().enumerate() {
        let Some(last) = plan.versions.last().filter(|last| last.is_bad) else {
            continue;
        };
        let marker = format!("{} {:.7}", plan.id, last.updated);
        let in_gap = undelivered.holds(last.updated);
        if !in_gap && !undelivered.texts.iter().any(|text| text.contains(&marker)) {
            findings.lost += 1;
            findings.broken.push(format!(
                "neither delivered nor quarantined: alert {n}, which does not parse"
            ));
        }
    }
}

/// Whether a record or a fact that was to arrive did neither that nor lies in the quarantine, and how long it
/// took if it did.
fn is_lost(
    schedule: &Schedule,
    (name, wanted): (&str, &Wanted),
    (arrived, is_quarantined): (Option<Timestamp>, bool),
    undelivered: &Undelivered,
    findings: &mut Findings,
) -> bool {
    if let Some(at) = arrived {
        // What is quarantined came in time, whatever record shows it later.
        if !wanted.is_seen() || is_quarantined {
            return false;
        }
        let delay_to = |at: Timestamp| at.duration_since(wanted.visible.max(origin())).as_secs();
        let worst = match bounds::sweep(wanted) {
            Some(sweep) => &mut findings.worst_sweep_secs[sweep],
            None => &mut findings.worst_delay_secs,
        };
        *worst = delay_to(at).max(*worst);
        // What lies there in a window came in time, too, if that was put there in time.
        let last = schedule.alerts[wanted.alert].versions.last();
        let put = last.filter(|_| wanted.is_final);
        let put = put.and_then(|last| undelivered.quarantined_at(last));
        let delay = delay_to(put.map_or(at, |put| put.min(at)));
        if let Some(bound) = bounds::bound_secs(schedule, wanted)
            && delay > bound
        {
            findings.broken.push(format!(
                "late: {delay} s after it was visible, not {bound}: alert {}, {name}",
                wanted.alert
            ));
        }
        return false;
    }
    let plan = &schedule.alerts[wanted.alert];
    let Some(last) = plan.versions.last().filter(|last| !last.is_bad) else {
        return false;
    };
    if !wanted.is_final || is_quarantined {
        return false;
    }
    if undelivered.gaps.iter().any(|gap| holds(gap, last.updated)) {
        findings.in_gaps += 1;
        return false;
    }
    if undelivered
        .left
        .iter()
        .any(|range| holds(range, last.updated))
    {
        findings.still_left += 1;
        return false;
    }
    findings.broken.push(format!(
        "lost: alert {} updated {:.3} visible {:.3}, {name}",
        wanted.alert, last.updated, last.visible
    ));
    true
}

/// Each device's id, device's name and user that the last version of an alert shows stands in some
/// record of it.
fn no_fact_lost(
    schedule: &Schedule,
    held: &Held,
    undelivered: &Undelivered,
    findings: &mut Findings,
) {
    let ids = schedule.alerts.iter().map(|plan| plan.id.as_str());
    let alerts: BTreeMap<&str, usize> = ids.zip(0..).collect();
    let of_key = |key: &str| alerts.get(key.split_once(':')?.0).copied();
    let mut arrived: BTreeMap<(usize, facts::Fact), Timestamp> = BTreeMap::new();
    for taken in &held.taken {
        let Some(alert) = of_key(&taken.key) else {
            continue;
        };
        for fact in facts::of_record(&taken.body) {
            arrived.entry((alert, fact)).or_insert(taken.at);
        }
    }
    let quarantined: BTreeSet<(usize, facts::Fact)> = undelivered
        .records
        .iter()
        .filter_map(|(key, body)| Some((of_key(key)?, body)))
        .flat_map(|(alert, body)| {
            facts::of_record(body)
                .into_iter()
                .map(move |fact| (alert, fact))
        })
        .collect();
    for (fact, wanted) in &expected_facts(&schedule.alerts) {
        let found = (arrived.get(fact).copied(), quarantined.contains(fact));
        let name = format!("{:?}", fact.1);
        is_lost(schedule, (&name, wanted), found, undelivered, findings);
    }
}

/// A record for late evidence shows something that no record before it did. A poll that was not
/// saved excuses the next one, and so does a record that was quarantined: what it carried is given
/// back with it, whoever carries it besides.
fn nothing_needless(
    schedule: &Schedule,
    held: &Held,
    wanted: &BTreeMap<String, Wanted>,
    undelivered: &Undelivered,
    findings: &mut Findings,
) {
    let mut shown: BTreeMap<usize, BTreeSet<facts::Fact>> = BTreeMap::new();
    let unsaved = held.taken.iter().filter(|taken| is_excused(taken));
    let keys = unsaved
        .map(|taken| &taken.key)
        .chain(undelivered.records.keys());
    let excused: BTreeSet<usize> = keys
        .filter_map(|key| Some(wanted.get(key)?.alert))
        .collect();
    let is_repeated = schedule.has(Kind::Overlap) || schedule.has(Kind::QueueRefuses);
    // A record that was refused for good and could not be quarantined either is sent by a later poll.
    let is_refused_twice = schedule.has(Kind::QueueRefusesForGood)
        && (schedule.has(Kind::StoreAmbiguous) || schedule.has(Kind::StoreDown));
    if is_repeated || is_refused_twice {
        return;
    }
    for taken in &held.taken {
        let Some(record) = wanted.get(&taken.key) else {
            continue;
        };
        let shown = shown.entry(record.alert).or_default();
        let facts = facts::of_record(&taken.body);
        let is_news = facts.iter().any(|fact| !shown.contains(fact));
        if !record.is_sure && !is_news && !excused.contains(&record.alert) {
            let broken = format!("needless: it shows nothing new: {}", taken.key);
            findings.broken.push(broken);
        }
        shown.extend(facts);
    }
}

pub(crate) fn holds(gap: &Window, time: Timestamp) -> bool {
    (gap.from()..gap.to()).contains(&time)
}

/// What was not delivered: what the quarantine holds, and what is still to be read.
pub(crate) struct Undelivered {
    texts: Vec<String>,
    /// Their bodies, by key.
    pub(crate) records: BTreeMap<String, String>,
    /// The keys of those that a poll put there which saved its state then.
    pub(crate) noted: BTreeSet<String>,
    pub(crate) gaps: Vec<Window>,
    /// When each of them was put there.
    gaps_at: Vec<(Window, Timestamp)>,
    pub(crate) left: Vec<Window>,
}

impl Undelivered {
    /// Whether what was updated then lies in a quarantined window, or is still to be read.
    pub(crate) fn holds(&self, updated: Timestamp) -> bool {
        let mut windows = self.gaps.iter().chain(&self.left);
        windows.any(|window| holds(window, updated))
    }

    /// When a window with this version in it was put into the quarantine after Graph had shown it.
    fn quarantined_at(&self, version: &Version) -> Option<Timestamp> {
        let gaps = self.gaps_at.iter();
        let later = gaps.filter(|(gap, at)| holds(gap, version.updated) && *at >= version.visible);
        later.map(|(_, at)| *at).min()
    }

    pub(crate) fn read(held: &Held) -> Self {
        let mut undelivered = Self {
            texts: Vec::new(),
            records: BTreeMap::new(),
            noted: BTreeSet::new(),
            gaps: Vec::new(),
            gaps_at: Vec::new(),
            left: Vec::new(),
        };
        for (key, body) in &held.objects {
            if key.starts_with("state/") {
                let state = State::decode(body).unwrap_or_default();
                let backfills = state.backfills.values();
                let asked = backfills.flat_map(|backfill| backfill.ranges.iter());
                let left = state.unread.iter().chain(state.again.iter()).chain(asked);
                undelivered.left = left.map(|range| range.window).collect();
                continue;
            }
            let text = String::from_utf8_lossy(body);
            let Ok(item) = serde_json::from_str::<serde_json::Value>(&text) else {
                continue;
            };
            if key.contains("/records/") {
                let text = |name: &str| item[name].as_str().map(str::to_owned);
                let is_noted = |put: &PutAside| put.saved && put.object == *key;
                if held.put_aside.iter().any(is_noted) {
                    undelivered.noted.extend(text("key"));
                }
                undelivered.records.extend(text("key").zip(text("record")));
            } else if key.contains("/gaps/") {
                if let Ok(window) = serde_json::from_value::<Window>(item["window"].clone()) {
                    let puts = held.gaps.iter().filter(|(put, _)| put == key);
                    let at = puts.map(|(_, at)| (window, *at));
                    undelivered.gaps_at.extend(at);
                    undelivered.gaps.push(window);
                }
            } else if key.contains("/alerts/") {
                undelivered.texts.push(text.into_owned());
            }
        }
        undelivered
    }
}

/// A copy for which the guarantee has an excuse: its poll died, failed or was superseded before it
/// saved, or the queue's answer was lost.
pub(crate) fn is_excused(taken: &Taken) -> bool {
    !taken.is_acknowledged || !taken.saved
}

fn nothing_twice(held: &Held, wanted: &BTreeMap<String, Wanted>, findings: &mut Findings) {
    let mut copies: BTreeMap<&str, Vec<&Taken>> = BTreeMap::new();
    for taken in &held.taken {
        copies.entry(&taken.key).or_default().push(taken);
    }
    // What has each number: of which record, and whether that was sent by a poll that saved.
    let mut parts: BTreeMap<(usize, u32), BTreeMap<&str, bool>> = BTreeMap::new();
    for (key, copies) in copies {
        findings.repeated += copies.len() - 1;
        let plain = copies.iter().filter(|copy| !is_excused(copy));
        if plain.clone().count() > 1 {
            findings.broken.push(format!(
                "written {} times without an excuse: {key}",
                plain.clone().count()
            ));
        }
        let Some(record) = wanted.get(key) else {
            findings.broken.push(format!("nobody asked for {key}"));
            continue;
        };
        for copy in &copies {
            let (body, part) = without_part(&copy.body);
            if !record.bodies.contains(&body) {
                findings.broken.push(format!("another body: {key}"));
            }
            let records = parts.entry((record.alert, part)).or_default();
            *records.entry(key).or_default() |= !is_excused(copy);
        }
    }
    for ((alert, part), records) in parts {
        let plain = records.values().filter(|is_plain| **is_plain).count();
        if plain > 1 {
            let broken = format!("AlertPart {part} of alert {alert} names {plain} records");
            findings.broken.push(broken);
        }
        findings.shared_parts += records.len() - 1;
    }
}

/// Checks what is left of another tenant of the schedule, and adds it to the first one's findings.
pub(crate) fn check_neighbour(schedule: &Schedule, ran: &Ran, findings: &mut Findings) {
    let mut theirs = Findings::default();
    if let Some(trouble) = schedule.trouble() {
        findings.troubles.push(trouble);
        // Nothing is asked of it but to break nothing.
        watermark_stays(schedule, &ran.held, &mut theirs);
        theirs.broken.extend(ran.broken.iter().cloned());
        if schedule.has(Kind::StateDamaged) {
            let mut objects = ran.held.objects.values();
            if !objects.any(|body| body == DAMAGED) {
                let broken = "a damaged state was written over".to_owned();
                theirs.broken.push(broken);
            }
        }
    } else {
        theirs = check(schedule, ran);
        let worst = findings.worst_beside_secs.max(theirs.worst_delay_secs);
        findings.worst_beside_secs = worst;
        findings.beside_more |= !schedule.episodes.is_empty() || schedule.slot_wait_secs > 0;
    }
    let tenant = &schedule.tenant;
    let broken = theirs.broken.iter();
    findings
        .broken
        .extend(broken.map(|broken| format!("{tenant}: {broken}")));
}

/// The watermark goes back only where a clock was wrong: one that lies ahead is not believed.
fn watermark_stays(schedule: &Schedule, held: &Held, findings: &mut Findings) {
    let mut pairs = held.watermarks.windows(2);
    let stays = pairs.all(|two| two[0] <= two[1]);
    let is_wrong = schedule.has(Kind::ClockJump) || schedule.has(Kind::WrongClock);
    if !stays && !is_wrong {
        findings.broken.push("the watermark went back".to_owned());
    }
}

/// Where it is known that there is no room for the state, nothing is sent but by the polls that had
/// begun before.
fn disk_not_filled(schedule: &Schedule, held: &Held, findings: &mut Findings) {
    let ms = |at: Timestamp| u64::try_from(at.duration_since(origin()).as_millis()).unwrap_or(0);
    let mut polls: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
    for taken in held.taken.iter().chain(&held.of_others) {
        let full = schedule.episode(Kind::DiskFull, ms(taken.at));
        if let Some(full) = full.filter(|full| full.detail == 1) {
            polls.entry(full.from_ms).or_default().insert(taken.run);
        }
    }
    let begun = if schedule.has(Kind::Overlap) { 2 } else { 1 };
    for polls in polls.values().filter(|polls| polls.len() > begun) {
        let count = polls.len();
        let broken = format!("{count} polls wrote to a disk without room for the state");
        findings.broken.push(broken);
    }
}

fn state_sound(schedule: &Schedule, held: &Held, findings: &mut Findings) {
    watermark_stays(schedule, held, findings);
    if held.largest.1 > MAX_RANGES {
        let ranges = held.largest.1;
        findings
            .broken
            .push(format!("{ranges} ranges were to be read at once"));
    }
    let state = held
        .objects
        .iter()
        .find(|(key, _)| key.starts_with("state/"));
    let Some(state) = state.and_then(|(_, body)| State::decode(body).ok()) else {
        findings.broken.push("no state was ever saved".to_owned());
        return;
    };
    let forgotten = known::forgotten(schedule, state.clone(), held);
    if forgotten > 0 {
        let broken = format!("{forgotten} records that were known before are not");
        findings.broken.push(broken);
    }
    // Five minutes, ticks, settle time, and polls of other jobs that were in the way.
    let lag = 300
        + 2 * schedule.last_tick_secs()
        + 300
        + schedule.slot_wait_secs
        + schedule.kill_wait_secs;
    let lag = SignedDuration::from_secs(lag.cast_signed());
    let end = origin() + SignedDuration::from_secs(schedule.total_secs().cast_signed());
    // The object of an idle tenant is older; what its polls say is not.
    let mark = state.read_up_to().max(held.read_up_to);
    let behind = mark.is_none_or(|mark| mark + lag < end);
    // KNOWN: beside a poison alert that is never mended, the jobs that narrow it down may take
    // longer than a schedule, and as they save the state, an idle live poll does not. New alerts
    // arrive all the same, so this is counted instead of failed.
    let mended = schedule
        .episodes
        .iter()
        .all(|episode| episode.to_ms < u64::MAX);
    // KNOWN: an alert that is too large for a page of several, among dozens of one instant, takes
    // pages of one alert each, all of them in one poll. Where Graph is too slow for that, the instant
    // stays unread; guarantees.md says so.
    let in_time = !(schedule.has(Kind::LargeAlert) && schedule.has(Kind::Ties));
    findings.held_back = behind && !(mended && in_time);
    if behind && mended && in_time {
        findings.stalled = true;
        findings
            .broken
            .push(format!("stalled: read up to {mark:?} only"));
    }
}
