use std::collections::HashSet;

use drawbridge_cursor::{
    PageId, Polled, Spent, State, Wanted, Window, WindowSettings, epoch_secs_of,
};
use drawbridge_store::{Catalogue, ETag, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::pages::{self, StoredPages};
use crate::state_object::{MAX_CONFLICTS, put, read, state_key};
use crate::{PollError, Settings, budget};

/// How often pages are looked for that no state names.
const CLEANED_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// A tenant's state together with the version of the object it was read from.
pub(crate) struct SavedState {
    pub(crate) state: State,
    tenant: String,
    key: String,
    etag: Option<ETag>,
    /// The watermark in the object, when it was saved, and what was to be read by it.
    watermark: Option<Timestamp>,
    /// Up to where all was read by the object.
    read_up_to: Option<Timestamp>,
    saved: Option<Timestamp>,
    wanted: Wanted,
    /// Whether polls had not ended well by the object.
    was_failing: bool,
    /// The requests of the minute by the object, and how many alerts were delivered beside polls.
    spent: Option<Spent>,
    replayed: u32,
    small_page: Option<u32>,
    /// Which alerts it was the state of, by the object.
    polled: Option<Polled>,
    /// The pages that the object names.
    pages: Vec<PageId>,
    /// The most memory that the state may take.
    most_bytes: usize,
    /// Whether there is memory for its pages while they are merged. What is not merged stays in the
    /// object.
    pub(crate) may_merge: bool,
}

impl SavedState {
    /// Reads the tenant's state, which may take `most_bytes` of memory; a tenant without one starts
    /// with an empty state.
    pub(crate) async fn load(
        store: &dyn Store,
        settings: &Settings,
        most_bytes: usize,
        now: Timestamp,
    ) -> Result<Self, PollError> {
        let tenant = settings.tenant.clone();
        let key = state_key(&tenant);
        let (mut state, etag) = read(store, &key, most_bytes).await?;
        let pages = state.pages.ids().collect();
        let wanted = state.wanted();
        state.wait_anew(now);
        state.prune(now, settings.retention_secs);
        Ok(Self {
            watermark: state.watermark,
            read_up_to: state.read_up_to(),
            saved: state.saved,
            was_failing: state.failing_since.is_some(),
            spent: state.spent,
            replayed: state.replayed,
            small_page: state.small_page,
            polled: state.polled.clone(),
            wanted,
            pages,
            most_bytes,
            may_merge: true,
            state,
            tenant,
            key,
            etag,
        })
    }

    /// Whether the object is so old, or its watermark so far behind, that even an idle poll writes
    /// it. Both count, since backfills write the object and leave the watermark.
    pub(crate) fn is_due(&self, now: Timestamp, heartbeat_secs: u32) -> bool {
        let heartbeat = SignedDuration::from_secs(i64::from(heartbeat_secs));
        // A time ahead was noted by a clock that was wrong.
        let is_due = |from: Option<Timestamp>, to: Timestamp| {
            from.is_none_or(|from| from > to || to.duration_since(from) >= heartbeat)
        };
        is_due(self.state.saved, now)
            || self
                .state
                .watermark
                .is_some_and(|watermark| is_due(self.watermark, watermark))
    }

    /// Leaves the watermark where it is in the object: the next poll reads the same again.
    pub(crate) fn keep_watermark(&mut self) {
        // One that lay ahead is not believed again.
        self.state.watermark = self.state.watermark.min(self.watermark);
    }

    /// Has read once more what the new watermark passes and the next live poll does not read: without sweeps, this
    /// poll may have been the only one that read it.
    pub(crate) fn read_passed_again(&mut self, now: Timestamp, settings: &WindowSettings) {
        let (Some(before), Some(after)) = (self.read_up_to, self.state.watermark) else {
            return;
        };
        let overlap = SignedDuration::from_secs(settings.overlap_secs.into());
        if let Some(passed) = Window::new(before - overlap, after) {
            self.state.read_passed(passed, before, now, settings);
        }
    }

    /// Whether anything was unread by the object.
    pub(crate) fn had_rest(&self) -> bool {
        self.wanted.has_unread()
    }

    /// Whether a poll has ended well after others that had not.
    pub(crate) fn has_recovered(&self) -> bool {
        self.was_failing && self.state.failing_since.is_none()
    }

    /// Whether the next poll is to ask for pages of another size.
    pub(crate) fn has_learned_of_pages(&self) -> bool {
        self.small_page != self.state.small_page
    }

    /// Whether it is the state of other alerts than by the object.
    pub(crate) fn has_other_alerts(&self) -> bool {
        self.polled != self.state.polled
    }

    /// Whether what is to be read is not what it was when the state was read.
    pub(crate) fn has_changed(&self) -> bool {
        self.state.wanted() != self.wanted
    }

    /// Writes the state, and adopts what an operator changed meanwhile. Returns `false` if another poll wrote the
    /// state since it was read.
    ///
    /// Pages come first: until the object names them they do not exist, and only then are those
    /// removed that it names no more.
    pub(crate) async fn save(
        &mut self,
        store: &dyn Catalogue,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<bool, PollError> {
        let state = &mut self.state;
        state.prune(now, settings.retention_secs);
        state.saved = Some(now);
        state.begin_save(now);
        let now_secs = epoch_secs_of(now.as_second());
        let tenant = &self.tenant;
        if self.may_merge {
            StoredPages { store, tenant }
                .merge(state, now_secs, &settings.pages)
                .await?;
        }
        let has_pages = state.pages.ids().next().is_some();
        let is_clean = |cleaned: Timestamp| now.duration_since(cleaned).abs() < CLEANED_EVERY;
        let is_to_clean = has_pages && !state.pages.cleaned.is_some_and(is_clean);
        if is_to_clean {
            state.pages.cleaned = Some(now);
        }
        for _ in 0..MAX_CONFLICTS {
            match put(store, &self.key, &self.state, self.etag.as_ref()).await? {
                Some(etag) => {
                    self.etag = Some(etag);
                    self.note_saved(store, is_to_clean).await;
                    return Ok(true);
                }
                None if self.take_over(store).await? => {}
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Notes what is in the object now, and removes the pages that it names no more.
    async fn note_saved(&mut self, store: &dyn Catalogue, is_to_clean: bool) {
        let state = &self.state;
        self.watermark = state.watermark;
        self.read_up_to = state.read_up_to();
        self.saved = state.saved;
        self.was_failing = state.failing_since.is_some();
        self.wanted = state.wanted();
        self.spent = state.spent;
        self.replayed = state.replayed;
        self.small_page = state.small_page;
        self.polled = state.polled.clone();
        let named: HashSet<PageId> = state.pages.ids().collect();
        let before = std::mem::replace(&mut self.pages, state.pages.ids().collect());
        let gone = before.into_iter().filter(|id| !named.contains(id));
        pages::remove(store, &self.tenant, gone).await;
        if is_to_clean {
            pages::clean(store, &self.tenant, state).await;
        }
    }

    /// Adopts what operators changed since the state was read; `false` if a poll wrote the object, or somebody reset
    /// the tenant.
    async fn take_over(&mut self, store: &dyn Store) -> Result<bool, PollError> {
        // While nothing is written, the room is free that the weight has for this state's own form, and
        // what an operator wrote is about as long. Of more than half of the memory, it is a poll's.
        let object = match store.get_at_most(&self.key, self.most_bytes / 2).await {
            Err(StoreError::TooLarge { .. }) => None,
            object => object?,
        };
        let Some(object) = object else {
            return Ok(false);
        };
        let Ok(theirs) = State::decode_head(&object.body) else {
            return Ok(false);
        };
        if theirs.saved != self.saved || theirs.watermark != self.watermark {
            return Ok(false);
        }
        if theirs.replayed != self.replayed {
            let room = self.most_bytes.saturating_sub(self.state.weight());
            let Ok(theirs) = State::decode_within(&object.body, room) else {
                return Ok(false);
            };
            match self.adopt(store, &theirs).await {
                Err(PollError::Superseded) => return Ok(false),
                adopted => adopted?,
            }
            self.state.replayed = theirs.replayed;
            self.replayed = theirs.replayed;
        }
        self.state.spent = budget::merge(self.state.spent, self.spent, theirs.spent);
        self.spent = theirs.spent;
        if theirs.polled != self.polled {
            // The tenant was removed.
            self.state.polled = theirs.polled.clone();
            self.polled = theirs.polled.clone();
        }
        let theirs = theirs.wanted();
        self.state.take_over(&self.wanted, &theirs);
        self.wanted = theirs;
        self.etag = Some(object.etag);
        Ok(true)
    }

    /// Takes over what another state knows without a page, and pages here may know less of.
    async fn adopt(&mut self, store: &dyn Store, theirs: &State) -> Result<(), PollError> {
        let tenant = &self.tenant;
        for alert in theirs.known_alerts() {
            StoredPages { store, tenant }
                .recall(&mut self.state, alert)
                .await?;
            self.state.adopt(theirs, alert);
        }
        self.state.settle();
        self.state.returned(theirs.newest);
        Ok(())
    }

    /// Writes a state that learned of records beside the polls: what these saved meanwhile stays, and
    /// they take it over. Merging is for them.
    pub(crate) async fn save_beside(
        self,
        store: &dyn Store,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<(), PollError> {
        let mut saved = self;
        for _ in 0..MAX_CONFLICTS {
            saved.state.settle();
            saved.state.replayed = saved.replayed.wrapping_add(1);
            let (key, etag) = (&saved.key, saved.etag.as_ref());
            if put(store, key, &saved.state, etag).await?.is_some() {
                return Ok(());
            }
            let mut newer = Self::load(store, settings, saved.most_bytes, now).await?;
            // What a purge removed does not come back.
            if saved.etag.is_some() && newer.etag.is_none() {
                return Err(PollError::Removed);
            }
            match newer.adopt(store, &saved.state).await {
                // A poll put other pages in the place of some: what it saved is read anew.
                Err(PollError::Superseded) => continue,
                adopted => adopted?,
            }
            saved = newer;
        }
        Err(PollError::Superseded)
    }
}
