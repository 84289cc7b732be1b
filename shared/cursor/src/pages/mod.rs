//! What a state knows of alerts that are not news: pages beside its object, which holds an index of
//! them.
//!
//! A page is written once and never changes. What is learned of an alert that is in a page is kept in
//! the state object, whole and for every output, and goes before the page; at times the state object's
//! is [merged](merge) into new pages. Only the state object decides: a page that it does not name does
//! not exist.

mod index;
mod merge;
mod page;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

pub use self::index::PageId;
pub(crate) use self::index::{Listed, Place, pack, unpack};
pub use self::merge::{Merge, Merged, NewPage, PageSettings};
use self::page::Held;
pub(crate) use self::page::Row;
use crate::entry::Entry;
use crate::{AlertDigest, State, StateError};

/// The most bytes of pages that are kept at hand, beside the last two.
const MOST_CACHED_BYTES: usize = 16 << 20;

/// The pages of a state.
#[derive(Debug, Clone, Default)]
pub struct Pages {
    pub(crate) index: Vec<Listed>,
    /// Rises with every save.
    pub(crate) sequence: u32,
    /// When pages that no state names were last looked for.
    pub cleaned: Option<Timestamp>,
    /// What was last seen before then is forgotten, in seconds since 1970.
    oldest_secs: u32,
    /// For how long it is no news that an alert in a page was seen.
    step_secs: u32,
    /// Pages that were read, the one that was needed last at the end.
    cached: Vec<(PageId, Arc<Held>)>,
    /// Alerts whose entries were copied from pages.
    recalled: Vec<AlertDigest>,
}

impl PartialEq for Pages {
    fn eq(&self, other: &Self) -> bool {
        let all = |pages: &Self| (pages.sequence, pages.cleaned);
        self.index == other.index && all(self) == all(other)
    }
}

impl Eq for Pages {}

impl Pages {
    /// What a state object says of its pages.
    pub(crate) fn of(index: Vec<Listed>, sequence: u32, cleaned: Option<Timestamp>) -> Self {
        Self {
            index,
            sequence,
            cleaned,
            ..Self::default()
        }
    }

    /// The pages that the state names.
    pub fn ids(&self) -> impl Iterator<Item = PageId> + use<'_> {
        self.index.iter().map(|page| page.id)
    }

    /// How many pages, alerts and keys there are, over all outputs; what was learned since is not
    /// among them.
    #[must_use]
    pub fn count(&self) -> (usize, usize, usize) {
        let pages = self.index.iter();
        pages.fold((0, 0, 0), |(pages, alerts, keys), page| {
            (pages + 1, alerts + page.alerts, keys + page.keys)
        })
    }

    /// How many bytes they have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.index.iter().map(|page| page.bytes).sum()
    }

    /// How many bytes the largest of them has.
    #[must_use]
    pub fn largest(&self) -> usize {
        let bytes = self.index.iter().map(|page| page.bytes);
        bytes.max().unwrap_or_default()
    }

    /// The number of the last save.
    #[must_use]
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    pub(crate) fn weight(&self) -> usize {
        let cached: usize = self.cached.iter().map(|(_, page)| page.weight()).sum();
        cached + self.index.len() * 2 * size_of::<Listed>()
    }

    /// Forgets the pages that are at hand; they can be read again.
    pub fn give_up_cache(&mut self) {
        self.cached.clear();
    }

    /// Forgets a page that is not there.
    pub fn lose(&mut self, id: PageId) {
        self.index.retain(|page| page.id != id);
    }

    /// Takes a page that was read.
    ///
    /// # Errors
    /// [`StateError::DamagedPage`] when it is not the page of that name.
    pub fn hold(&mut self, id: PageId, bytes: &[u8]) -> Result<Arc<[u8]>, StateError> {
        let bytes: Arc<[u8]> = bytes.into();
        self.keep(id, Held::checked(Arc::clone(&bytes), id)?);
        Ok(bytes)
    }

    /// How many bytes a page has.
    #[must_use]
    pub fn bytes_of(&self, id: PageId) -> usize {
        let page = self.index.iter().find(|page| page.id == id);
        page.map_or(0, |page| page.bytes)
    }

    /// Keeps a page at hand, and one that was needed before it, however large they are: an alert may
    /// need two.
    fn keep(&mut self, id: PageId, page: Held) {
        self.cached.push((id, Arc::new(page)));
        let mut left = MOST_CACHED_BYTES;
        let kept = self.cached.iter().rev().enumerate();
        let kept = kept.take_while(|(n, (_, page))| {
            let fits = *n < 2 || left > 0;
            left = left.saturating_sub(page.weight());
            fits
        });
        let kept = kept.count();
        self.cached.drain(..self.cached.len() - kept);
    }

    /// The bytes of a page that is at hand.
    pub fn held(&mut self, id: PageId) -> Option<Arc<[u8]>> {
        self.page(id).map(|page| Arc::clone(&page.bytes))
    }

    fn page(&mut self, id: PageId) -> Option<Arc<Held>> {
        let at = self.cached.iter().position(|(cached, _)| *cached == id)?;
        let page = self.cached.remove(at);
        let held = Arc::clone(&page.1);
        self.cached.push(page);
        Some(held)
    }

    /// The page that has what is known of a place, if any has.
    fn at(&self, place: Place) -> Option<&Listed> {
        let behind = self.index.partition_point(|page| page.first <= place);
        behind.checked_sub(1).and_then(|at| self.index.get(at))
    }

    /// The places where an alert may be, the better one first: what older states knew has no time.
    fn places(&self, alert: AlertDigest) -> impl Iterator<Item = Listed> + use<> {
        let dated = self.at(Place::of(&alert.id, alert.created_secs)).copied();
        let undated = (alert.created_secs > 0).then(|| Place::of(&alert.id, 0));
        let undated = undated.and_then(|place| self.at(place)).copied();
        let undated = undated.filter(|page| dated.is_none_or(|dated| dated.id != page.id));
        dated.into_iter().chain(undated)
    }

    /// What a page that is at hand knows of an alert, for each output.
    fn rows_of(&self, held: &Held, page: &Listed, alert: AlertDigest) -> Vec<(String, Entry)> {
        let rows = held.of(&alert.id).into_iter();
        let of_alert = rows
            .map(|row| (row.output.to_owned(), row.entry.to_owned()))
            .map(|(output, mut entry)| {
                // What was seen later was seen by a clock that was ahead.
                entry.seen_secs = entry.seen_secs.min(page.seen_secs);
                (output, entry)
            })
            .filter(|(_, entry)| entry.seen_secs >= self.oldest_secs);
        let mut found: Vec<_> = of_alert.collect();
        // An alert that older states knew is in the same page once more with its time.
        let dated = found.iter().any(|(_, entry)| entry.created_secs > 0);
        found.retain(|(_, entry)| !dated || entry.created_secs > 0);
        found
    }
}

