//! Names of rotated files, and the order in which they were written.

use std::cmp::Reverse;
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
    pub(super) packing: Packing,
    pub(super) age: Age,
    pub(super) modified: SystemTime,
    pub(super) identity: Option<FileIdentity>,
    pub(super) bytes: u64,
}

/// What a name says of when the file was rotated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Age {
    /// The least is the youngest.
    Number(u32),
    /// The least is the oldest; logrotate asks for dates that can be sorted like that.
    Date(String),
    /// Nothing: somebody chose the name.
    Unknown,
}

impl Rotated {
    /// The file called `name`, rotated from the one called `live`.
    ///
    /// logrotate makes `live.1`, with dateext `live-20260102`, and with an extension
    /// `siem.1.ndjson` or `siem-20260102.ndjson`; `siem-2.ndjson` is the file of another output.
    pub(super) fn new(live: &OsStr, name: OsString, modified: SystemTime) -> Self {
        let (live, text) = (live.to_string_lossy(), name.to_string_lossy());
        let (bare, packing) = ENDINGS
            .iter()
            .find_map(|(ending, packing)| Some((text.strip_suffix(ending)?, *packing)))
            .unwrap_or((&*text, Packing::Plain));
        let before_extension = || {
            let (stem, extension) = live.rsplit_once('.')?;
            let rest = bare.strip_prefix(stem)?;
            rest.strip_suffix(extension)?.strip_suffix('.')
        };
        let suffix = bare.strip_prefix(&*live).or_else(before_extension);
        let age = suffix.map_or(Age::Unknown, Age::of_suffix);
        Self {
            name,
            packing,
            age,
            modified,
            identity: None,
            bytes: 0,
        }
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
    Rotated::new(live, name.to_owned(), SystemTime::UNIX_EPOCH).age != Age::Unknown
}

impl Age {
    fn of_suffix(suffix: &str) -> Self {
        let rest = suffix.strip_prefix(['.', '-', '_']).unwrap_or_default();
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        let is_number = suffix.starts_with('.') && digits <= 5 && digits == rest.len();
        if is_number && let Ok(number) = rest.parse() {
            return Self::Number(number);
        }
        let of_date = |c: char| c.is_ascii_digit() || "-_.:TZ+".contains(c);
        let is_date = rest.starts_with(|first: char| first.is_ascii_digit())
            && digits >= 8
            && rest.chars().all(of_date);
        match is_date {
            true => Self::Date(suffix.to_owned()),
            false => Self::Unknown,
        }
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

/// Which of `all` were rotated after `found`, oldest first; those whose names do not say that they
/// were rotated are left out.
///
/// # Errors
/// The number of one that is missing: numbers have no gaps.
pub(super) fn after(found: &Rotated, mut all: Vec<Rotated>) -> Result<Vec<Rotated>, u32> {
    // Of the same file, the packed one is still being made or the plain one about to be removed.
    all.sort_by_key(|rotated| rotated.packing);
    let mut others: Vec<Rotated> = Vec::new();
    for rotated in all {
        let is_new = |other: &Rotated| other.age != rotated.age;
        if rotated.age != Age::Unknown && is_new(found) && others.iter().all(is_new) {
            others.push(rotated);
        }
    }
    let are_all = |known: fn(&Age) -> bool| others.iter().all(|rotated| known(&rotated.age));
    match &found.age {
        Age::Number(last) if are_all(|age| age.number().is_some()) => {
            others.retain(|rotated| rotated.age.number() < Some(*last));
            others.sort_by_key(|rotated| Reverse(rotated.age.number()));
            let numbers: Vec<u32> = others.iter().filter_map(|one| one.age.number()).collect();
            // Some count from 0.
            match (1..*last).find(|due| !numbers.contains(due)) {
                Some(missing) => Err(missing),
                None => Ok(others),
            }
        }
        Age::Date(last) if are_all(|age| age.date().is_some()) => {
            others.retain(|rotated| rotated.age.date() > Some(last.as_str()));
            others.sort_by(|one, other| one.age.date().cmp(&other.age.date()));
            Ok(others)
        }
        // Here names do not help. What is as young may come twice; left out, it would be lost.
        _ => {
            others.retain(|rotated| rotated.modified >= found.modified);
            others.sort_by(|one, other| {
                let number = |rotated: &Rotated| Reverse(rotated.age.number());
                let key = one.modified.cmp(&other.modified);
                key.then_with(|| number(one).cmp(&number(other)))
                    .then_with(|| one.age.date().cmp(&other.age.date()))
            });
            Ok(others)
        }
    }
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
        let after = after(&found, all)?;
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
            // Files of other outputs, our own, and those that somebody named.
            ("siem-2.ndjson", Age::Unknown, Packing::Plain),
            ("siem.ndjson", Age::Unknown, Packing::Plain),
            ("siem.ndjson.webhook.offset", Age::Unknown, Packing::Plain),
            ("siem.ndjson.1.webhook.lock", Age::Unknown, Packing::Plain),
            ("siem.ndjson.old", Age::Unknown, Packing::Plain),
            ("siem.ndjson.", Age::Unknown, Packing::Plain),
            ("native.ndjson.1", Age::Unknown, Packing::Plain),
            ("siem.ndjson.1.gz.tmp", Age::Unknown, Packing::Plain),
        ] {
            let rotated = rotated(name, 0);
            assert_eq!((rotated.age, rotated.packing), (age, packing), "{name}");
        }
    }

