//! What the targets that speak HTTP share: one request, what its answer means, and how a batch is
//! taken apart when only some of it is the trouble.

mod answer;
mod client;
mod gzip;

mod batch;

pub(crate) use answer::{Answer, Hints};
pub(crate) use batch::{BatchApi, EncodedRecord, LARGE_BYTES, deliver, too_large};
pub(crate) use client::{Client, Request, transport};
pub(crate) use gzip::gzip;

use url::Url;

use crate::Later;

/// The address of `path`, which begins with a slash, below a target's root.
pub(crate) fn below(root: &Url, path: &str) -> Url {
    let mut url = root.clone();
    url.set_path(&format!("{}{path}", root.path().trim_end_matches('/')));
    url
}

/// What an answer means for the records of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The target has all records of the request.
    Taken,
    /// The request is too large.
    TooLarge,
    /// The target refuses the record at this position; nothing is known of the others.
    OneRefused(usize, String),
    /// The target refuses the request, because of a record or of a setting.
    Refused(String),
    /// The credential was refused.
    Unauthorised(String),
    /// The request is to be sent again later.
    Later(Later),
}

impl Verdict {
    pub(crate) fn later(reason: impl Into<String>) -> Self {
        Self::Later(Later::because(reason))
    }
}
