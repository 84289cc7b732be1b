//! What a state knows of alerts that are not news: pages beside its object, which holds an index of
//! them.
//!
//! A page is written once and never changes. What is learned of an alert that is in a page is kept in
//! the state object, whole and for every output, and goes before the page; at times the state object's
//! is merged into new pages. Only the state object decides: a page that it does not name does
//! not exist.

mod index;
pub(crate) mod page;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

pub use self::index::PageId;
pub(crate) use self::index::{Listed, PagePosition, pack, unpack};
use self::page::Held;
pub(crate) use self::page::Row;
use crate::entry::Entry;
use crate::{AlertDigest, StateError};

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
    /// Alerts last seen before this time are forgotten, in seconds since 1970.
    pub(crate) oldest_secs: u32,
    /// How long it is not noted again that an alert in a page was seen.
    pub(crate) step_secs: u32,
    /// The pages in memory; the most recently used one is last.
    cached: Vec<(PageId, Arc<Held>)>,
    /// Alerts whose entries were copied from pages.
    pub(crate) recalled: Vec<AlertDigest>,
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

    /// Caches a page. This page and the one used before it stay, however large they are, since an alert may need
    /// two.
    pub(crate) fn keep(&mut self, id: PageId, page: Held) {
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

    /// The bytes of a page, if it is cached.
    pub fn held(&mut self, id: PageId) -> Option<Arc<[u8]>> {
        self.page(id).map(|page| Arc::clone(&page.bytes))
    }

    pub(crate) fn page(&mut self, id: PageId) -> Option<Arc<Held>> {
        let at = self.cached.iter().position(|(cached, _)| *cached == id)?;
        let page = self.cached.remove(at);
        let held = Arc::clone(&page.1);
        self.cached.push(page);
        Some(held)
    }

    /// How many pages begin at or before a position: the position belongs in the last of them.
    fn pages_up_to(&self, place: PagePosition) -> usize {
        self.index.partition_point(|page| page.first <= place)
    }

    /// The page that a position belongs in; 0 if there is no page.
    pub(crate) fn page_of(&self, place: PagePosition) -> usize {
        self.pages_up_to(place).saturating_sub(1)
    }

    /// The page that has what is known of a place, if any has.
    fn at(&self, place: PagePosition) -> Option<&Listed> {
        self.index[..self.pages_up_to(place)].last()
    }

    /// The places where an alert may be, the better one first: what older states knew has no time.
    pub(crate) fn places(&self, alert: AlertDigest) -> impl Iterator<Item = Listed> + use<> {
        let dated = self
            .at(PagePosition::of(&alert.id, alert.created_secs))
            .copied();
        let undated = (alert.created_secs > 0).then(|| PagePosition::of(&alert.id, 0));
        let undated = undated.and_then(|place| self.at(place)).copied();
        let undated = undated.filter(|page| dated.is_none_or(|dated| dated.id != page.id));
        dated.into_iter().chain(undated)
    }

    /// What a page that is at hand knows of an alert, for each output.
    pub(crate) fn rows_of(
        &self,
        held: &Held,
        page: &Listed,
        alert: AlertDigest,
    ) -> Vec<(String, Entry)> {
        let rows = held.of(&alert.id).into_iter();
        let of_alert = rows
            .map(|row| (row.output.to_owned(), row.entry.to_owned()))
            .map(|(output, mut entry)| {
                // A clock that was ahead noted what was seen later.
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

    /// Drops pages of which nothing is to be remembered, and notes since when something is.
    pub(crate) fn prune(&mut self, oldest_secs: u32, latest_secs: u32, step_secs: u32) {
        self.index.retain(|page| page.seen_secs >= oldest_secs);
        for page in &mut self.index {
            page.seen_secs = page.seen_secs.min(latest_secs);
        }
        self.oldest_secs = oldest_secs;
        self.step_secs = step_secs;
        let ids: HashSet<_> = self.ids().collect();
        self.cached.retain(|(id, _)| ids.contains(id));
    }
}
