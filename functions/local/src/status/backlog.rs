use drawbridge_cursor::{Due, State, graph_retry_delay_secs};
use jiff::{SignedDuration, Timestamp};

/// How long something may stay unread without being read on before somebody should look at it. Trouble of half
/// an hour usually passes by itself.
pub(super) const LONGEST_UNREAD: SignedDuration = SignedDuration::from_mins(30);

/// How far behind a tenant may be read without being called behind. An idle state is saved about once an hour.
pub(crate) const LONGEST_BEHIND: SignedDuration = SignedDuration::from_mins(95);

/// What polls have not read, by what becomes of it. How old the alerts are says nothing of that: a first poll
/// reads what is days old, and is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backlog {
    /// Some ranges could not be read again and again.
    Stuck {
        ranges: usize,
        first: Timestamp,
        /// For how long one of them has failed, at least.
        at_least: SignedDuration,
    },
    /// Nobody reads on.
    Abandoned {
        left: SignedDuration,
        first: Timestamp,
        /// Whether it is known that no poll is running, and not only that none has read on.
        is_certain: bool,
    },
    /// Polls read it, one part after the other.
    CatchingUp {
        left: SignedDuration,
        first: Timestamp,
    },
}

impl Backlog {
    /// What is left by a state of which a poll has ended well; `None` if it is little. `is_polled` says whether
    /// somebody polls the tenant, as far as that is known.
    pub(super) fn of(state: &State, is_polled: Option<bool>, now: Timestamp) -> Option<Self> {
        let success = state.last_success?;
        if let Some(stuck) = stuck(state, now) {
            return Some(stuck);
        }
        let left = left(state, success);
        let first = state.read_up_to()?;
        // What waits is read when its wait is over, as by a poll that a scheduler starts.
        let is_due = |due: Due| due.wait_secs == 0 && failures(due) == 0;
        let is_abandoned = match is_polled {
            Some(false) => true,
            _ => now.duration_since(success) > LONGEST_UNREAD,
        };
        if is_abandoned && state.unread.iter().any(|range| is_due(range.due)) {
            let is_certain = is_polled == Some(false);
            return Some(Self::Abandoned {
                left,
                first,
                is_certain,
            });
        }
        let is_old = match state.unread.first() {
            Some(unread) => now.duration_since(unread) > LONGEST_UNREAD,
            None => success.duration_since(first) > LONGEST_BEHIND,
        };
        is_old.then_some(match is_polled {
            Some(false) => Self::Abandoned {
                left,
                first,
                is_certain: true,
            },
            _ => Self::CatchingUp { left, first },
        })
    }

    /// How much is left to read, where it does not fail.
    pub(super) fn left(self) -> Option<SignedDuration> {
        match self {
            Self::Abandoned { left, .. } | Self::CatchingUp { left, .. } => Some(left),
            Self::Stuck { .. } => None,
        }
    }
}

/// The ranges that have failed for long.
fn stuck(state: &State, now: Timestamp) -> Option<Backlog> {
    let failing = state
        .unread
        .iter()
        .filter_map(|range| Some((range, failing_for(range.due, now)?)));
    let stuck: Vec<_> = failing
        .filter(|(_, failing)| *failing > LONGEST_UNREAD)
        .collect();
    Some(Backlog::Stuck {
        ranges: stuck.len(),
        first: stuck.first()?.0.window.from(),
        at_least: stuck.iter().map(|(_, failing)| *failing).max()?,
    })
}

/// Of how many failures the waits are summed up; that is more than three days.
const MOST_SUMMED: u32 = 1000;

fn failures(due: Due) -> u32 {
    due.failures.saturating_add(due.incomplete)
}

/// For how long a range has failed, at least: the waits between its failures, and what has passed since the last
/// one. The state does not keep when it failed for the first time.
fn failing_for(due: Due, now: Timestamp) -> Option<SignedDuration> {
    let failures = failures(due).checked_sub(1)?;
    let waits =
        (1..=failures.min(MOST_SUMMED)).map(|failure| u64::from(graph_retry_delay_secs(failure)));
    let waited = i64::try_from(waits.sum::<u64>()).unwrap_or(i64::MAX);
    let since = due.since.map(|since| now.duration_since(since));
    let since = since.map_or(0, |since| since.as_secs().max(0));
    Some(SignedDuration::from_secs(waited.saturating_add(since)))
}