    #[test]
    fn numbers_go_down_and_have_no_gaps() {
        let all = [
            ("siem.ndjson.10.gz", 9),
            ("siem.ndjson.2.gz", 9),
            ("siem.ndjson.3.gz", 9),
            ("siem.ndjson.1", 9),
            ("siem.ndjson.old", 9),
        ];
        let expected = ["siem.ndjson.2.gz", "siem.ndjson.1"].map(String::from);
        assert_eq!(names("siem.ndjson.3.gz", &all), Ok(expected.to_vec()));
        assert_eq!(names("siem.ndjson.1", &all), Ok(Vec::new()));
        assert_eq!(names("siem.ndjson.5", &all), Err(4));
        assert_eq!(names("siem.ndjson.2", &all[..3]), Err(1));
        let from_zero = [("siem.ndjson.0", 9), ("siem.ndjson.1", 9)];
        assert_eq!(names("siem.ndjson.1", &from_zero).unwrap().len(), 1);
    }

    #[test]
    fn dates_go_up() {
        let all = [
            ("siem.ndjson-20260103", 1),
            ("siem.ndjson-20260101.gz", 3),
            ("siem.ndjson-20260102.gz", 2),
        ];
        let expected = ["siem.ndjson-20260102.gz", "siem.ndjson-20260103"].map(String::from);
        assert_eq!(names("siem.ndjson-20260101", &all), Ok(expected.to_vec()));
    }

    #[test]
    fn a_file_that_is_being_packed_is_read_as_it_was() {
        let all = [("siem.ndjson.1.gz", 1), ("siem.ndjson.1", 1)];
        assert_eq!(
            names("siem.ndjson.2", &all),
            Ok(vec!["siem.ndjson.1".to_owned()])
        );
        assert_eq!(names("siem.ndjson.1", &all), Ok(Vec::new()));
    }

    #[test]
    fn without_names_that_tell_the_time_of_the_last_change_does() {
        let all = [
            ("old", 5),
            ("siem.ndjson.1", 7),
            ("siem.ndjson.2", 7),
            ("siem.ndjson-20260101", 6),
            ("siem.ndjson.3", 4),
        ];
        let expected = ["siem.ndjson-20260101", "siem.ndjson.2", "siem.ndjson.1"];
        assert_eq!(names("old", &all), Ok(expected.map(String::from).to_vec()));
    }
}
