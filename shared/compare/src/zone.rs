//! The zone of old times that name none. An export has one, and two where its clocks were put forward:
//! what it is, is seen from `AlertTime`. Any other distance makes two times two.

use std::collections::BTreeMap;

use crate::instant::{Apart, apart, read};
use crate::row::Row;
use crate::text::text;

/// The minutes by which clocks are put forward in summer.
const SUMMER_MINUTES: i64 = 60;

/// A zone counts beside another one from this share of the times on, the reciprocal.
const LEAST_SHARE: u64 = 10;

/// What two records say of the zone by their `AlertTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// Nothing: both times name their zones or neither does, or one is a date alone or none at all.
    None,
    /// The two lie so many minutes apart, as the clocks of two zones do.
    Minutes(i64),
    /// The two are no zones apart.
    Against,
}

fn evidence(old: &Row, new: &Row) -> Evidence {
    let texts = [old, new].map(|row| row.value("AlertTime").map(text).unwrap_or_default());
    let [old, new] = &texts;
    let (Some(a), Some(b)) = (read(old), read(new)) else {
        return Evidence::None;
    };
    if a.has_zone == b.has_zone || a.is_date() || b.is_date() {
        return Evidence::None;
    }
    match apart(old, new, None) {
        Apart::Spelling(_) => Evidence::Minutes(0),
        Apart::Minutes(minutes) => Evidence::Minutes(minutes),
        Apart::Different => Evidence::Against,
    }
}

/// What makes the times of a key the same in two records, if they are. In which zone the old one would
/// have to be, is held against the zone of the records' `AlertTime`.
pub(crate) fn compare(name: &str, old: &Row, new: &Row) -> Apart {
    let texts = [old, new].map(|row| row.value(name).map(text).unwrap_or_default());
    let of_record = match evidence(old, new) {
        Evidence::Minutes(minutes) if name != "AlertTime" => Some(minutes),
        _ => None,
    };
    apart(&texts[0], &texts[1], of_record)
}

/// What the alerts of both sides say of the zone of the old times.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    alerts: u64,
    by_minutes: BTreeMap<i64, u64>,
}

impl Zones {
    /// Counts an alert by a record of it and the new one in its place.
    pub(crate) fn count(&mut self, old: &Row, new: &Row) {
        let evidence = evidence(old, new);
        self.alerts += u64::from(evidence != Evidence::None);
        if let Evidence::Minutes(minutes) = evidence {
            *self.by_minutes.entry(minutes).or_default() += 1;
        }
    }

    /// The offsets in minutes that the zone of the old times has, if at least half of them show it.
    pub(crate) fn minutes(&self) -> Vec<i64> {
        let count = |minutes: i64| self.by_minutes.get(&minutes).copied().unwrap_or_default();
        // If two are equally frequent, the one nearer to UTC wins.
        let most = self.by_minutes.keys().copied();
        let Some(most) = most.max_by_key(|&minutes| (count(minutes), -minutes.abs())) else {
            return Vec::new();
        };
        let summer = [most - SUMMER_MINUTES, most + SUMMER_MINUTES]
            .into_iter()
            .filter(|&minutes| count(minutes) > 0 && count(minutes) * LEAST_SHARE >= self.alerts)
            .max_by_key(|&minutes| count(minutes));
        let all: Vec<i64> = [Some(most), summer].into_iter().flatten().collect();
        let shown: u64 = all.iter().map(|&minutes| count(minutes)).sum();
        match shown * 2 >= self.alerts {
            true => all,
            false => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(counts: &[(i64, u64)], against: u64) -> Vec<i64> {
        let zones = Zones {
            alerts: counts.iter().map(|(_, n)| n).sum::<u64>() + against,
            by_minutes: counts.iter().copied().collect(),
        };
        zones.minutes()
    }

    #[test]
    fn an_export_has_one_zone_or_that_and_its_summer() {
        assert_eq!(zones(&[], 0), [0_i64; 0]);
        assert_eq!(zones(&[(120, 1)], 0), [120]);
        assert_eq!(zones(&[(60, 40), (120, 60)], 0), [120, 60]);
        assert_eq!(zones(&[(-300, 50), (-240, 50)], 0), [-240, -300]);
        // A few that lie otherwise are other times.
        assert_eq!(zones(&[(0, 99), (60, 1), (315, 20)], 0), [0]);
        assert_eq!(zones(&[(0, 1), (315, 1)], 0), [0]);
        // Times that lie anyhow show none.
        assert_eq!(zones(&[(15, 4), (30, 5), (360, 4)], 2), [0_i64; 0]);
        assert_eq!(zones(&[(60, 4)], 5), [0_i64; 0]);
    }
}
