use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::State;

/// Which alerts the polls of a state read, and since when: a state goes by a tenant's name, which may be
/// given to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polled {
    /// The BLAKE3 digest, in hexadecimal, of what says which alerts they are.
    alerts: String,
    /// When the first poll of them that ended well had begun; `None` as long as none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Polled {
    /// That the alerts which `alerts` describes are polled since then.
    #[must_use]
    pub fn of(alerts: &str, since: Option<Timestamp>) -> Self {
        Self {
            alerts: blake3::hash(alerts.as_bytes()).to_hex().to_string(),
            since,
        }
    }

    /// Whether they are those that `alerts` describes.
    #[must_use]
    pub fn is_of(&self, alerts: &str) -> bool {
        *self.alerts == *blake3::hash(alerts.as_bytes()).to_hex()
    }
}

impl State {
    /// Notes that a poll of the alerts which `alerts` describes ended well, and had begun at `begun`.
    pub fn note_polled(&mut self, alerts: &str, begun: Timestamp) {
        let is_noted = |polled: &Polled| polled.since.is_some() && polled.is_of(alerts);
        if !self.polled.as_ref().is_some_and(is_noted) {
            self.polled = Some(Polled::of(alerts, Some(begun)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_poll_of_the_same_alerts_is_the_one_that_is_kept() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let mut state = State {
            polled: Some(Polled::of("a", None)),
            ..State::default()
        };
        let mut since = |alerts, secs| {
            state.note_polled(alerts, at(secs));
            let polled = state.polled.clone().unwrap();
            assert!(polled.is_of(alerts) && !polled.is_of("c"));
            polled.since
        };
        assert_eq!(since("a", 1), Some(at(1)));
        assert_eq!(since("a", 2), Some(at(1)));
        assert_eq!(since("b", 3), Some(at(3)));
        assert_eq!(since("a", 4), Some(at(4)));
    }
}
