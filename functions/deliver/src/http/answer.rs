use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Verdict;
use crate::Later;

/// An answer, or as much of it as is looked at.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) is_html: bool,
    /// The cookies that it sets, as a request hands them back.
    pub(crate) cookies: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for Answer {
    /// Leaves the body out: some services repeat what they were sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status) && !self.is_html
    }

    /// The body as JSON, if it is what is expected.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What an answer that is no success means where its body says nothing better. `what` is who
    /// should have answered, `setting` is where the credential comes from.
    pub(crate) fn failure(&self, what: &str, setting: &str) -> Verdict {
        let Self { status, .. } = *self;
        let later = |advice: &str| {
            Verdict::Later(Later {
                after: self.retry_after,
                reason: format!("{what} answered HTTP {status}{advice}"),
            })
        };
        match status {
            300..=399 => {
                later(", a redirect, which is not followed: put the final address into url")
            }
            _ if self.is_html && status < 500 => later(
                " with a web page: url leads to a portal, a login page or a proxy and not to the \
                 intake",
            ),
            200..=299 => later(" with a body that is not the intake's: check url"),
            401 | 403 => Verdict::Unauthorised(format!(
                "{what} refused the credential (HTTP {status}): check {setting} and its \
                 permission"
            )),
            404 | 405 | 410 => later(": there is no such intake, check url"),
            407 => later(": a proxy on the way asks for credentials"),
            408 => later(""),
            413 => Verdict::TooLarge,
            429 => later(", too many requests"),
            500.. => later(""),
            _ => Verdict::Refused(format!("{what} refused it (HTTP {status})")),
        }
    }
}