impl State {
    /// A page that has to be [held](Pages::hold) before an alert is [recalled](Self::recall).
    #[must_use]
    pub fn page_for(&mut self, alert: AlertDigest) -> Option<PageId> {
        if self.knows(alert) {
            return None;
        }
        for page in self.pages.places(alert) {
            let Some(held) = self.pages.page(page.id) else {
                return Some(page.id);
            };
            if !self.pages.rows_of(&held, &page, alert).is_empty() {
                return None;
            }
        }
        None
    }

    /// Has what is known of an alert at hand in every output, if the pages are for which
    /// [`page_for`](Self::page_for) asks. What was recalled before and did not change is let go.
    pub fn recall(&mut self, alert: AlertDigest) {
        self.settle();
        if !self.knows(alert) {
            self.recall_more(alert);
        }
        self.pages.recalled.push(alert);
    }

    fn recall_more(&mut self, alert: AlertDigest) {
        for page in self.pages.places(alert) {
            let Some(held) = self.pages.page(page.id) else {
                return;
            };
            let found = self.pages.rows_of(&held, &page, alert);
            let is_found = !found.is_empty();
            for (output, mut entry) in found {
                entry.created_secs = entry.created_secs.max(alert.created_secs);
                entry.clean_until = entry.seen_secs.saturating_add(self.pages.step_secs).max(1);
                self.output(&output).insert(alert.id, entry);
            }
            if is_found {
                return;
            }
        }
    }

    /// Whether what is known of an alert is at hand.
    fn knows(&self, alert: AlertDigest) -> bool {
        let mut outputs = self.outputs.values();
        outputs.any(|written| written.alerts.contains_key(&alert.id))
    }

    /// Lets go of what was recalled and did not change. Of an alert that did, all is kept, so that what
    /// a page says of it counts no more.
    pub fn settle(&mut self) {
        for alert in std::mem::take(&mut self.pages.recalled) {
            let entries = |state: &State| -> Vec<(bool, u32)> {
                let outputs = state.outputs.values();
                let entries = outputs.filter_map(|written| written.alerts.get(&alert.id));
                entries
                    .map(|entry| (entry.is_clean(), entry.created_secs))
                    .collect()
            };
            let entries = entries(self);
            let is_clean = entries.iter().all(|(is_clean, _)| *is_clean);
            let created = entries.iter().map(|(_, created)| *created).max();
            let created = created.unwrap_or_default().max(alert.created_secs);
            for written in self.outputs.values_mut() {
                if is_clean {
                    written.take(&alert.id);
                } else if let Some(entry) = written.alerts.get_mut(&alert.id) {
                    entry.change();
                    entry.created_secs = created;
                }
            }
        }
    }

    /// The alerts that are known without a page.
    #[must_use]
    pub fn known_alerts(&self) -> Vec<AlertDigest> {
        let outputs = self.outputs.values();
        let alerts = outputs.flat_map(|written| &written.alerts);
        let mut alerts: Vec<_> = alerts
            .map(|(id, entry)| AlertDigest {
                id: *id,
                created_secs: entry.created_secs,
            })
            .collect();
        alerts.sort_unstable_by_key(|alert| (alert.created_secs, alert.id));
        alerts.dedup();
        alerts
    }

    /// Drops pages of which nothing is to be remembered, and notes since when something is.
    pub(crate) fn prune_pages(&mut self, oldest_secs: u32, latest_secs: u32, step_secs: u32) {
        let pages = &mut self.pages;
        pages.index.retain(|page| page.seen_secs >= oldest_secs);
        for page in &mut pages.index {
            page.seen_secs = page.seen_secs.min(latest_secs);
        }
        pages.oldest_secs = oldest_secs;
        pages.step_secs = step_secs;
        let ids: HashSet<_> = pages.ids().collect();
        pages.cached.retain(|(id, _)| ids.contains(id));
    }

    /// About how many bytes of the object say what is known without a page, before they are in base64.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.outputs.values().map(crate::packed::packed_len).sum()
    }

    /// Begins a save: its number, by which the pages that it writes are called.
    pub fn begin_save(&mut self, now: Timestamp) {
        self.settle();
        let now_secs = crate::epoch_secs_of(now.as_second());
        self.pages.sequence = self.pages.sequence.saturating_add(1).max(now_secs);
    }
}
