//! How many records a state knows, by the hour in which their alert was created, for display. A state keeps when
//! each alert was created, and how many records it has in each output.

use std::collections::{BTreeMap, HashSet};

use crate::entry::Entry;
use crate::pages::Listed;
use crate::pages::page::{Held, Rows};
use crate::state::is_resent;
use crate::{PageId, State, StateError};

const HOUR_SECS: u32 = 3600;

/// The records of the last hours, read from the newest page back.
///
/// [`next_page`](Self::next_page) names the page to read next and [`add`](Self::add) takes it; the pages
/// lie by when alerts came up, so that the last few are enough.
#[derive(Debug)]
pub struct CreatedHours {
    /// How many hours are of interest, up to the one of the newest alert.
    hours: u32,
    /// What came up later was noted by a clock that was wrong, or by an alert that was.
    now_secs: u32,
    /// The alerts that the object knows: what a page says of them counts no more.
    known: HashSet<[u8; 16]>,
    /// The pages that are left, and when the alerts in the one before them begin.
    left: Vec<Listed>,
    up_to_secs: Option<u32>,
    counts: BTreeMap<u32, BTreeMap<String, u64>>,
    undated: u64,
}

/// A page that has alerts of the hours that are of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedPage {
    /// Its name.
    pub id: PageId,
    /// How many bytes it has.
    pub bytes: usize,
    /// What came up after this second is in pages that were named before, and in the object; `None` for
    /// the first one.
    pub up_to_secs: Option<u32>,
}

impl CreatedHours {
    /// Those of a state, as far as its object knows them: of the `hours` up to the one in which the newest
    /// alert came up that is not ahead of `now_secs`.
    #[must_use]
    pub fn of(state: &State, now_secs: u32, hours: u32) -> Self {
        let index = state.pages.index.iter();
        let is_past = |page: &&Listed| page.first.created_secs <= now_secs;
        let mut of = Self {
            hours,
            now_secs,
            known: HashSet::new(),
            left: index.filter(is_past).copied().collect(),
            up_to_secs: None,
            counts: BTreeMap::new(),
            undated: 0,
        };
        for (output, written) in &state.outputs {
            for (alert, entry) in &written.alerts {
                of.known.insert(*alert);
                of.count(output, entry);
            }
        }
        of
    }

    /// The page to read next; `None` where what was read is enough. One that is named counts as read.
    pub fn next_page(&mut self) -> Option<WantedPage> {
        let first_hour = self.first_hour();
        let ends_before = |hour| {
            let end = self.up_to_secs.unwrap_or(u32::MAX);
            end / HOUR_SECS < hour
        };
        if first_hour.is_some_and(ends_before) {
            return None;
        }
        let page = self.left.pop()?;
        let wanted = WantedPage {
            id: page.id,
            bytes: page.bytes,
            up_to_secs: self.up_to_secs,
        };
        self.up_to_secs = Some(page.first.created_secs);
        Some(wanted)
    }

    /// Counts what is in a page that was read.
    ///
    /// # Errors
    /// [`StateError::DamagedPage`] when it is not the page of that name.
    pub fn add(&mut self, id: PageId, bytes: &[u8]) -> Result<(), StateError> {
        let held = Held::checked(bytes.into(), id)?;
        for row in Rows::of(&held.bytes)? {
            let row = row?;
            // What older states knew has no time, and may be there once more with it.
            if row.entry.created_secs > 0 && !self.known.contains(row.entry.alert) {
                self.count(row.output, &row.entry.to_owned());
            }
        }
        Ok(())
    }

