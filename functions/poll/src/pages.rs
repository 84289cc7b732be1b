//! The pages of a tenant's state, in the store.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use drawbridge_cursor::{AlertDigest, Merge, NewPage, PageId, PageSettings, State, StateError};
use drawbridge_store::{Catalogue, Store, StoreError};
use futures::future::{join_all, try_join_all};

use crate::PollError;
use crate::state_object::{LARGEST_HEAD, head};

/// How many pages are read or written at once.
const AT_ONCE: usize = 8;

/// What the keys of a tenant's pages begin with.
#[must_use]
pub fn pages_prefix(tenant: &str) -> String {
    format!("pages/{tenant}/")
}

/// A tenant's pages.
#[derive(Clone, Copy)]
pub(crate) struct StoredPages<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) tenant: &'a str,
}

/// The pages that were read for an alert.
#[derive(Default)]
pub(crate) struct Recalled {
    pub(crate) pages: u64,
    /// How many of them turned out to be lost.
    pub(crate) lost: u64,
}

impl StoredPages<'_> {
    fn key(&self, id: PageId) -> String {
        format!("{}{id}", pages_prefix(self.tenant))
    }

    /// Has what is known of an alert at hand.
    pub(crate) async fn recall(
        &self,
        state: &mut State,
        alert: AlertDigest,
    ) -> Result<Recalled, PollError> {
        let mut recalled = Recalled::default();
        while let Some(id) = state.page_for(alert) {
            let page = self.get(id, state.pages.bytes_of(id)).await?;
            recalled.pages += 1;
            recalled.lost += u64::from(self.hold(state, id, page).await?.is_none());
        }
        state.recall(alert);
        Ok(recalled)
    }

    /// Merges what a state learned into new pages until there is little of it. What belongs in a page
    /// that cannot be read, or cannot be stored, stays in the object: that is no reason not to save.
    ///
    /// # Errors
    /// [`PollError::Superseded`].
    pub(crate) async fn merge(
        &self,
        state: &mut State,
        now_secs: u32,
        settings: &PageSettings,
    ) -> Result<(), PollError> {
        for merges in state.merges(now_secs, settings).chunks(AT_ONCE) {
            let pages = self.pages_for(state, merges).await?;
            let mut merged = Vec::new();
            for merge in merges {
                match state.merge(merge, &pages) {
                    Ok(new) => merged.push((merge, new)),
                    Err(source) => self.leave(&self.wrong(merge.pages[0], source)),
                }
            }
            drop(pages);
            let new = merged.iter().flat_map(|(_, merged)| &merged.new);
            if let Err(error) = self.put_all(new).await {
                self.leave(&error);
                for (merge, merged) in merged.into_iter().rev() {
                    state.unmerge(merge, merged);
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// The pages that merges need, as far as they can be read.
    async fn pages_for(
        &self,
        state: &mut State,
        merges: &[Merge],
    ) -> Result<HashMap<PageId, Arc<[u8]>>, PollError> {
        let mut pages = HashMap::new();
        let mut wanted = Vec::new();
        for id in merges.iter().flat_map(|merge| &merge.pages) {
            match state.pages.held(*id) {
                Some(bytes) => drop(pages.insert(*id, bytes)),
                None => wanted.push((*id, state.pages.bytes_of(*id))),
            }
        }
        let read = wanted.iter().map(|(id, bytes)| self.get(*id, *bytes));
        for ((id, _), page) in wanted.iter().zip(join_all(read).await) {
            let held = match page {
                Ok(page) => self.hold(state, *id, page).await,
                Err(error) => Err(error),
            };
            match held {
                Ok(held) => pages.extend(held.map(|bytes| (*id, bytes))),
                Err(PollError::Superseded) => return Err(PollError::Superseded),
                Err(error) => self.leave(&error),
            }
        }
        Ok(pages)
    }

    /// Says why something stays in the object.
    fn leave(&self, error: &PollError) {
        tracing::error!(
            tenant = self.tenant, %error,
            "what the state has learned could not be put into a page; it stays in the state object"
        );
    }

    async fn put_all(&self, pages: impl Iterator<Item = &NewPage>) -> Result<(), PollError> {
        let pages: Vec<_> = pages.collect();
        for pages in pages.chunks(AT_ONCE) {
            let put = pages.iter().map(|page| self.put(page.id, &page.bytes));
            try_join_all(put).await?;
        }
        Ok(())
    }

    async fn put(&self, id: PageId, bytes: &Arc<[u8]>) -> Result<(), PollError> {
        let (key, body) = (self.key(id), Bytes::from_owner(Arc::clone(bytes)));
        let stored = self.store.put(&key, body, "application/octet-stream");
        stored.await.map(drop).map_err(PollError::from)
    }

    async fn get(&self, id: PageId, bytes: usize) -> Result<Option<Bytes>, PollError> {
        match self.store.get_at_most(&self.key(id), bytes).await {
            Ok(object) => Ok(object.map(|object| object.body)),
            Err(StoreError::TooLarge { .. }) => {
                let what = "it is longer than it was".into();
                Err(self.wrong(id, StateError::DamagedPage { what }))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Has a page at hand; `None` when it is lost. Then the alerts in it are as good as forgotten: a
    /// tenant does not stand still for that, and what comes twice has the same keys.
    ///
    /// # Errors
    /// [`PollError::Superseded`] when it is gone because another poll put others in its place.
    async fn hold(
        &self,
        state: &mut State,
        id: PageId,
        page: Option<Bytes>,
    ) -> Result<Option<Arc<[u8]>>, PollError> {
        if let Some(page) = page {
            let held = state.pages.hold(id, &page);
            return held.map(Some).map_err(|source| self.wrong(id, source));
        }
        let saved = head(self.store, self.tenant, LARGEST_HEAD).await?;
        if !saved.is_some_and(|saved| saved.pages.ids().any(|named| named == id)) {
            return Err(PollError::Superseded);
        }
        tracing::error!(
            tenant = self.tenant,
            page = self.key(id),
            "a page of the state is not there: records of alerts in it that are read again come twice, \
             with the same keys; if an older state was put back, this is to be expected"
        );
        state.pages.lose(id);
        Ok(None)
    }

    fn wrong(&self, id: PageId, source: StateError) -> PollError {
        let key = self.key(id);
        PollError::State { key, source }
    }
}

/// Removes pages that no state names any more. Whatever stays is found by the next [`clean`].
pub(crate) async fn remove(store: &dyn Catalogue, tenant: &str, ids: impl Iterator<Item = PageId>) {
    let pages = StoredPages { store, tenant };
    let keys: Vec<String> = ids.map(|id| pages.key(id)).collect();
    for keys in keys.chunks(AT_ONCE) {
        for removed in join_all(keys.iter().map(|key| store.delete(key))).await {
            if let Err(error) = removed {
                tracing::debug!(tenant, %error, "a page that is of no use could not be removed");
            }
        }
    }
}

/// Removes the pages that polls wrote which did not save their state. Of later saves than the one of
/// `state`, which was saved just now, pages may be on their way.
pub(crate) async fn clean(store: &dyn Catalogue, tenant: &str, state: &State) {
    let prefix = pages_prefix(tenant);
    let keys = match store.list(&prefix).await {
        Ok(keys) => keys,
        Err(error) => {
            tracing::debug!(tenant, %error, "pages could not be listed");
            return;
        }
    };
    let stored = keys
        .iter()
        .filter_map(|key| key.strip_prefix(&prefix)?.parse().ok());
    let old = stored.filter(|id: &PageId| id.sequence <= state.pages.sequence());
    let named: std::collections::HashSet<PageId> = state.pages.ids().collect();
    remove(store, tenant, old.filter(|id| !named.contains(id))).await;
}
