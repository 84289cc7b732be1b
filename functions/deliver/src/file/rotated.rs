//! Names of rotated files, and the order in which they were written.

use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::time::SystemTime;

use super::identity::FileIdentity;

/// How a rotated file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Packing {
    Plain,
    Gzip,
    /// In a way that is not read here.
    Other,
}

const ENDINGS: [(&str, Packing); 7] = [
    (".gz", Packing::Gzip),
    (".zst", Packing::Other),
    (".xz", Packing::Other),
    (".bz2", Packing::Other),
    (".lz4", Packing::Other),
    (".Z", Packing::Other),
    (".zip", Packing::Other),
];

/// A file in the folder, as one that may have been rotated away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rotated {
    pub(super) name: OsString,
    /// A symbolic link is not followed.
    pub(super) is_link: bool,
    pub(super) packing: Packing,
    pub(super) age: Age,
    pub(super) modified: SystemTime,
    pub(super) identity: Option<FileIdentity>,
    pub(super) bytes: u64,
}

/// What a name says of when the file was rotated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Age {
    /// The least is the youngest, as a rule.
    Number(u32),
    /// How a date is written differs, and not all of them sort.
    Date(String),
    /// Nothing: somebody chose a name that begins with the live file's.
    Unknown,
    /// The file is the live one, one of our own, or another output's.
    Foreign,
}

/// What our own files end in.
const OWN: [&str; 2] = [".offset", ".lock"];

impl Rotated {
    /// The file called `name`, rotated from the one called `live`.
    ///
    /// logrotate makes `live.1`, with dateext `live-20260102`, and with an extension
    /// `siem.1.ndjson` or `siem-20260102.ndjson`; `siem-2.ndjson` is the file of another output. By hand,
    /// one makes `live.old`.
    pub(super) fn new(live: &OsStr, name: OsString, modified: SystemTime) -> Self {
        let (live, text) = (live.to_string_lossy(), name.to_string_lossy());
        let (bare, packing) = ENDINGS
            .iter()
            .find_map(|(ending, packing)| Some((text.strip_suffix(ending)?, *packing)))
            .unwrap_or((&*text, Packing::Plain));
        let is_other = *live == *text || OWN.iter().any(|own| text.ends_with(own));
        let extension = live.rsplit_once('.');
        let before_extension = || {
            let (stem, extension) = extension?;
            let rest = bare.strip_prefix(stem)?;
            rest.strip_suffix(extension)?.strip_suffix('.')
        };
        let age = match (bare.strip_prefix(&*live), before_extension()) {
            _ if is_other => Age::Foreign,
            // Where no extension ends the name, `alerts.ecs` is as likely another file as `alerts.old`.
            (Some(suffix), _) if extension.is_some() => {
                Age::of_suffix(suffix).unwrap_or(Age::Unknown)
            }
            (Some(suffix), _) | (None, Some(suffix)) => {
                Age::of_suffix(suffix).unwrap_or(Age::Foreign)
            }
            (None, None) => Age::Foreign,
        };
        Self {
            name,
            is_link: false,
            packing,
            age,
            modified,
            identity: None,
            bytes: 0,
        }
    }

    /// Whether both are the same file.
    fn is(&self, other: &Self) -> bool {
        match (self.identity, other.identity) {
            (Some(one), Some(other)) => one == other,
            _ => self.name == other.name,
        }
    }

    /// The name that the file had before it was packed with gzip, if it is.
    pub(super) fn unpacked_name(&self) -> Option<&str> {
        self.name.to_str()?.strip_suffix(".gz")
    }

    /// Whether it is the same file as another one, which nobody writes to, whatever their names.
    pub(super) fn is_still(&self, other: &Self) -> bool {
        self.identity.is_some()
            && self.identity == other.identity
            && (self.bytes, self.modified) == (other.bytes, other.modified)
    }
}

