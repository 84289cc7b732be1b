//! A gap is replayed: its window is unread from now on, and in a folder it is read at once.

use std::collections::HashSet;
use std::time::Duration;

use drawbridge_cursor::{Range, State, Window};
use drawbridge_poll::{Ending, Poller, Report, Silent, Stop, change_state};
use drawbridge_quarantine::{Kind, StoredItem, stored_items};
use drawbridge_store::Catalogue;
use jiff::Timestamp;

use super::done::Done;
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::span::span;
use crate::state_head::state_head;

/// How often another poll may save the tenant's state first, or a poll may get no further.
const MAX_IN_VAIN: u32 = 20;

/// The pause after that.
const PAUSE: Duration = Duration::from_secs(1);

/// What is said of a window that is not read to its end yet.
const GOES_ON: &str =
    "its window stays unread: the next poll goes on with it, and so does this command";

/// Where the state of its tenant stands.
pub(super) struct GapReplay<'a> {
    pub(super) place: &'a DataLocation,
    pub(super) item: &'a StoredItem,
    pub(super) window: Window,
}

/// What is to be done after a poll.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Nothing of the window is unread.
    End,
    /// Another poll reads more of it.
    Poll,
    /// The same, if this does not happen again and again.
    PollAfterPause,
    /// This is for later.
    Leave(String),
}

impl GapReplay<'_> {
    /// Notes that the window is unread; gives the item under its new name.
    pub(super) async fn begin(&self) -> Result<StoredItem, Failure> {
        let (store, window) = (self.place.store.as_ref(), self.window);
        let item = self.item.take(store).await.map_err(Failure::of)?;
        let now = Timestamp::now();
        let unread = |state: &mut State| state.replay(window, now);
        let changed = change_state(store, &item.tenant, unread).await;
        changed.map_err(Failure::of)?;
        Ok(item)
    }

    /// Polls until all of the window is read, or quarantined anew.
    pub(super) async fn read(&self, poller: &Poller, stop: &Stop) -> Result<Done, Failure> {
        let store = self.place.store.as_ref();
        let tenant = &self.item.tenant;
        let before = gaps(store, tenant).await?;
        let before: HashSet<String> = before.into_iter().map(|gap| gap.id).collect();
        let mut in_vain = 0;
        let mut left = Vec::new();
        loop {
            let report = poller.run(stop, &Silent).await.map_err(Failure::of)?;
            let now = self.unread().await?;
            let has_moved = now != left;
            left = now;
            match next(&left, &report, has_moved, stop.is_asked(), Timestamp::now()) {
                Next::End => break,
                Next::Poll => in_vain = 0,
                Next::PollAfterPause if in_vain < MAX_IN_VAIN => {
                    in_vain += 1;
                    tokio::select! {
                        () = tokio::time::sleep(PAUSE) => {}
                        () = stop.asked() => {}
                    }
                }
                Next::PollAfterPause => {
                    return Err(Failure::of(format!(
                        "polls of the tenant got no further with it, or others saved the state \
                         first, {MAX_IN_VAIN} times; {GOES_ON}"
                    )));
                }
                Next::Leave(why) => return Err(Failure::of(why)),
            }
        }
        let anew = anew(store, tenant, self.window, &before).await?;
        Ok(match anew.as_slice() {
            [] => Done::all("its window was read again".to_owned()),
            anew => Done {
                what: format!(
                    "its window was read again, but for what Graph does not answer for, which is in \
                     quarantine anew: {}",
                    anew.join(", ")
                ),
                is_all: false,
            },
        })
    }

    /// What of the window is still to be read.
    pub(super) async fn unread(&self) -> Result<Vec<Range>, Failure> {
        let state = state_head(self.place, &self.item.tenant).await;
        let state = state.map_err(Failure::of)?.unwrap_or_default();
        Ok(state.unread.within(self.window).collect())
    }
}

/// What is to be done when `left` is still unread after a poll. What else that poll met, in other
/// ranges, is no matter of this one.
fn next(
    left: &[Range],
    report: &Report,
    has_moved: bool,
    is_asked_to_stop: bool,
    now: Timestamp,
) -> Next {
    if left.is_empty() {
        return Next::End;
    }
    if is_asked_to_stop {
        return Next::Leave(format!("stopped before its end; {GOES_ON}"));
    }
    match report.ending {
        Ending::Superseded => return Next::PollAfterPause,
        Ending::Postponed(delay) => {
            let secs = i64::try_from(delay.as_secs()).unwrap_or(i64::MAX);
            let wait = span(secs);
            return Next::Leave(format!("Graph asks to wait for {wait}; {GOES_ON}"));
        }
        Ending::Complete | Ending::OutOfTime => {}
    }
    if left.iter().any(|range| range.due.is_due(now)) {
        // There was no time for it, or others came first.
        let got_further = has_moved || report.pages > 0;
        return if got_further {
            Next::Poll
        } else {
            Next::PollAfterPause
        };
    }
    let due = left.iter().filter_map(|range| range.due.not_before()).min();
    let due = due.map_or_else(String::new, |due| format!(" after {due}"));
    let is_incomplete = left.iter().all(|range| range.due.failures == 0);
    let what = if is_incomplete {
        "Graph's answer was incomplete for"
    } else {
        "Graph did not answer for"
    };
    let parts: Vec<String> = left
        .iter()
        .map(|range| format!("{} to {}", range.window.from(), range.window.to()))
        .collect();
    Next::Leave(format!(
        "{what} {}: the first poll{due} tries it again, and so does this command",
        parts.join(", ")
    ))
}

