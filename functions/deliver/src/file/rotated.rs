//! Names of rotated files.

use std::ffi::{OsStr, OsString};
use std::time::SystemTime;

use super::identity::{FileIdentity, FileState};

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
    /// Where a link points, if that could be read.
    pub(super) link_to: Option<String>,
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
        // `live.12` is not rotated from `live.1`.
        let goes_on = |end: &str, rest: &str| {
            let is_digit = |last: Option<char>| last.is_some_and(|last| last.is_ascii_digit());
            is_digit(end.chars().last()) && is_digit(rest.chars().next())
        };
        let extension = live.rsplit_once('.');
        let before_extension = || {
            let (stem, extension) = extension?;
            let rest = bare.strip_prefix(stem)?;
            rest.strip_suffix(extension)?.strip_suffix('.')
        };
        let age = match (bare.strip_prefix(&*live), before_extension()) {
            _ if is_other => Age::Foreign,
            (Some(suffix), _) if goes_on(&live, suffix) => Age::Foreign,
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
            link_to: None,
            packing,
            age,
            modified,
            identity: None,
            bytes: 0,
        }
    }

    /// What tells it from all others, and whether it was written to since, where the file system says so.
    pub(super) fn state(&self) -> Option<FileState> {
        FileState::new(self.identity, self.bytes, self.modified)
    }

    /// The name that the file had before it was packed with gzip, if it is.
    pub(super) fn unpacked_name(&self) -> Option<&str> {
        self.name.to_str()?.strip_suffix(".gz")
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
        // Four digits are a month and a day.
        let is_number = suffix.starts_with('.') && digits <= 3 && digits == rest.len();
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

    pub(super) fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn date(&self) -> Option<&str> {
        match self {
            Self::Date(date) => Some(date),
            _ => None,
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
            ("siem.ndjson.1130", date(".1130"), Packing::Plain),
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
    fn where_no_extension_ends_the_name_only_numbers_and_dates_belong_to_it() {
        let of = |name: &str| is_rotated("alerts".as_ref(), name.as_ref());
        assert!(of("alerts.1") && of("alerts-20260102.gz"));
        assert!(!of("alerts.ecs") && !of("alerts.ecs.1"));
        assert!(!is_rotated(
            "siem.ndjson.1".as_ref(),
            "siem.ndjson.12".as_ref()
        ));
        assert!(is_rotated(
            "siem.ndjson.1".as_ref(),
            "siem.ndjson.1.gz".as_ref()
        ));
    }
}
