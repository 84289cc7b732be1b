//! Matches the alerts of both sides: by id, then what is left by detector, device and time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::io;

use drawbridge_record::siem::{KEYS, Source};
use jiff::Timestamp;

use crate::alert_id::without_prefix;
use crate::near::{Adrift, Cluster, Dated, MAX_APART, Occurrence, Way};
use crate::pair::{PairedBy, pair};
use crate::part::Part;
use crate::report::{Alerts, OnlyOne, Records, Shown};
use crate::row::Row;
use crate::sort::{Entry, Sorted, Sorter};
use crate::tally::{Pair, Tally};
use crate::text::cut;
use crate::zone::Zones;

/// The most that the records of an alert may weigh on one side.
const MAX_ALERT_BYTES: usize = 64 << 20;

/// How many alerts or records of one side are shown.
const MAX_SHOWN: usize = 20;

type Times = Option<(Timestamp, Timestamp)>;

/// What is counted while alerts are matched.
pub(crate) struct Join {
    pub(crate) alerts: Alerts,
    pub(crate) records: Records,
    pub(crate) tallies: Vec<Tally>,
    /// Records that were there before with the same content, those with the `FullId` of another and other
    /// content, and those that were too much; the old side's and the new one's.
    pub(crate) repeated: [u64; 2],
    pub(crate) repeated_otherwise: [u64; 2],
    pub(crate) left_out: [u64; 2],
    /// Alerts of times without a zone that nothing matched.
    pub(crate) adrift: Adrift,
    /// The zone of old times that name none.
    pub(crate) zones: Zones,
    times: [Times; 2],
    /// What is not matched yet, by the way that is next; the old side's and the new one's.
    unmatched: [[Sorter; 2]; Way::COUNT],
    /// How many alerts were not matched by their ids.
    unmatched_alerts: u64,
    /// Of the alerts with several devices those that are matched on one of them, and what is left of any.
    matched_in_part: [HashSet<u64>; 2],
    rest: [Sorter; 2],
    /// Whether the old side has all the keys that say what a record is of.
    has_entities: bool,
}

impl Join {
    pub(crate) fn new(times: [Times; 2], has_entities: bool, run_bytes: usize) -> Self {
        let sorter = || Sorter::new(run_bytes);
        Self {
            alerts: Alerts::default(),
            records: Records::default(),
            tallies: vec![Tally::default(); KEYS.len()],
            repeated: [0; 2],
            repeated_otherwise: [0; 2],
            left_out: [0; 2],
            adrift: Adrift::default(),
            zones: Zones::default(),
            times,
            unmatched: std::array::from_fn(|_| [sorter(), sorter()]),
            unmatched_alerts: 0,
            matched_in_part: Default::default(),
            rest: [sorter(), sorter()],
            has_entities,
        }
    }

    /// Matches what was sorted by the id without its prefix.
    pub(crate) fn by_id(&mut self, old: Sorted, new: Sorted) -> io::Result<()> {
        let mut old = Groups::of(old)?;
        let mut new = Groups::of(new)?;
        loop {
            let order = match (old.key(), new.key()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.cmp(b),
            };
            let olds = if order.is_le() {
                old.take()?
            } else {
                Vec::new()
            };
            let news = if order.is_ge() {
                new.take()?
            } else {
                Vec::new()
            };
            self.group(olds, news)?;
        }
        self.repeated = [old.repeated, new.repeated];
        self.left_out = [old.left_out, new.left_out];
        Ok(())
    }

    /// Matches alerts whose ids are the same without the prefix.
    fn group(&mut self, old: Vec<Row>, new: Vec<Row>) -> io::Result<()> {
        let mut news = alerts(new, &mut self.repeated_otherwise[1]);
        let mut left = Vec::new();
        for (id, rows) in alerts(old, &mut self.repeated_otherwise[0]) {
            match news.remove(&id) {
                Some(same) if !id.is_empty() => {
                    self.alerts.by_id += 1;
                    self.shared(&rows, &same);
                }
                Some(nameless) => {
                    news.insert(id.clone(), nameless);
                    left.push((id, rows));
                }
                None => left.push((id, rows)),
            }
        }
        for (id, rows) in left {
            // Two with different letters are two alerts.
            let is_bare = |id: &str| !id.is_empty() && without_prefix(id) == id;
            let same = news
                .keys()
                .find(|new| is_bare(new) != is_bare(&id) && !new.is_empty() && !id.is_empty());
            match same.cloned().and_then(|id| news.remove(&id)) {
                Some(same) => {
                    self.alerts.by_id_without_prefix += 1;
                    self.shared(&rows, &same);
                }
                None => self.later(0, &rows)?,
            }
        }
        for rows in news.values() {
            self.later(1, rows)?;
        }
        Ok(())
    }