/// Whether the name of a file says that it was rotated from the one called `live`.
pub(super) fn is_rotated(live: &OsStr, name: &OsStr) -> bool {
    Rotated::new(live, name.to_owned(), SystemTime::UNIX_EPOCH).age != Age::Foreign
}

impl Age {
    fn of_suffix(suffix: &str) -> Option<Self> {
        let rest = suffix.strip_prefix(['.', '-', '_'])?;
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        let is_number = suffix.starts_with('.') && digits <= 5 && digits == rest.len();
        if is_number && let Ok(number) = rest.parse() {
            return Some(Self::Number(number));
        }
        // A year with its week has six digits.
        let of_date = |c: char| c.is_ascii_digit() || "-_.:TZ+".contains(c);
        let is_date = rest.starts_with(|first: char| first.is_ascii_digit())
            && digits >= 4
            && rest.chars().all(of_date);
        is_date.then(|| Self::Date(suffix.to_owned()))
    }

    fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn date(&self) -> Option<&str> {
        match self {
            Self::Date(date) => Some(date),
            _ => None,
        }
    }
}

/// Which of `all` were rotated after `found`, oldest first. What was written to at the time `since` or later
/// was, where `since` is not later than the last change of `found`. Only numbers are believed before that,
/// as long as each is there once and they do not contradict the times: numbers have no gaps. What was
/// delivered before may be among them then; left out, what was not would be lost.
///
/// # Errors
/// The number of one that is missing.
pub(super) fn after(
    found: &Rotated,
    since: SystemTime,
    mut all: Vec<Rotated>,
) -> Result<Vec<Rotated>, u32> {
    all.retain(|one| one.age != Age::Foreign && !one.is(found));
    let last = found.age.number();
    let last = last.filter(|last| is_each_there_once(*last, &all));
    if let Some(last) = last {
        let is_there = |due: &u32| all.iter().any(|one| one.age.number() == Some(*due));
        // Some count from 0.
        if let Some(missing) = (1..last).find(|due| !is_there(due)) {
            return Err(missing);
        }
    }
    let is_older = |one: &Rotated| one.age.number() > last;
    let last = last.filter(|_| !all.iter().any(|one| is_older(one) && one.modified > since));
    all.retain(|one| match (last, one.age.number()) {
        (Some(last), Some(number)) => number < last,
        // By a clock that was set back, a later date is older.
        _ if date_order(one, found) == Some(Ordering::Greater) => true,
        _ if one.modified == found.modified => !is_before(one, found),
        _ => one.modified >= since,
    });
    if last.is_some() && all.iter().all(|one| one.age.number().is_some()) {
        all.sort_by_key(|one| Reverse(one.age.number()));
    } else {
        all.sort_by(|one, other| {
            let key = |one: &Rotated| (one.modified, Reverse(one.age.number()));
            let key = key(one).cmp(&key(other));
            key.then_with(|| one.age.date().cmp(&other.age.date()))
        });
    }
    Ok(all)
}

/// Whether `one` comes before `found` although both were changed at the same time: by its date, or because one
/// is a copy that is named after the other.
fn is_before(one: &Rotated, found: &Rotated) -> bool {
    let [one_name, found_name] = [&one.name, &found.name].map(|name| name.as_encoded_bytes());
    let is_named_after = one_name.starts_with(found_name) || found_name.starts_with(one_name);
    date_order(one, found) == Some(Ordering::Less) || is_named_after && one.bytes == found.bytes
}

/// The order of two dates that begin with a year and are written alike.
fn date_order(one: &Rotated, other: &Rotated) -> Option<Ordering> {
    let (one, other) = (one.age.date()?, other.age.date()?);
    let shape = |date: &str| -> Vec<bool> { date.bytes().map(|b| b.is_ascii_digit()).collect() };
    let is_year = |date: &str| date.get(1..3) == Some("20");
    let is_alike = shape(one) == shape(other) && is_year(one) && is_year(other);
    is_alike.then(|| one.cmp(other))
}