/// How much of the time up to the last poll that ended well is unread.
fn left(state: &State, success: Timestamp) -> SignedDuration {
    let unread = i64::try_from(state.unread.millis()).unwrap_or(i64::MAX);
    let beyond = state.watermark.map(|read| success.duration_since(read));
    let beyond = beyond.filter(|beyond| *beyond > LONGEST_BEHIND);
    SignedDuration::from_millis(unread).saturating_add(beyond.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use drawbridge_cursor::Window;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn mins(minutes: i64) -> SignedDuration {
        SignedDuration::from_mins(minutes)
    }

    /// A state of which a poll last ended well at minute 10,000, with this unread from 100 to 200.
    fn state(due: Due) -> State {
        let mut state = State {
            watermark: Some(at(9999)),
            last_success: Some(at(10_000)),
            ..State::default()
        };
        let window = Window::new(at(100), at(200)).unwrap();
        state.unread.add(window, due);
        state
    }

    /// A range that was cut for lack of time.
    fn cut() -> Due {
        Due {
            step_ms: Some(1),
            ..Due::after(at(10_000), 0)
        }
    }

    #[test]
    fn what_is_old_and_read_on_is_being_caught_up_with() {
        let (left, first) = (mins(100), at(100));
        for due in [Due::default(), cut()] {
            for is_polled in [None, Some(true)] {
                for (now, expected) in [
                    (10_030, Backlog::CatchingUp { left, first }),
                    (
                        10_031,
                        Backlog::Abandoned {
                            left,
                            first,
                            is_certain: false,
                        },
                    ),
                ] {
                    let backlog = Backlog::of(&state(due), is_polled, at(now));
                    assert_eq!(backlog, Some(expected), "{due:?} {is_polled:?}");
                }
            }
            // A poll that was ended leaves it at once.
            let backlog = Backlog::of(&state(due), Some(false), at(10_000));
            let is_certain = true;
            let expected = Backlog::Abandoned {
                left,
                first,
                is_certain,
            };
            assert_eq!(backlog, Some(expected));
        }
    }

    #[test]
    fn what_fails_is_stuck_once_it_has_failed_for_half_an_hour() {
        let failed = |failures| Due {
            failures,
            ..Due::after(at(10_000), 300)
        };
        // 30 s, 60 s and so on lie between the failures: eleven of them take 27.5 minutes.
        for (failures, minutes, is_stuck) in [
            (1, 30, false),
            (1, 31, true),
            (11, 2, false),
            (11, 3, true),
            (40, 0, true),
        ] {
            let now = at(10_000 + minutes);
            let backlog = Backlog::of(&state(failed(failures)), Some(true), now).unwrap();
            let stuck = matches!(backlog, Backlog::Stuck { ranges: 1, .. });
            assert_eq!(stuck, is_stuck, "{failures} {minutes}: {backlog:?}");
        }
        // Between two polls that a scheduler starts, it waits for the next one.
        let backlog = |is_polled| Backlog::of(&state(failed(1)), is_polled, at(10_001));
        assert!(matches!(backlog(None), Some(Backlog::CatchingUp { .. })));
        // Nobody tries again where nobody polls.
        assert!(matches!(
            backlog(Some(false)),
            Some(Backlog::Abandoned { .. })
        ));
    }

    #[test]
    fn a_watermark_that_lies_far_back_is_left_to_read_as_well() {
        let mut reset = state(cut());
        (reset.unread, reset.watermark) = (Default::default(), Some(at(1000)));
        let (left, first) = (mins(9000), at(1000));
        for is_polled in [None, Some(true)] {
            let backlog = Backlog::of(&reset, is_polled, at(10_001));
            assert_eq!(backlog, Some(Backlog::CatchingUp { left, first }));
        }
        // As after `state reset`, where nobody polls.
        let expected = Backlog::Abandoned {
            left,
            first,
            is_certain: true,
        };
        let backlog = Backlog::of(&reset, Some(false), at(10_001));
        assert_eq!(backlog, Some(expected));
        // An idle state is saved once an hour.
        reset.watermark = Some(at(9905));
        assert_eq!(Backlog::of(&reset, None, at(10_001)), None);
    }

    #[test]
    fn what_is_new_is_no_backlog() {
        let mut new = state(Due::default());
        new.unread = Default::default();
        let window = Window::new(at(9990), at(10_000)).unwrap();
        new.unread.add(window, Due::default());
        assert_eq!(Backlog::of(&new, Some(true), at(10_001)), None);
    }
}
