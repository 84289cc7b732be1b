//! What a SIEM searches for by its kind, wherever in a record it stands.

use std::ops::Range;

use crate::json;

/// A kind of observable: OCSF's number and its caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kind(i64, &'static str);

pub(super) const HOSTNAME: Kind = Kind(1, "Hostname");
pub(super) const IP_ADDRESS: Kind = Kind(2, "IP Address");
pub(super) const MAC_ADDRESS: Kind = Kind(3, "MAC Address");
pub(super) const USER_NAME: Kind = Kind(4, "User Name");
pub(super) const EMAIL_ADDRESS: Kind = Kind(5, "Email Address");
pub(super) const URL_STRING: Kind = Kind(6, "URL String");
pub(super) const FILE_NAME: Kind = Kind(7, "File Name");
pub(super) const HASH: Kind = Kind(8, "Hash");
pub(super) const PROCESS_NAME: Kind = Kind(9, "Process Name");
pub(super) const FILE_PATH: Kind = Kind(45, "File Path");

/// The most observables of a record: more than any real alert has, and a bound for those that are
/// made to be large. What is beyond is in the record all the same.
pub(super) const MOST: usize = 2000;

/// One that was written: its kind, and where its path and its text are.
pub(super) struct Found {
    pub(super) kind: Kind,
    /// In the paths that were noted.
    pub(super) path: Range<usize>,
    /// In the record, with its quotes and escapes.
    pub(super) value: Range<usize>,
}

impl Kind {
    /// Writes one with the path of its place; `value` is a text of JSON.
    pub(super) fn write(self, path: &str, value: &str, json: &mut String) {
        let Self(id, caption) = self;
        json.push_str("{\"name\":\"");
        json.push_str(path);
        json.push_str("\",\"type_id\":");
        json::int(id, json);
        json.push_str(",\"type\":\"");
        json.push_str(caption);
        json.push_str("\",\"value\":");
        json.push_str(value);
        json.push('}');
    }
}
