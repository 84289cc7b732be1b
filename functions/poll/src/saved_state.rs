use bytes::Bytes;
use drawbridge_cursor::{Room, Spent, State, StateError, Wanted};
use drawbridge_store::{ETag, Object, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::{MAX_STATE_BYTES, PollError, Settings, budget};

/// How often a save is tried while others write the object.
pub(crate) const MAX_CONFLICTS: u32 = 20;

/// The store key of a tenant's state object.
#[must_use]
pub fn state_key(tenant: &str) -> String {
    format!("state/{tenant}.json")
}

/// A tenant's state together with the version of the object it was read from.
pub(crate) struct SavedState {
    pub(crate) state: State,
    key: String,
    etag: Option<ETag>,
    /// The watermark in the object, when it was saved, and what was to be read by it.
    watermark: Option<Timestamp>,
    saved: Option<Timestamp>,
    wanted: Wanted,
    /// The requests of the minute by the object, and how many alerts were delivered beside polls.
    spent: Option<Spent>,
    replayed: u32,
    /// The most memory that the state may take.
    most_bytes: usize,
    /// How many alerts were forgotten because there was no room for them.
    pub(crate) forgot: usize,
}

impl SavedState {
    /// Reads what of the tenant's state there is room for; a tenant without one starts with an empty
    /// state.
    pub(crate) async fn load(
        store: &dyn Store,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Self, PollError> {
        let Settings { tenant, .. } = settings;
        let key = state_key(tenant);
        let most_bytes = settings.most_state_bytes;
        let Some(object) = read(store, &key, most_bytes).await? else {
            return Ok(Self {
                state: State::default(),
                key,
                etag: None,
                watermark: None,
                saved: None,
                wanted: Wanted::default(),
                spent: None,
                replayed: 0,
                most_bytes,
                forgot: 0,
            });
        };
        let room = Room {
            now,
            retention_secs: settings.retention_secs,
            most_bytes,
        };
        let (state, forgot) = State::decode_within(&object.body, &room).map_err(|source| {
            let key = key.clone();
            PollError::State { key, source }
        })?;
        if forgot > 0 {
            tracing::warn!(
                tenant,
                forgot,
                most_bytes = room.most_bytes,
                "the state has outgrown its memory: the alerts that Graph has not returned for \
                 longest were forgotten, and records of theirs that are read again come twice; \
                 give the function more memory (MemorySize), or shorten the tenant's retention_days"
            );
        }
        Ok(Self {
            watermark: state.watermark,
            saved: state.saved,
            wanted: state.wanted(),
            spent: state.spent,
            replayed: state.replayed,
            most_bytes,
            state,
            key,
            etag: Some(object.etag),
            forgot,
        })
    }

    /// Whether the object is so old, or its watermark so far behind, that even an idle poll writes
    /// it. The one does not say the other: backfills write the object and leave the watermark.
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

    /// Whether anything was unread by the object.
    pub(crate) fn had_rest(&self) -> bool {
        self.wanted.has_unread()
    }

    /// Whether what is to be read is not what it was when the state was read.
    pub(crate) fn has_changed(&self) -> bool {
        self.state.wanted() != self.wanted
    }

    /// Writes the state, unless another poll wrote it since it was read: then `false`. What an
    /// operator did meanwhile is taken over.
    pub(crate) async fn save(
        &mut self,
        store: &dyn Store,
        now: Timestamp,
        retention_secs: u64,
    ) -> Result<bool, PollError> {
        self.state.prune(now, retention_secs);
        self.state.saved = Some(now);
        for _ in 0..MAX_CONFLICTS {
            match put(store, &self.key, &self.state, self.etag.as_ref()).await? {
                Some(etag) => {
                    self.etag = Some(etag);
                    self.watermark = self.state.watermark;
                    self.saved = self.state.saved;
                    self.wanted = self.state.wanted();
                    self.spent = self.state.spent;
                    self.replayed = self.state.replayed;
                    return Ok(true);
                }
                None if self.take_over(store, now).await? => {}
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Takes over what operators did since the state was read; `false` when it was a poll that wrote
    /// the object, or somebody who set the tenant back.
    async fn take_over(&mut self, store: &dyn Store, now: Timestamp) -> Result<bool, PollError> {
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
        if theirs.replayed != self.replayed && !self.adopt(&object.body, now) {
            return Ok(false);
        }
        self.state.spent = budget::merge(self.state.spent, self.spent, theirs.spent);
        self.spent = theirs.spent;
        let theirs = theirs.wanted();
        self.state.take_over(&self.wanted, &theirs);
        self.wanted = theirs;
        self.etag = Some(object.etag);
        Ok(true)
    }

    /// Takes over the records of an object that were sent beside this poll; `false` when there is not
    /// enough memory for both.
    fn adopt(&mut self, body: &[u8], now: Timestamp) -> bool {
        let room = Room {
            now,
            most_bytes: self.most_bytes.saturating_sub(self.state.weight()),
            ..Room::default()
        };
        let Ok((theirs, 0)) = State::decode_within(body, &room) else {
            return false;
        };
        self.state.adopt(&theirs);
        self.state.replayed = theirs.replayed;
        self.replayed = theirs.replayed;
        true
    }

    /// Writes a state that learned of records beside the polls: what these saved meanwhile stays, and
    /// they take it over.
    pub(crate) async fn save_beside(
        self,
        store: &dyn Store,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<(), PollError> {
        let mut saved = self;
        for _ in 0..MAX_CONFLICTS {
            saved.state.replayed = saved.replayed.wrapping_add(1);
            let (key, etag) = (&saved.key, saved.etag.as_ref());
            if put(store, key, &saved.state, etag).await?.is_some() {
                return Ok(());
            }
            let mut newer = Self::load(store, settings, now).await?;
            // What a purge removed does not come back.
            if saved.etag.is_some() && newer.etag.is_none() {
                return Err(PollError::Removed);
            }
            newer.state.adopt(&saved.state);
            saved = newer;
        }
        Err(PollError::Superseded)
    }
}

/// A state object. One that fills more than half of the memory leaves too little of it for what is in
/// it: those that were written with as much memory fill less than a third.
async fn read(
    store: &dyn Store,
    key: &str,
    most_bytes: usize,
) -> Result<Option<Object>, PollError> {
    match store.get_at_most(key, most_bytes / 2).await {
        Err(StoreError::TooLarge { bytes, .. }) => Err(PollError::State {
            key: key.to_owned(),
            source: StateError::TooLarge { bytes, most_bytes },
        }),
        object => Ok(object?),
    }
}

/// Writes a state if the object is still that of `etag`; `None` if it is not.
async fn put(
    store: &dyn Store,
    key: &str,
    state: &State,
    etag: Option<&ETag>,
) -> Result<Option<ETag>, PollError> {
    let body = state.encode().map_err(|source| PollError::State {
        key: key.to_owned(),
        source,
    })?;
    match store
        .put_if(key, Bytes::from(body), "application/json", etag)
        .await
    {
        Ok(etag) => Ok(Some(etag)),
        Err(StoreError::Conflict { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Changes a tenant's state beside its polls, which take the change over.
///
/// # Errors
/// [`PollError`]; [`PollError::Superseded`] when others wrote the state again and again.
pub async fn change_state(
    store: &dyn Store,
    tenant: &str,
    change: impl Fn(&mut State),
) -> Result<(), PollError> {
    change_state_within(store, tenant, MAX_STATE_BYTES, change).await
}

/// The same where the state may take `most_bytes` of memory; if it takes more, the alerts are
/// forgotten that a poll would forget.
pub(crate) async fn change_state_within(
    store: &dyn Store,
    tenant: &str,
    most_bytes: usize,
    change: impl Fn(&mut State),
) -> Result<(), PollError> {
    let key = state_key(tenant);
    for _ in 0..MAX_CONFLICTS {
        let (mut state, etag) = match read(store, &key, most_bytes).await? {
            Some(object) => {
                let room = Room {
                    most_bytes,
                    ..Room::default()
                };
                let read = State::decode_within(&object.body, &room);
                let (state, _) = read.map_err(|source| {
                    let key = key.clone();
                    PollError::State { key, source }
                })?;
                (state, Some(object.etag))
            }
            None => (State::default(), None),
        };
        change(&mut state);
        if put(store, &key, &state, etag.as_ref()).await?.is_some() {
            return Ok(());
        }
    }
    Err(PollError::Superseded)
}

#[cfg(test)]
mod tests {
    use drawbridge_cursor::AlertDigest;
    use drawbridge_store::LocalStore;

    use super::*;

    /// A dry run changes the state beside the live polls, and takes no more memory than they do.
    #[tokio::test]
    async fn a_change_takes_no_more_memory_than_a_poll() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        let mut state = State::default();
        for alert in 0..2000_u32 {
            let digest = AlertDigest::of(&format!("da{alert}"));
            state.output("siem").claim(digest, &[1; 32], alert * 3600);
        }
        put(&store, "state/a.json", &state, None).await.unwrap();
        let bytes = state.encode().unwrap().len();
        let change = |state: &mut State| state.rest_is_next = true;
        let changed = || async {
            let object = store.get("state/a.json").await.unwrap().unwrap();
            State::decode(&object.body).unwrap()
        };

        let too_long = change_state_within(&store, "a", bytes * 2 - 2, change).await;
        let error = too_long.unwrap_err().to_string();
        assert!(error.contains("MemorySize"), "{error}");
        assert_eq!(changed().await, state);

        let most = bytes * 2;
        assert!(state.weight() > most);
        change_state_within(&store, "a", most, change)
            .await
            .unwrap();
        let changed = changed().await;
        assert!(changed.rest_is_next && changed.weight() <= most);
        assert!(changed.weight() > most / 3);
    }
}
