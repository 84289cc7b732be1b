//! What a state object knows is merged into pages, so that it stays small.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::pages::page::{self, Row};
use crate::pages::{Listed, PageId, PagePosition};
use crate::state::is_of_use;
use crate::{State, StateError};

/// How much is kept in the state object, and how large a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSettings {
    /// The most bytes that a saved state object keeps of what is known, before they are in base64.
    pub most_kept_bytes: usize,
    /// A page's bytes, as long as there are few pages.
    pub page_bytes: usize,
    /// What was seen so shortly ago stays in the object as long as there is room: the next polls see it
    /// again.
    pub recent_secs: u32,
}

impl Default for PageSettings {
    fn default() -> Self {
        Self {
            most_kept_bytes: 32 << 10,
            page_bytes: 64 << 10,
            recent_secs: 20 * 60,
        }
    }
}

/// From so many pages on, pages get larger instead of more numerous, up to [`LARGEST`] times.
const MANY_PAGES: usize = 512;
const LARGEST: usize = 16;

/// How many pages a save writes if its object has enough room already.
const PAGES_AT_EASE: usize = 8;

/// What a merge has made.
#[derive(Debug)]
pub struct Merged {
    /// The pages that have to be stored; none if a page was missing.
    pub new: Vec<NewPage>,
    /// The index before.
    before: Vec<Listed>,
}

/// What is to be merged into one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The page, and a small one before it, if there is one.
    pub pages: Vec<PageId>,
    alerts: Vec<[u8; 16]>,
    bytes: usize,
}

/// A page to be stored before the state is saved that names it.
#[derive(Debug, Clone)]
pub struct NewPage {
    /// Its name.
    pub id: PageId,
    /// What is stored.
    pub bytes: Arc<[u8]>,
}

/// What the object knows of one alert.
struct Kept {
    alert: [u8; 16],
    place: PagePosition,
    bytes: usize,
    seen_secs: u32,
}

impl State {
    /// What is to be merged into pages for the object to be small enough.
    #[must_use]
    pub fn merges(&self, now_secs: u32, settings: &PageSettings) -> Vec<Merge> {
        let kept = self.kept();
        let mut bytes: usize = kept.iter().map(|kept| kept.bytes).sum();
        if bytes <= settings.most_kept_bytes {
            return Vec::new();
        }
        let target = self.target(bytes, settings);
        let recent = now_secs.saturating_sub(settings.recent_secs);
        let mut merges = BTreeMap::<usize, Merge>::new();
        for (is_recent, enough) in [
            (false, settings.most_kept_bytes / 2),
            (true, settings.most_kept_bytes),
        ] {
            let of_this = |kept: &&Kept| (kept.seen_secs >= recent) == is_recent;
            let mut by_page = BTreeMap::<usize, (usize, Vec<[u8; 16]>)>::new();
            for kept in kept.iter().filter(of_this) {
                let of_page = by_page.entry(self.pages.page_of(kept.place)).or_default();
                of_page.0 += kept.bytes;
                of_page.1.push(kept.alert);
            }
            // The pages that take most out of the object go first.
            let mut by_page: Vec<_> = by_page.into_iter().collect();
            by_page.sort_by_key(|(at, (bytes, _))| (std::cmp::Reverse(*bytes), *at));
            for (at, (of_page, alerts)) in by_page {
                let is_at_ease = bytes <= settings.most_kept_bytes;
                if bytes <= enough || (is_at_ease && merges.len() >= PAGES_AT_EASE) {
                    break;
                }
                bytes -= of_page;
                let merge = merges.entry(at).or_insert_with(|| Merge {
                    pages: self
                        .pages
                        .index
                        .get(at)
                        .map(|page| page.id)
                        .into_iter()
                        .collect(),
                    alerts: Vec::new(),
                    bytes: target,
                });
                merge.alerts.extend(alerts);
            }
        }
        let at: Vec<usize> = merges.keys().copied().collect();
        for at in at.into_iter().rev() {
            let before = at
                .checked_sub(1)
                .filter(|before| !merges.contains_key(before));
            let before = before.and_then(|before| self.pages.index.get(before));
            let after = self.pages.index.get(at);
            if let (Some(before), Some(after), Some(merge)) = (before, after, merges.get_mut(&at))
                && before.bytes + after.bytes <= target / 4 * 3
            {
                merge.pages.push(before.id);
            }
        }
        merges.into_values().collect()
    }

