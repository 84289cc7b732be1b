//! What a SIEM searches for by its kind, wherever in a record it stands.

use std::ops::Range;

/// A kind of observable: OCSF's number and its caption, as they stand in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    id: u8,
    members: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $id:literal, $caption:literal;)*) => {
        $(pub(super) const $name: Kind = Kind {
            id: $id,
            members: concat!(
                "\",\"type_id\":", $id, ",\"type\":\"", $caption, "\",\"value\":"
            ),
        };)*
    };
}

kinds! {
    HOSTNAME = 1, "Hostname";
    IP_ADDRESS = 2, "IP Address";
    MAC_ADDRESS = 3, "MAC Address";
    USER_NAME = 4, "User Name";
    EMAIL_ADDRESS = 5, "Email Address";
    URL_STRING = 6, "URL String";
    FILE_NAME = 7, "File Name";
    HASH = 8, "Hash";
    PROCESS_NAME = 9, "Process Name";
    FILE_PATH = 45, "File Path";
}

/// The most observables of a record: more than any real alert has, and a bound for those that are
/// made to be large. What is beyond is in the record all the same.
pub(super) const MOST: usize = 2000;

/// An observable that was written: its kind, and where its path and its text are.
pub(super) struct Observable {
    pub(super) kind: Kind,
    /// Its range in the text of all paths.
    pub(super) path: Range<usize>,
    /// Its range in the record, with quotes and escapes.
    pub(super) value: Range<usize>,
}

impl Observable {
    /// Writes it; its value is copied from where it is.
    pub(super) fn write(self, paths: &str, json: &mut String) {
        let Self { kind, path, value } = self;
        json.reserve(path.len() + value.len() + 80);
        json.push_str("{\"name\":\"");
        json.push_str(&paths[path]);
        json.push_str(kind.members);
        json.extend_from_within(value);
        json.push('}');
    }
}

impl Kind {
    /// Tells most observables apart: the kind, and the length of the value.
    pub(super) fn tag(self, value: &str) -> u64 {
        u64::from(self.id) | (value.len() as u64) << 8
    }
}