    /// Keeps an alert for the ways of matching that go by its devices.
    fn later(&mut self, side: usize, rows: &[Row]) -> io::Result<()> {
        self.unmatched_alerts += 1;
        let parts = Part::of(self.unmatched_alerts, rows);
        if parts.is_empty() {
            self.only_alert(side, rows);
        }
        for part in parts {
            self.next_way(side, &part, Some(Way::FIRST))?;
        }
        Ok(())
    }

    /// Keeps what an alert has on a device for the next way of matching that it says enough for.
    fn next_way(&mut self, side: usize, part: &Part, way: Option<Way>) -> io::Result<()> {
        let Some(way) = way else {
            if part.is_whole {
                self.only_alert(side, &part.rows);
                return Ok(());
            }
            let encoded = serde_json::to_vec(part)?;
            return self.rest[side].push(&part.alert.to_be_bytes(), &encoded);
        };
        match Occurrence::of(part, way) {
            Some(place) => {
                let encoded = serde_json::to_vec(part)?;
                self.unmatched[way as usize][side].push(place.key().as_bytes(), &encoded)
            }
            None => self.next_way(side, part, way.next()),
        }
    }

    /// Matches what is left by detector, device and time, then by title, device and time where one of
    /// two has no detector. The nearest in time are matched first.
    pub(crate) fn by_detector_device_time(&mut self) -> io::Result<()> {
        let mut way = Some(Way::FIRST);
        while let Some(this) = way {
            self.by_time(this)?;
            way = this.next();
        }
        Ok(())
    }

    fn by_time(&mut self, way: Way) -> io::Result<()> {
        let sorters = &mut self.unmatched[way as usize];
        let [old, new] = std::mem::replace(sorters, [Sorter::new(0), Sorter::new(0)]);
        let mut sides = [old.sorted()?, new.sorted()?];
        let mut heads = [
            Dated::of(sides[0].next()?, way)?,
            Dated::of(sides[1].next()?, way)?,
        ];
        let mut cluster = Cluster::default();
        loop {
            let side = match &heads {
                [None, None] => break,
                [Some(_), None] => 0,
                [None, Some(_)] => 1,
                [Some(old), Some(new)] => usize::from(new.key() < old.key()),
            };
            let next = Dated::of(sides[side].next()?, way)?;
            let Some(next) = std::mem::replace(&mut heads[side], next) else {
                break;
            };
            if !cluster.takes(&next) {
                self.nearest(&mut cluster, way)?;
            }
            cluster.push(side, next);
        }
        self.nearest(&mut cluster, way)?;
        self.adrift.ended(way);
        Ok(())
    }

    /// Matches the alerts of a cluster, which has none after that.
    fn nearest(&mut self, cluster: &mut Cluster, way: Way) -> io::Result<()> {
        let (pairs, left) = std::mem::take(cluster).matched();
        for [old, new] in pairs {
            let mut is_first = |side: usize, part: &Part| {
                part.is_whole || self.matched_in_part[side].insert(part.alert)
            };
            // On its other devices it is the same alert.
            let are_first = [is_first(0, &old.part), is_first(1, &new.part)];
            self.alerts.by_detector_device_time += u64::from(are_first == [true; 2]);
            self.shared(&old.part.rows, &new.part.rows);
        }
        for (side, alert) in left {
            self.adrift.push(side, &alert.place, way);
            self.next_way(side, &alert.part, way.next())?;
        }
        Ok(())
    }

    /// Counts what nothing matched of alerts with several devices: records, if the alert is matched on
    /// another one of them.
    pub(crate) fn rest(&mut self) -> io::Result<()> {
        for side in 0..2 {
            let rest = std::mem::replace(&mut self.rest[side], Sorter::new(0));
            let mut rest = rest.sorted()?;
            let mut is_counted = None;
            while let Some((_, encoded)) = rest.next()? {
                let part: Part = serde_json::from_slice(&encoded)?;
                if self.matched_in_part[side].contains(&part.alert) {
                    self.only_records(side, part.rows.iter());
                } else if is_counted != Some(part.alert) {
                    is_counted = Some(part.alert);
                    self.only_alert(side, &part.rows);
                }
            }
        }
        Ok(())
    }