/// The gaps of a tenant in quarantine.
async fn gaps(store: &dyn Catalogue, tenant: &str) -> Result<Vec<StoredItem>, Failure> {
    let items = stored_items(store, Some(tenant))
        .await
        .map_err(Failure::of)?;
    let gaps = items.found.into_iter();
    Ok(gaps.filter(|item| item.kind == Kind::Gap).collect())
}

/// The gaps in `window` that were put aside since there were those of `before`.
async fn anew(
    store: &dyn Catalogue,
    tenant: &str,
    window: Window,
    before: &HashSet<String>,
) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for gap in gaps(store, tenant).await? {
        if before.contains(&gap.id) {
            continue;
        }
        let item = gap.read(store).await.map_err(Failure::of)?;
        let of_it = item.and_then(|item| item.window);
        if of_it.is_some_and(|of_it| of_it.intersection(window).is_some()) {
            found.push(gap.id);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use drawbridge_cursor::Due;
    use drawbridge_quarantine::Quarantine;
    use drawbridge_store::LocalStore;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(at(from), at(to)).unwrap()
    }

    fn report(ending: Ending, pages: u64) -> Report {
        Report {
            ending,
            pages,
            ..Report::default()
        }
    }

    #[test]
    fn what_other_ranges_met_is_no_matter_of_this_one() {
        for ending in [
            Ending::OutOfTime,
            Ending::Superseded,
            Ending::Postponed(PAUSE),
        ] {
            let report = Report {
                gaps: 3,
                put_off: 1,
                ..report(ending, 1)
            };
            assert_eq!(next(&[], &report, true, false, at(0)), Next::End);
        }
    }

    #[test]
    fn it_goes_on_as_long_as_there_is_anything_to_read_at_once() {
        let unread = [Range {
            window: window(0, 9),
            due: Due::default(),
        }];
        let next = |ending, pages, has_moved| {
            next(&unread, &report(ending, pages), has_moved, false, at(10))
        };
        assert_eq!(next(Ending::OutOfTime, 0, true), Next::Poll);
        assert_eq!(next(Ending::OutOfTime, 1, false), Next::Poll);
        assert_eq!(next(Ending::Complete, 1, false), Next::Poll);
        assert_eq!(next(Ending::OutOfTime, 0, false), Next::PollAfterPause);
        assert_eq!(next(Ending::Superseded, 1, true), Next::PollAfterPause);
    }

    #[test]
    fn what_is_for_later_is_told_with_what_happened() {
        let due = |failures| Due {
            failures,
            ..Due::after(at(10), 60)
        };
        let postponed = Ending::Postponed(Duration::from_secs(120));
        for (ending, failures, is_asked, words) in [
            (Ending::OutOfTime, 0, true, ["stopped before", GOES_ON]),
            (
                postponed,
                0,
                false,
                ["Graph asks to wait for 2 min", GOES_ON],
            ),
            (
                Ending::Complete,
                2,
                false,
                [
                    "Graph did not answer for 1970-",
                    "the first poll after 1970-01-01T00:11:00Z",
                ],
            ),
            (
                Ending::Complete,
                0,
                false,
                ["answer was incomplete for 1970-", "so does this command"],
            ),
        ] {
            let left = [Range {
                window: window(0, 9),
                due: due(failures),
            }];
            let next = next(&left, &report(ending, 1), true, is_asked, at(10));
            let Next::Leave(told) = next else {
                panic!("{next:?}");
            };
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
        }
    }

    #[tokio::test]
    async fn only_what_was_put_aside_of_the_window_meanwhile_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        let quarantine = Quarantine {
            store: &store,
            tenant: "contoso",
        };
        quarantine.gap(window(1, 2), "before").await.unwrap();
        let before = gaps(&store, "contoso").await.unwrap();
        let before: HashSet<String> = before.into_iter().map(|gap| gap.id).collect();
        let found = || anew(&store, "contoso", window(0, 9), &before);
        quarantine.gap(window(20, 21), "elsewhere").await.unwrap();
        assert_eq!(found().await.map_err(|_| ()), Ok(vec![]));
        quarantine.gap(window(3, 4), "500").await.unwrap();
        assert_eq!(
            found().await.map(|found| found.len()).map_err(|_| ()),
            Ok(1)
        );
    }
}
