//! Matches the alerts of both sides: by id, then what is left by detector, device and time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::io;

use drawbridge_record::siem::{KEYS, Source};
use jiff::Timestamp;

use crate::alert_id::without_prefix;
use crate::instant;
use crate::pair::{PairedBy, pair};
use crate::report::{Alerts, OnlyOne, Records, Shown};
use crate::row::Row;
use crate::sort::{Entry, Sorted, Sorter};
use crate::tally::{Pair, Tally, cut};
use crate::value::label;

/// How far two alerts of the same detector on the same device may lie apart to be the same.
const MAX_APART: i128 = 10 * 60 * 1_000_000_000;

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
    /// Records that were there before, and those that were too much; the old side's and the new one's.
    pub(crate) repeated: [u64; 2],
    pub(crate) left_out: [u64; 2],
    times: [Times; 2],
    unmatched: [Sorter; 2],
}

impl Join {
    pub(crate) fn new(times: [Times; 2], run_bytes: usize) -> Self {
        Self {
            alerts: Alerts::default(),
            records: Records::default(),
            tallies: vec![Tally::default(); KEYS.len()],
            repeated: [0; 2],
            left_out: [0; 2],
            times,
            unmatched: [Sorter::new(run_bytes), Sorter::new(run_bytes)],
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
        self.left_out = [old.left_out, new.left_out];
        Ok(())
    }

    /// Matches alerts whose ids are the same without the prefix.
    fn group(&mut self, old: Vec<Row>, new: Vec<Row>) -> io::Result<()> {
        let mut news = alerts(new, &mut self.repeated[1]);
        let mut left = Vec::new();
        for (id, rows) in alerts(old, &mut self.repeated[0]) {
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

    /// Keeps an alert for the second way of matching, if it says what that goes by.
    fn later(&mut self, side: usize, rows: &[Row]) -> io::Result<()> {
        match Place::of(rows) {
            Some(place) => {
                let encoded = serde_json::to_vec(rows)?;
                self.unmatched[side].push(place.key().as_bytes(), &encoded)
            }
            None => {
                self.only_alert(side, rows);
                Ok(())
            }
        }
    }

    /// Matches what is left by detector, device and time. The nearest of several in time is not looked
    /// for: each takes the first that is near enough.
    pub(crate) fn by_detector_device_time(&mut self) -> io::Result<()> {
        let sorters = std::mem::replace(&mut self.unmatched, [Sorter::new(0), Sorter::new(0)]);
        let [old, new] = sorters;
        let (mut old, mut new) = (old.sorted()?, new.sorted()?);
        let mut heads = [alert(old.next()?)?, alert(new.next()?)?];
        loop {
            let order = match &heads {
                [None, None] => return Ok(()),
                [Some(_), None] => Ordering::Less,
                [None, Some(_)] => Ordering::Greater,
                [Some((a, _)), Some((b, _))] => a.order(b),
            };
            let of_old = if order.is_le() {
                std::mem::replace(&mut heads[0], alert(old.next()?)?)
            } else {
                None
            };
            let of_new = if order.is_ge() {
                std::mem::replace(&mut heads[1], alert(new.next()?)?)
            } else {
                None
            };
            match (of_old, of_new) {
                (Some((_, old)), Some((_, new))) => {
                    self.alerts.by_detector_device_time += 1;
                    self.shared(&old, &new);
                }
                (Some((_, rows)), None) => self.only_alert(0, &rows),
                (None, Some((_, rows))) => self.only_alert(1, &rows),
                (None, None) => {}
            }
        }
    }

    fn shared(&mut self, old: &[Row], new: &[Row]) {
        let found = pair(old, new);
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
        for row in found.only_old {
            let row = &old[row];
            only(&mut self.records.only_old, row, self.times[1]);
        }
        for row in found.only_new {
            let row = &new[row];
            only(&mut self.records.only_new, row, self.times[0]);
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
    let at = instant::read(row.text("AlertTime")).map(|time| time.at.as_nanosecond());
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

/// The alerts of a group by their ids, each record once.
fn alerts(rows: Vec<Row>, repeated: &mut u64) -> BTreeMap<String, Vec<Row>> {
    let mut alerts: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for row in rows {
        let is_new = match row.text("FullId") {
            "" => seen.insert(serde_json::to_string(&row).unwrap_or_default()),
            full => seen.insert(full.to_owned()),
        };
        if is_new {
            let id = row.alert_id().to_lowercase();
            alerts.entry(id).or_default().push(row);
        } else {
            *repeated += 1;
        }
    }
    alerts
}

/// What the second way of matching goes by.
struct Place {
    /// The detector, else the title, and the device's name, else its id.
    what: String,
    nanos: i128,
}

impl Place {
    fn of(rows: &[Row]) -> Option<Self> {
        let first_of = |names: &[&str]| {
            let texts = names
                .iter()
                .flat_map(|name| rows.iter().map(move |row| row.text(name)));
            let mut texts = texts.filter(|text| !text.is_empty());
            texts.next().map(str::to_lowercase)
        };
        let detector = first_of(&["IoaDefinitionId", "AlertTitle"])?;
        let device = first_of(&["MachineName", "ComputerDnsName", "DeviceID"])?;
        let times = rows
            .iter()
            .filter_map(|row| instant::read(row.text("AlertTime")));
        let nanos = times.map(|time| time.at.as_nanosecond()).min()?;
        let what = format!("{detector}\0{}", label(&device));
        Some(Self { what, nanos })
    }

    /// Sorts as [`Place::order`] does.
    fn key(&self) -> String {
        // The earliest time that there is lies 4 * 10^20 ns before 1970.
        format!("{}\0{:030}", self.what, self.nanos + 10_i128.pow(24))
    }

    /// Equal if both are the same alert.
    fn order(&self, other: &Self) -> Ordering {
        self.what
            .as_bytes()
            .cmp(other.what.as_bytes())
            .then_with(|| {
                if (self.nanos - other.nanos).abs() <= MAX_APART {
                    Ordering::Equal
                } else {
                    self.nanos.cmp(&other.nanos)
                }
            })
    }
}

fn alert(entry: Option<Entry>) -> io::Result<Option<(Place, Vec<Row>)>> {
    let Some((_, encoded)) = entry else {
        return Ok(None);
    };
    let rows: Vec<Row> = serde_json::from_slice(&encoded)?;
    Ok(Place::of(&rows).map(|place| (place, rows)))
}

/// Records with the same key, one group after the other.
struct Groups {
    sorted: Sorted,
    head: Option<Entry>,
    left_out: u64,
}

impl Groups {
    fn of(mut sorted: Sorted) -> io::Result<Self> {
        let head = sorted.next()?;
        Ok(Self {
            sorted,
            head,
            left_out: 0,
        })
    }

    fn key(&self) -> Option<&[u8]> {
        self.head.as_ref().map(|(key, _)| &key[..])
    }

    fn take(&mut self) -> io::Result<Vec<Row>> {
        let mut rows = Vec::new();
        let Some((key, mut encoded)) = self.head.take() else {
            return Ok(rows);
        };
        let mut bytes = 0;
        loop {
            bytes += encoded.len();
            // The first is read however long it is.
            if rows.is_empty() || bytes <= MAX_ALERT_BYTES {
                rows.push(serde_json::from_slice(&encoded)?);
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