    /// Merges entries into new pages, unless the page that they belong in is missing. The new pages have to be stored
    /// before the state is saved; if that fails, call [`unmerge`](Self::unmerge).
    ///
    /// # Errors
    /// [`StateError::DamagedPage`].
    pub fn merge(
        &mut self,
        merge: &Merge,
        pages: &HashMap<PageId, Arc<[u8]>>,
    ) -> Result<Merged, StateError> {
        let before = self.pages.index.clone();
        let is_held = |id: &PageId| merge.pages.contains(id) && pages.contains_key(id);
        let index = self.pages.index.iter();
        let listed: Vec<Listed> = index.filter(|page| is_held(&page.id)).copied().collect();
        let is_missing = |id: &PageId| before.iter().any(|page| page.id == *id) && !is_held(id);
        if merge.pages.first().is_some_and(is_missing) {
            let new = Vec::new();
            return Ok(Merged { new, before });
        }
        let replaced: HashSet<_> = listed.iter().map(|page| page.id).collect();
        let mut rows = Vec::new();
        let merged: HashSet<_> = merge.alerts.iter().collect();
        let mut names = HashSet::<Arc<str>>::new();
        let mut name = |output: &str| match names.get(output) {
            Some(name) => Arc::clone(name),
            None => {
                let name = Arc::<str>::from(output);
                names.insert(Arc::clone(&name));
                name
            }
        };
        for listed in listed {
            for row in page::Rows::of(&pages[&listed.id])? {
                let row = row?;
                let seen_secs = row.entry.seen_secs.min(listed.seen_secs);
                if merged.contains(row.entry.alert)
                    || seen_secs < self.pages.oldest_secs
                    || !is_of_use(row.output, &self.backfills)
                {
                    continue;
                }
                let mut entry = row.entry.to_owned();
                entry.seen_secs = seen_secs;
                rows.push(Row {
                    alert: *row.entry.alert,
                    output: name(row.output),
                    entry,
                });
            }
        }
        rows.reserve(merge.alerts.len());
        for (output, written) in &mut self.outputs {
            for alert in &merge.alerts {
                rows.extend(written.take(alert).map(|entry| Row {
                    alert: *alert,
                    output: name(output),
                    entry,
                }));
            }
        }
        rows.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
        let index = &mut self.pages.index;
        let is_last = index.last().is_none_or(|last| replaced.contains(&last.id));
        index.retain(|page| !replaced.contains(&page.id));
        let mut new = Vec::new();
        for rows in parts(&rows, merge.bytes, is_last) {
            let bytes: Arc<[u8]> = page::encode(rows).into();
            let id = page::id_of(&bytes, self.pages.sequence);
            self.pages.index.push(listing(rows, id, bytes.len()));
            let held = page::Held::checked(Arc::clone(&bytes), id)?;
            self.pages.keep(id, held);
            new.push(NewPage { id, bytes });
        }
        self.pages.index.sort_unstable_by_key(|page| page.first);
        Ok(Merged { new, before })
    }

    /// Takes a merge back whose pages could not be stored: the object knows again what it knew. Of
    /// several, the last one comes first.
    pub fn unmerge(&mut self, merge: &Merge, merged: Merged) {
        let alerts: HashSet<_> = merge.alerts.iter().collect();
        for page in &merged.new {
            let rows = page::Rows::of(&page.bytes).into_iter().flatten();
            for row in rows
                .flatten()
                .filter(|row| alerts.contains(row.entry.alert))
            {
                let entry = row.entry.to_owned();
                self.output(row.output).insert(*row.entry.alert, entry);
            }
        }
        self.pages.index = merged.before;
    }

    /// What the object knows, alert by alert.
    fn kept(&self) -> Vec<Kept> {
        let mut kept = BTreeMap::<[u8; 16], Kept>::new();
        for (alert, entry) in self.outputs.values().flat_map(|written| &written.alerts) {
            let kept = kept.entry(*alert).or_insert_with(|| Kept {
                alert: *alert,
                place: PagePosition::of(alert, entry.created_secs),
                bytes: 0,
                seen_secs: 0,
            });
            kept.bytes += entry.packed_len();
            kept.seen_secs = kept.seen_secs.max(entry.seen_secs);
        }
        kept.into_values().collect()
    }

    /// How large a page is, so that there are not too many.
    fn target(&self, kept_bytes: usize, settings: &PageSettings) -> usize {
        let all = self.pages.bytes() + kept_bytes;
        let most = settings.page_bytes.saturating_mul(LARGEST);
        (all / MANY_PAGES).clamp(settings.page_bytes, most)
    }
}

/// Cuts rows into pages of about the same size, or, at the end of all, into full ones and a rest. Rows
/// of the same place stay together.
fn parts(rows: &[Row], target: usize, is_last: bool) -> Vec<&[Row]> {
    let all: usize = rows.iter().map(Row::packed_len).sum();
    let size = match is_last {
        true => target,
        false => all.div_ceil(all.div_ceil(target.max(1)).max(1)),
    };
    let mut parts = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, row) in rows.iter().enumerate() {
        let is_new_place = at == 0 || rows[at - 1].place() != row.place();
        if is_new_place && bytes >= size {
            parts.push(&rows[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes += row.packed_len();
    }
    if from < rows.len() {
        parts.push(&rows[from..]);
    }
    parts
}

fn listing(rows: &[Row], id: PageId, bytes: usize) -> Listed {
    let mut alerts: Vec<_> = rows.iter().map(|row| (row.place(), row.alert)).collect();
    alerts.dedup();
    Listed {
        first: rows[0].place(),
        id,
        seen_secs: rows
            .iter()
            .map(|row| row.entry.seen_secs)
            .max()
            .unwrap_or(0),
        bytes,
        alerts: alerts.len(),
        keys: rows.iter().map(|row| row.entry.keys.len()).sum(),
    }
}
