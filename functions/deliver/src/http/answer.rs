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

/// What a service's refusals may mean besides what they mean everywhere.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hints {
    /// For a 403: which of the service's own settings may forbid it, followed by a comma and a space.
    pub(crate) forbidden: &'static str,
    /// For a 404: what else to check, appended to `check url`.
    pub(crate) missing: &'static str,
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
        self.failure_of(what, setting, Hints::default())
    }

    /// The same, with what is known of the service.
    pub(crate) fn failure_of(&self, what: &str, setting: &str, hints: Hints) -> Verdict {
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
            401 => Verdict::Unauthorised(format!(
                "{what} refused the credential (HTTP 401): check {setting}, and that url is the \
                 service that it is for"
            )),
            403 => Verdict::Unauthorised(format!(
                "{what} refused the credential or forbids it (HTTP 403): check {setting} and its \
                 permission; {}a firewall, a proxy or a list of allowed addresses on the way may \
                 refuse this sender, too",
                hints.forbidden
            )),
            404 | 405 | 410 => later(&format!(
                ": there is no such intake, or what is on the way knows none: check url{}",
                hints.missing
            )),
            407 => later(": a proxy on the way asks for credentials"),
            408 => later(""),
            413 => Verdict::TooLarge,
            429 => later(", too many requests"),
            500.. => later(""),
            _ => Verdict::Refused(format!("{what} refused it (HTTP {status})")),
        }
    }
}