    fn shared(&mut self, old: &[Row], new: &[Row]) {
        let found = pair(old, new, self.has_entities);
        if let Some(&(o, n, _)) = found.pairs.first() {
            self.zones.count(&old[o], &new[n]);
        }
        for (o, n, by) in found.pairs {
            *self.records.pairs.entry(by).or_default() += 1;
            let pair = Pair::new(&old[o], &new[n]);
            let of_alert_only = by == PairedBy::AlertAlone;
            for (key, tally) in self.tallies.iter_mut().enumerate() {
                if !of_alert_only || matches!(KEYS[key].source, Source::Alert(_)) {
                    tally.add(key, &pair);
                }
            }
        }
        self.only_records(0, found.only_old.into_iter().map(|o| &old[o]));
        self.only_records(1, found.only_new.into_iter().map(|n| &new[n]));
    }

    fn only_records<'r>(&mut self, side: usize, rows: impl Iterator<Item = &'r Row>) {
        let into = match side {
            0 => &mut self.records.only_old,
            _ => &mut self.records.only_new,
        };
        for row in rows {
            only(into, row, self.times[1 - side]);
        }
    }

    fn only_alert(&mut self, side: usize, rows: &[Row]) {
        let Some(row) = rows.first() else { return };
        let other = self.times[1 - side];
        let into = match side {
            0 => &mut self.alerts.only_old,
            _ => &mut self.alerts.only_new,
        };
        only(into, row, other);
    }
}

/// Counts what only one side has.
fn only(into: &mut OnlyOne, row: &Row, times_of_the_other: Times) {
    into.count += 1;
    let at = row.time("AlertTime").map(|time| time.at.as_nanosecond());
    if let (Some(at), Some((first, last))) = (at, times_of_the_other) {
        let reached = first.as_nanosecond() - MAX_APART..=last.as_nanosecond() + MAX_APART;
        into.outside_the_others_times += u64::from(!reached.contains(&at));
    }
    if into.first.len() < MAX_SHOWN {
        into.first.push(shown(row));
    }
}

fn shown(row: &Row) -> Shown {
    let first_of = |names: &[&str]| {
        let mut texts = names.iter().map(|name| row.text(name));
        cut(texts.find(|text| !text.is_empty()).unwrap_or_default())
    };
    Shown {
        alert_id: cut(row.alert_id()),
        title: first_of(&["AlertTitle"]),
        time: first_of(&["AlertTime"]),
        device: first_of(&["ComputerDnsName", "MachineName", "DeviceID"]),
        entity: first_of(&[
            "FileName",
            "FileHash",
            "Sha1",
            "Sha256",
            "IpAddress",
            "Url",
            "UserName",
        ]),
    }
}

/// The alerts of a group by their ids. Counts the records with the `FullId` of one before them.
fn alerts(rows: Vec<Row>, repeated_otherwise: &mut u64) -> BTreeMap<String, Vec<Row>> {
    let mut alerts: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut full_ids = HashSet::new();
    for row in rows {
        let full_id = row.text("FullId");
        if !full_id.is_empty() && !full_ids.insert(full_id.to_owned()) {
            *repeated_otherwise += 1;
        }
        let id = row.alert_id().to_lowercase();
        alerts.entry(id).or_default().push(row);
    }
    alerts
}

/// Records with the same key, one group after the other.
struct Groups {
    sorted: Sorted,
    head: Option<Entry>,
    repeated: u64,
    left_out: u64,
}

impl Groups {
    fn of(mut sorted: Sorted) -> io::Result<Self> {
        let head = sorted.next()?;
        Ok(Self {
            sorted,
            head,
            repeated: 0,
            left_out: 0,
        })
    }

    fn key(&self) -> Option<&[u8]> {
        self.head.as_ref().map(|(key, _)| &key[..])
    }

    /// The records of the next group, each content once.
    fn take(&mut self) -> io::Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut contents = HashSet::new();
        let Some((key, mut encoded)) = self.head.take() else {
            return Ok(rows);
        };
        let mut bytes = 0;
        loop {
            // The first is read however long it is.
            if contents.contains(&encoded) {
                self.repeated += 1;
            } else if rows.is_empty() || bytes + encoded.len() <= MAX_ALERT_BYTES {
                bytes += encoded.len();
                rows.push(serde_json::from_slice(&encoded)?);
                contents.insert(encoded);
            } else {
                self.left_out += 1;
            }
            match self.sorted.next()? {
                Some((next, value)) if next == key => encoded = value,
                next => {
                    self.head = next;
                    return Ok(rows);
                }
            }
        }
    }
}
