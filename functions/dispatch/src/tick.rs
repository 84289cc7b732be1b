use jiff::Timestamp;
use serde_json::Value;

/// One firing of the timer, by the minute it stands for.
///
/// The schedule's input is `{"time":"<aws.scheduler.scheduled-time>"}`, in which the scheduler
/// puts the time that was due: a second delivery or a retry of the same firing has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick {
    minutes: i64,
    is_timed: bool,
}

/// An event that is not the timer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event is not the timer's: expected a JSON object such as {{\"time\":\"2026-01-01T00:00:00Z\"}}"
)]
pub struct TickError;

impl Tick {
    /// The tick that `event` stands for. An object without a usable `time`, such as `{}` by hand,
    /// stands for `now`.
    ///
    /// # Errors
    /// [`TickError`] for what is not an object.
    pub fn of(event: &Value, now: Timestamp) -> Result<Self, TickError> {
        let object = event.as_object().ok_or(TickError)?;
        let given = object
            .get("time")
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok());
        let time: Timestamp = given.unwrap_or(now);
        Ok(Self {
            minutes: time.as_second().div_euclid(60),
            is_timed: given.is_some(),
        })
    }

    /// Minutes since 1970.
    #[must_use]
    pub fn minutes(self) -> i64 {
        self.minutes
    }

    /// Whether the event told the time, as the timer's do, and those by hand need not.
    #[must_use]
    pub(crate) fn is_timed(self) -> bool {
        self.is_timed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_tick_is_the_minute_that_was_due_however_late_it_comes() {
        let due = json!({"time": "2026-01-01T00:00:07Z"});
        let first = Tick::of(&due, at("2026-01-01T00:00:08Z")).unwrap();
        let late = Tick::of(&due, at("2026-01-01T00:03:00Z")).unwrap();
        let next = Tick::of(
            &json!({"time": "2026-01-01T00:01:07Z"}),
            at("2026-01-01T00:01:08Z"),
        );
        assert_eq!(first, late);
        assert!(first.is_timed());
        assert_eq!(next.unwrap().minutes(), first.minutes() + 1);
    }

    #[test]
    fn without_a_usable_time_it_is_now() {
        let now = at("2026-01-01T00:05:59Z");
        let expected = Tick {
            minutes: now.as_second() / 60,
            is_timed: false,
        };
        for event in [
            json!({}),
            json!({"time": "<aws.scheduler.scheduled-time>"}),
            json!({"time": 1}),
        ] {
            assert_eq!(Tick::of(&event, now), Ok(expected), "{event}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for event in [json!(null), json!([]), json!("tick")] {
            assert_eq!(Tick::of(&event, Timestamp::UNIX_EPOCH), Err(TickError));
        }
    }
}