    /// How many records each output has of the alerts of an hour, by the hours since 1970. A record that
    /// was written again counts once.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<u32, &BTreeMap<String, u64>> {
        let from = self.first_hour().unwrap_or_default();
        let counts = self.counts.range(from..);
        counts.map(|(hour, outputs)| (*hour, outputs)).collect()
    }

    /// How many records the object has besides of which it does not say when their alert came up: an older
    /// release wrote them.
    #[must_use]
    pub fn undated(&self) -> u64 {
        self.undated
    }

    /// The first hour of interest; `None` as long as no alert is known.
    fn first_hour(&self) -> Option<u32> {
        let newest = self.counts.keys().next_back()?;
        Some((newest + 1).saturating_sub(self.hours))
    }

    fn count(&mut self, output: &str, entry: &Entry) {
        if is_resent(output) || entry.created_secs > self.now_secs {
            return;
        }
        let released = entry.versions.iter();
        let released = released.filter(|versions| versions.is_never_written());
        let records = entry.keys.len().saturating_sub(released.count()) as u64;
        if records == 0 {
            return;
        }
        if entry.created_secs == 0 {
            self.undated += records;
            return;
        }
        let hour = self.counts.entry(entry.created_secs / HOUR_SECS);
        *hour.or_default().entry(output.to_owned()).or_default() += records;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::{AlertDigest, PageSettings};

    const NOW_SECS: u32 = 1_000 * HOUR_SECS;

    fn alert(n: u32, created_secs: u32) -> AlertDigest {
        AlertDigest::of(&format!("da{n}")).created(created_secs)
    }

    fn claim(state: &mut State, output: &str, alert: AlertDigest, key: u32) {
        let mut bytes = [1; 32];
        bytes[..4].copy_from_slice(&key.to_le_bytes());
        let claimed = state.output(output).claim(alert, &bytes, NOW_SECS);
        assert!(claimed.is_some());
    }

    /// Puts what a state learned into pages of 500 bytes.
    fn save(state: &mut State, pages: &mut HashMap<PageId, Arc<[u8]>>) {
        let settings = PageSettings {
            most_kept_bytes: 0,
            page_bytes: 500,
            recent_secs: 0,
        };
        state.begin_save(Timestamp::from_second(NOW_SECS.into()).unwrap());
        for merge in state.merges(NOW_SECS, &settings) {
            for page in state.merge(&merge, pages).unwrap().new {
                pages.insert(page.id, page.bytes);
            }
        }
        *state = State::decode(&state.encode().unwrap()).unwrap();
    }

    /// The records by the hour, and how many pages were read for that.
    fn read(state: &State, pages: &HashMap<PageId, Arc<[u8]>>) -> (Vec<(u32, u64)>, usize) {
        let mut of = CreatedHours::of(state, NOW_SECS, 48);
        let mut read = 0;
        while let Some(page) = of.next_page() {
            assert_eq!(page.bytes, pages[&page.id].len());
            of.add(page.id, &pages[&page.id]).unwrap();
            read += 1;
        }
        let counts = of.counts().into_iter();
        let counts = counts.map(|(hour, outputs)| (hour, outputs.values().sum()));
        (counts.collect(), read)
    }

    #[test]
    fn the_records_of_the_last_hours_are_counted_from_the_last_pages_alone() {
        let (mut state, mut pages) = (State::default(), HashMap::new());
        // The newest first, as a first look-back comes.
        for n in (0..200).rev() {
            let alert = alert(n, (700 + n) * HOUR_SECS + 17);
            for key in 0..=n % 3 {
                claim(&mut state, "siem", alert, n * 10 + key);
            }
            claim(&mut state, "native", alert, n * 10);
        }
        save(&mut state, &mut pages);
        assert!(state.outputs.values().all(|written| written.alerts() == 0));
        let (counts, read_pages) = read(&state, &pages);
        let expected = (852..900).map(|hour: u32| (hour, u64::from((hour - 700) % 3) + 2));
        assert_eq!(counts, expected.collect::<Vec<_>>());
        assert!(
            read_pages * 2 < pages.len(),
            "{read_pages} of {}",
            pages.len()
        );
    }

    #[test]
    fn what_the_object_knows_of_an_alert_goes_before_its_page() {
        let (mut state, mut pages) = (State::default(), HashMap::new());
        let (old, new) = (alert(1, 900 * HOUR_SECS), alert(2, 901 * HOUR_SECS));
        claim(&mut state, "siem", old, 1);
        save(&mut state, &mut pages);
        while let Some(id) = state.page_for(old) {
            state.pages.hold(id, &pages[&id]).unwrap();
        }
        state.recall(old);
        claim(&mut state, "siem", old, 2);
        claim(&mut state, "siem", new, 3);
        assert_eq!(read(&state, &pages).0, [(900, 2), (901, 1)]);
    }

    #[test]
    fn what_is_ahead_undated_given_back_or_sent_again_is_no_record_of_an_hour() {
        let (mut state, mut pages) = (State::default(), HashMap::new());
        claim(&mut state, "siem", alert(1, 900 * HOUR_SECS), 1);
        claim(&mut state, "siem", alert(2, NOW_SECS + 1), 2);
        claim(&mut state, "resent/b/siem", alert(1, 900 * HOUR_SECS), 1);
        let refused = state.output("siem");
        let refused_claim = refused.claim(alert(3, 901 * HOUR_SECS), &[9; 32], NOW_SECS);
        refused.release(&refused_claim.unwrap());
        save(&mut state, &mut pages);
        claim(&mut state, "siem", alert(4, 0), 4);
        let of = CreatedHours::of(&state, NOW_SECS, 48);
        assert_eq!((of.undated(), read(&state, &pages).0), (1, vec![(900, 1)]));
    }

    #[test]
    fn a_page_that_was_changed_is_refused() {
        let (mut state, mut pages) = (State::default(), HashMap::new());
        claim(&mut state, "siem", alert(1, 900 * HOUR_SECS), 1);
        save(&mut state, &mut pages);
        let mut of = CreatedHours::of(&state, NOW_SECS, 48);
        let page = of.next_page().unwrap();
        assert_eq!((page.up_to_secs, of.next_page()), (None, None));
        let mut bytes = pages[&page.id].to_vec();
        bytes[20] ^= 1;
        let refused = of.add(page.id, &bytes);
        assert!(matches!(refused, Err(StateError::DamagedPage { .. })));
        assert!(of.counts().is_empty());
    }
}
