//! What the alerts of a schedule call for, from the real format.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use drawbridge_alert::{Alert, without_lone_surrogates};
use drawbridge_record::Change;
use jiff::{SignedDuration, Timestamp};

use crate::alerts::Version;
use crate::replicas::Text;
use crate::{AlertPlan, Kind, Schedule, facts};

/// What an alert holds for less than that may be seen by nobody: live polls take so long where nothing is
/// wrong.
const MOMENT: SignedDuration = SignedDuration::from_secs(690);

/// A record or a fact that some version of an alert calls for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Which alert.
    pub(crate) alert: usize,
    /// When the first version that calls for it whatever was written before became visible; of those after
    /// one that does not, if it was on the alert for a moment only before that.
    pub(crate) visible: Timestamp,
    /// `lastUpdateDateTime` of that version.
    pub(crate) updated: Timestamp,
    /// The last version so far that calls for it.
    last: usize,
    /// Its bodies in the versions, without `AlertPart`; none of a fact.
    pub(crate) bodies: BTreeSet<String>,
    /// Whether some version calls for it whatever was written before.
    pub(crate) is_sure: bool,
    /// Whether the versions that do are on the alert for longer than a moment, so that a poll sees one.
    is_lasting: bool,
    /// Whether the version that Graph shows in the end calls for it.
    pub(crate) is_final: bool,
}

/// Every record of every version, by key.
#[must_use]
pub(crate) fn expected(schedule: &Schedule) -> BTreeMap<String, Wanted> {
    let alerts = &schedule.alerts;
    let texts = if schedule.has(Kind::Replicas) {
        &Text::ALL[..]
    } else {
        &Text::ALL[..1]
    };
    let format = drawbridge_record::format("siem").expect("the first format");
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for (n, plan) in alerts.iter().enumerate() {
        for (v, version) in plan.versions.iter().enumerate() {
            for text in texts {
                let json = text.write(&version.json);
                let json = without_lone_surrogates(&json);
                let Ok(alert) = Alert::decode(&json) else {
                    assert!(version.is_bad, "an alert of the schedule does not parse");
                    continue;
                };
                // Every record that may be called for; of several with one identity, the first.
                let mut identities = HashSet::new();
                let drafts = format.drafts(&alert);
                for draft in drafts.filter(|draft| identities.insert(draft.identity())) {
                    // In the end there is one text only.
                    let is_sure = draft.unless_carried.is_empty() && *text == Text::AsItIs;
                    let record = draft.write(0, Change::New);
                    let entry = wanted
                        .entry(record.key)
                        .or_insert_with(|| Wanted::new(n, version));
                    entry.bodies.insert(without_part(&record.body).0);
                    if is_sure {
                        entry.called_for(plan, v);
                    }
                }
            }
        }
    }
    wanted
}

/// Every fact of every version: in the end, each one that the last version shows stands in some
/// record of its alert.
#[must_use]
pub(crate) fn expected_facts(alerts: &[AlertPlan]) -> BTreeMap<(usize, facts::Fact), Wanted> {
    let mut wanted = BTreeMap::new();
    for (n, plan) in alerts.iter().enumerate() {
        for (v, version) in plan.versions.iter().enumerate() {
            if version.is_bad {
                continue;
            }
            for fact in facts::of_alert(&version.json) {
                let new = || Wanted::new(n, version);
                let entry: &mut Wanted = wanted.entry((n, fact)).or_insert_with(new);
                entry.called_for(plan, v);
            }
        }
    }
    wanted
}

impl Wanted {
    fn new(alert: usize, version: &Version) -> Self {
        Self {
            alert,
            visible: version.visible,
            updated: version.updated,
            last: 0,
            bodies: BTreeSet::new(),
            is_sure: false,
            is_lasting: false,
            is_final: false,
        }
    }

    /// Whether a poll has to have seen a version that calls for it.
    pub(crate) fn is_seen(&self) -> bool {
        self.is_sure && self.is_lasting
    }

    /// How long it was on the alert when `next` came.
    fn lived(&self, next: &Version) -> SignedDuration {
        next.visible.duration_since(self.visible)
    }

    fn called_for(&mut self, plan: &AlertPlan, v: usize) {
        let version = &plan.versions[v];
        let between = &plan.versions[(self.last + 1).min(v)..v];
        let was_brief = between
            .first()
            .is_some_and(|next| self.lived(next) < MOMENT);
        if !self.is_sure || version.visible < self.visible || was_brief {
            (self.visible, self.updated) = (version.visible, version.updated);
        }
        self.last = v;
        self.is_sure = true;
        let next = plan.versions.get(v + 1);
        self.is_lasting = next.is_none_or(|next| self.lived(next) >= MOMENT);
        self.is_final |= v + 1 == plan.versions.len();
    }
}

/// A body without its `AlertPart`, and that.
#[must_use]
pub(crate) fn without_part(body: &str) -> (String, u32) {
    const NAME: &str = "\"AlertPart\":";
    let Some((before, rest)) = body.split_once(NAME) else {
        return (body.to_owned(), u32::MAX);
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let part = rest[..digits].parse().unwrap_or(u32::MAX);
    (format!("{before}{}", &rest[digits..]), part)
}