/// Whether no two files have the same number, `last` included.
fn is_each_there_once(last: u32, all: &[Rotated]) -> bool {
    let mut known = HashSet::from([last]);
    let mut numbers = all.iter().filter_map(|one| one.age.number());
    numbers.all(|number| known.insert(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn rotated(name: &str, secs: u64) -> Rotated {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
        Rotated::new("siem.ndjson".as_ref(), name.into(), modified)
    }

    fn names(found: &str, all: &[(&str, u64)]) -> Result<Vec<String>, u32> {
        let secs = all.iter().find(|(name, _)| *name == found);
        let found = rotated(found, secs.map_or(0, |(_, secs)| *secs));
        let all = all
            .iter()
            .map(|(name, secs)| rotated(name, *secs))
            .collect();
        let after = after(&found, found.modified, all)?;
        Ok(after
            .into_iter()
            .map(|rotated| rotated.name.into_string().unwrap())
            .collect())
    }

    #[test]
    fn a_name_says_when_it_was_rotated() {
        let date = |suffix: &str| Age::Date(suffix.to_owned());
        for (name, age, packing) in [
            ("siem.ndjson.1", Age::Number(1), Packing::Plain),
            ("siem.ndjson.12.gz", Age::Number(12), Packing::Gzip),
            ("siem.3.ndjson", Age::Number(3), Packing::Plain),
            ("siem.ndjson-20260102", date("-20260102"), Packing::Plain),
            ("siem-20260102.ndjson.gz", date("-20260102"), Packing::Gzip),
            ("siem.ndjson.20260102", date(".20260102"), Packing::Plain),
            (
                "siem.ndjson-2026-01-02T03",
                date("-2026-01-02T03"),
                Packing::Plain,
            ),
            (
                "siem.ndjson-1767323045.zst",
                date("-1767323045"),
                Packing::Other,
            ),
            ("siem.ndjson-202647", date("-202647"), Packing::Plain),
            ("siem-202647.ndjson", date("-202647"), Packing::Plain),
            // Somebody chose these names.
            ("siem.ndjson.old", Age::Unknown, Packing::Plain),
            ("siem.ndjson.gz", Age::Unknown, Packing::Gzip),
            ("siem.ndjson-Nov-29", Age::Unknown, Packing::Plain),
            ("siem.ndjson-29", Age::Unknown, Packing::Plain),
            // The live one, files of other outputs, and our own.
            ("siem.ndjson", Age::Foreign, Packing::Plain),
            ("siem-2.ndjson", Age::Foreign, Packing::Plain),
            ("siem.old.ndjson", Age::Foreign, Packing::Plain),
            ("native.ndjson.1", Age::Foreign, Packing::Plain),
            ("siem.ndjson.webhook.offset", Age::Foreign, Packing::Plain),
            ("siem.ndjson.1.webhook.lock", Age::Foreign, Packing::Plain),
        ] {
            let rotated = rotated(name, 0);
            assert_eq!((rotated.age, rotated.packing), (age, packing), "{name}");
        }
    }

    #[test]
    fn a_later_date_comes_later_by_a_clock_that_was_set_back() {
        let all = [
            ("siem.ndjson-20261129", 9),
            ("siem.ndjson-20261130", 5),
            ("siem.ndjson-20261128", 3),
        ];
        let expected = named(&["siem.ndjson-20261130"]);
        assert_eq!(names("siem.ndjson-20261129", &all), expected);
    }

    /// Each run delivered the other one of two again.
    #[test]
    fn files_of_the_same_time_are_delivered_once() {
        let all = [
            ("siem.ndjson-20261128", 5),
            ("siem.ndjson-20261129", 5),
            ("siem.ndjson-20261130", 5),
        ];
        let expected = named(&["siem.ndjson-20261130"]);
        assert_eq!(names("siem.ndjson-20261129", &all), expected);
        assert_eq!(names("siem.ndjson-20261130", &all), named(&[]));
        let copies = [("siem.ndjson.old", 5), ("siem.ndjson.old.bak", 5)];
        assert_eq!(names("siem.ndjson.old", &copies), named(&[]));
        assert_eq!(names("siem.ndjson.old.bak", &copies), named(&[]));
        // Nobody knows of others.
        let others = [("siem.ndjson.old", 5), ("siem.ndjson-Nov-29", 5)];
        assert_eq!(names("siem.ndjson.old", &others).unwrap().len(), 1);
        assert_eq!(names("siem.ndjson-Nov-29", &others).unwrap().len(), 1);
    }

    fn named(all: &[&str]) -> Result<Vec<String>, u32> {
        Ok(all.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn where_no_extension_ends_the_name_only_numbers_and_dates_belong_to_it() {
        let of = |name: &str| is_rotated("alerts".as_ref(), name.as_ref());
        assert!(of("alerts.1") && of("alerts-20260102.gz"));
        assert!(!of("alerts.ecs") && !of("alerts.ecs.1"));
    }

    #[test]
    fn numbers_go_down_and_have_no_gaps() {
        let all = [
            ("siem.ndjson.10.gz", 8),
            ("siem.ndjson.2.gz", 9),
            ("siem.ndjson.3.gz", 9),
            ("siem.ndjson.1", 9),
            ("siem.ndjson.old", 8),
        ];
        let expected = named(&["siem.ndjson.2.gz", "siem.ndjson.1"]);
        assert_eq!(names("siem.ndjson.3.gz", &all), expected);
        assert_eq!(names("siem.ndjson.1", &all), named(&[]));
        assert_eq!(names("siem.ndjson.5", &all), Err(4));
        assert_eq!(names("siem.ndjson.2", &[all[0], all[2]]), Err(1));
        let from_zero = [("siem.ndjson.0", 9), ("siem.ndjson.1", 9)];
        assert_eq!(names("siem.ndjson.1", &from_zero).unwrap().len(), 1);
    }

    /// `.1.gz` and `.2.gz` stay when logrotate packs no more; others count upwards.
    #[test]
    fn where_numbers_do_not_tell_the_time_of_the_last_change_does() {
        let all = [
            ("siem.ndjson.2.gz", 1),
            ("siem.ndjson.1.gz", 2),
            ("siem.ndjson.2", 3),
            ("siem.ndjson.1", 4),
        ];
        let expected = named(&["siem.ndjson.1.gz", "siem.ndjson.2", "siem.ndjson.1"]);
        assert_eq!(names("siem.ndjson.2.gz", &all), expected);
        let upwards = [
            ("siem.ndjson.1", 1),
            ("siem.ndjson.2", 2),
            ("siem.ndjson.3", 3),
        ];
        let expected = named(&["siem.ndjson.2", "siem.ndjson.3"]);
        assert_eq!(names("siem.ndjson.1", &upwards), expected);
        assert_eq!(names("siem.ndjson.2", &upwards), named(&["siem.ndjson.3"]));
    }

    #[test]
    fn dates_need_not_sort_and_names_need_not_tell() {
        let all = [
            ("siem.ndjson.3", 1),
            ("siem.ndjson-30112026", 2),
            ("siem.ndjson-01122026", 3),
            ("siem.ndjson-2026-12-02", 4),
            ("siem.ndjson-1796004630.gz", 5),
            ("siem.ndjson.old", 6),
            ("siem-2.ndjson", 7),
        ];
        for at in 1..6 {
            let expected: Vec<&str> = all[at + 1..6].iter().map(|(name, _)| *name).collect();
            assert_eq!(names(all[at].0, &all), named(&expected));
        }
    }

    #[test]
    fn what_is_as_young_comes_in_the_order_of_the_names() {
        let all = [
            ("siem.ndjson.1", 7),
            ("siem.ndjson.2", 7),
            ("siem.ndjson-20260101", 6),
            ("siem.ndjson-20260102", 6),
            ("siem.ndjson.old", 5),
        ];
        let expected = [all[2].0, all[3].0, all[1].0, all[0].0];
        assert_eq!(names("siem.ndjson.old", &all), named(&expected));
    }
}
