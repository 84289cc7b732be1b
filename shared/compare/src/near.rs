//! Alerts without a common id: matched by what they are of, one device at a time, and the nearest in time
//! first.

use std::collections::BTreeMap;
use std::io;

use crate::instant::is_of_zones;
use crate::part::Part;
use crate::sort::Entry;

/// How far two alerts of the same detector on the same device may lie apart to be the same.
pub(crate) const MAX_APART: i128 = 10 * 60 * SECOND;

const SECOND: i128 = 1_000_000_000;

/// How many alerts, each within [`MAX_APART`] of the one before it, are looked at together, and how many
/// rows. Of more, those at either side of the bound are not matched with each other.
const MAX_CLUSTER: usize = 128;
const MAX_CLUSTER_ROWS: usize = 4096;

/// How many times of a detector and device are kept on each side to find out a lost zone.
const MAX_ADRIFT: usize = 200;

/// What alerts are put together by, beside the device and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `IoaDefinitionId`.
    Detector,
    /// `AlertTitle`, where one of the two has no detector.
    Title,
}

impl Way {
    pub(crate) const FIRST: Self = Self::Detector;
    pub(crate) const COUNT: usize = 2;

    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Detector => Some(Self::Title),
            Self::Title => None,
        }
    }
}

/// What an alert is of, and when it was.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence {
    /// The detector or the title, and the device.
    what: String,
    nanos: i128,
    has_zone: bool,
    has_detector: bool,
}

impl Occurrence {
    /// The place of a part of an alert, if it says enough.
    pub(crate) fn of(part: &Part, way: Way) -> Option<Self> {
        let of = match way {
            Way::Detector => part.detector.as_ref(),
            Way::Title => part.title.as_ref(),
        };
        Some(Self {
            what: format!("{}\0{}", of?, part.device),
            nanos: part.nanos,
            has_zone: part.has_zone,
            has_detector: part.detector.is_some(),
        })
    }

    /// Sorts by what it is of, then by time.
    pub(crate) fn key(&self) -> String {
        // The earliest time that there is lies 4 * 10^20 ns before 1970.
        format!("{}\0{:030}", self.what, self.nanos + 10_i128.pow(24))
    }

    /// Whether two may be the same alert apart from their times. Two detectors mean two alerts.
    fn may_be(&self, other: &Self, way: Way) -> bool {
        way == Way::Detector || !(self.has_detector && other.has_detector)
    }
}

/// What an alert has on one device, and its place.
pub(crate) struct Dated {
    pub(crate) place: Occurrence,
    pub(crate) part: Part,
    way: Way,
}

impl Dated {
    pub(crate) fn of(entry: Option<Entry>, way: Way) -> io::Result<Option<Self>> {
        let Some((_, encoded)) = entry else {
            return Ok(None);
        };
        let part: Part = serde_json::from_slice(&encoded)?;
        Ok(Occurrence::of(&part, way).map(|place| Self { place, part, way }))
    }

    pub(crate) fn key(&self) -> (&str, i128) {
        (&self.place.what, self.place.nanos)
    }
}

/// Alerts of both sides that follow each other closely, in the order of their times.
#[derive(Default)]
pub(crate) struct Cluster {
    alerts: Vec<(usize, Dated)>,
    rows: usize,
}

/// The matched alerts, the old one and the new one; and the others with their side.
type Matched = (Vec<[Dated; 2]>, Vec<(usize, Dated)>);

impl Cluster {
    pub(crate) fn takes(&self, next: &Dated) -> bool {
        self.alerts.last().is_none_or(|(_, last)| {
            last.place.what == next.place.what
                && next.place.nanos - last.place.nanos <= MAX_APART
                && self.alerts.len() < MAX_CLUSTER
                && self.rows < MAX_CLUSTER_ROWS
        })
    }

    pub(crate) fn push(&mut self, side: usize, alert: Dated) {
        self.rows += alert.part.rows.len();
        self.alerts.push((side, alert));
    }

    /// Matches the two that are nearest, then the nearest of the others, and so on.
    pub(crate) fn matched(self) -> Matched {
        let mut near = Vec::new();
        let of = |side| {
            let alerts = self.alerts.iter().enumerate();
            alerts.filter(move |(_, (its, _))| *its == side)
        };
        for (o, (_, old)) in of(0) {
            for (n, (_, new)) in of(1) {
                let apart = (old.place.nanos - new.place.nanos).abs();
                if apart <= MAX_APART && old.place.may_be(&new.place, old.way) {
                    near.push((apart, o, n));
                }
            }
        }
        near.sort_unstable();
        let mut alerts: Vec<Option<(usize, Dated)>> = self.alerts.into_iter().map(Some).collect();
        let mut pairs = Vec::new();
        for (_, o, n) in near {
            if alerts[o].is_none() || alerts[n].is_none() {
                continue;
            }
            if let (Some((_, old)), Some((_, new))) = (alerts[o].take(), alerts[n].take()) {
                pairs.push([old, new]);
            }
        }
        (pairs, alerts.into_iter().flatten().collect())
    }
}

/// How far the times of alerts that nothing matched lie from those of the other side: where the old ones
/// name no zone, it may be always as far.
#[derive(Default)]
pub(crate) struct Adrift {
    what: String,
    of_what: [Vec<Occurrence>; 2],
    /// How many alerts have a time without a zone, and how many of them would match in each zone.
    without_zone: u64,
    by_offset_seconds: BTreeMap<i128, u64>,
}

impl Adrift {
    pub(crate) fn push(&mut self, side: usize, place: &Occurrence, way: Way) {
        if self.what != place.what {
            self.ended(way);
            self.what.clone_from(&place.what);
        }
        if self.of_what[side].len() < MAX_ADRIFT {
            self.of_what[side].push(place.clone());
        }
    }

    /// Counts those of a detector and device.
    pub(crate) fn ended(&mut self, way: Way) {
        let [olds, news] = std::mem::take(&mut self.of_what);
        for old in olds.iter().filter(|old| !old.has_zone) {
            // Alerts with a detector are matched once more by their titles.
            self.without_zone += u64::from(old.has_detector == (way == Way::Detector));
            let seconds = |place: &Occurrence| place.nanos.div_euclid(SECOND);
            let mut offsets: Vec<i128> = news
                .iter()
                .filter(|new| old.may_be(new, way))
                .map(|new| seconds(old) - seconds(new))
                .filter(|offset| is_of_zones(offset * SECOND))
                .collect();
            offsets.sort_unstable();
            offsets.dedup();
            for offset in offsets {
                *self.by_offset_seconds.entry(offset).or_default() += 1;
            }
        }
    }

    /// The offset from UTC in minutes at which most would match, if that is at least half of them, and
    /// how many.
    pub(crate) fn offset(&self) -> Option<(i64, u64)> {
        let most = self.by_offset_seconds.iter().max_by_key(|(_, n)| **n)?;
        let minutes = i64::try_from(*most.0 / 60).ok()?;
        (*most.1 * 2 >= self.without_zone).then_some((minutes, *most.1))
    }
}
