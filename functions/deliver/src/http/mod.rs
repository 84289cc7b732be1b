//! What the targets that speak HTTP share: one request, what its answer means, and how a batch is
//! taken apart when only some of it is the trouble.

mod answer;
mod client;
mod gzip;

mod split;

pub(crate) use answer::{Answer, Hints};
pub(crate) use client::{Client, Request, transport};
pub(crate) use gzip::gzip;
pub(crate) use split::{Intake, Piece, deliver};

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
    /// All taken.
    Taken,
    /// Too much at once.
    TooLarge,
    /// The one at this position will never be taken; of the others nothing is known.
    OneRefused(usize, String),
    /// Something about the request, which may be one of the records or a setting.
    Refused(String),
    /// The credential was refused.
    Unauthorised(String),
    /// Come back.
    Later(Later),
}

impl Verdict {
    pub(crate) fn later(reason: impl Into<String>) -> Self {
        Self::Later(Later::because(reason))
    }
}
