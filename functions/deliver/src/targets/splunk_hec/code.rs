use super::{HINTS, Reply, WHO};
use crate::Later;
use crate::http::{Answer, Verdict};

/// What a code is about.
#[derive(Clone, Copy)]
enum About {
    /// The token.
    Token,
    /// A setting, here or in Splunk.
    Setting,
    /// One event of the request.
    Event,
    /// Splunk itself, in passing.
    Service,
}

use About::{Event, Service, Setting, Token};

/// HEC's codes (Splunk documentation, "Troubleshoot HTTP Event Collector", possible error codes).
const CODES: &[(u32, About, &str)] = &[
    (
        1,
        Token,
        "the token is disabled: enable it, or store another one",
    ),
    (2, Token, "the token is missing: check secret"),
    (
        3,
        Token,
        "the authorization is invalid: store the bare token, without the word Splunk",
    ),
    (
        4,
        Token,
        "the token is not known there: store the token's value, and check url",
    ),
    (5, Event, "no data"),
    (6, Event, "invalid data format"),
    (
        7,
        Setting,
        "incorrect index: allow the index for the token, or change index",
    ),
    (8, Service, "internal server error"),
    (9, Service, "the server is busy"),
    (
        10,
        Setting,
        "the token asks for acknowledgement: set acknowledge to true",
    ),
    (11, Setting, "invalid data channel"),
    (12, Event, "the event field is missing"),
    (13, Event, "the event field is blank"),
    (
        14,
        Setting,
        "acknowledgement is off for the token: set acknowledge to false",
    ),
    (15, Event, "the indexed fields cannot be handled"),
    (16, Setting, "query string authorization is off"),
    (18, Service, "the queues are full"),
    (19, Service, "the acknowledgement service is not available"),
    (
        20,
        Service,
        "the queues are full and the acknowledgement service is not available",
    ),
    (23, Service, "the server is shutting down"),
];

/// What an answer with a code means.
pub(super) fn verdict(reply: &Reply, answer: &Answer) -> Verdict {
    let known = CODES.iter().find(|(code, ..)| Some(*code) == reply.code);
    let Some((code, about, meaning)) = known else {
        return answer.failure_of(WHO, "secret", HINTS);
    };
    let reason = format!("{WHO}: {meaning} (code {code}, HTTP {})", answer.status);
    match about {
        // Whatever the code says, these ask to come back.
        _ if matches!(answer.status, 429 | 503) => later(reason, answer),
        Token => Verdict::Unauthorised(reason),
        Setting | Service => later(reason, answer),
        Event => match reply.invalid_event_number {
            Some(number) => Verdict::OneRefused(number, reason),
            None => Verdict::Refused(reason),
        },
    }
}

fn later(reason: String, answer: &Answer) -> Verdict {
    Verdict::Later(Later {
        after: answer.retry_after,
        reason,
    })
}
