use bytes::Bytes;
use drawbridge_cursor::{Room, State, StateError};
use drawbridge_store::{ETag, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::{PollError, Settings};

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
    /// The watermark in the object.
    watermark: Option<Timestamp>,
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
        let object = match store.get_at_most(&key, most_bytes).await {
            Err(StoreError::TooLarge { bytes, .. }) => {
                let source = StateError::TooLarge { bytes, most_bytes };
                return Err(PollError::State { key, source });
            }
            object => object?,
        };
        let Some(object) = object else {
            return Ok(Self {
                state: State::default(),
                key,
                etag: None,
                watermark: None,
                forgot: 0,
            });
        };
        let room = Room {
            oldest_secs: State::oldest_secs(now, settings.retention_secs),
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
            state,
            key,
            etag: Some(object.etag),
            forgot,
        })
    }

    /// Whether the object is so old, or its watermark so far behind, that even an idle poll writes
    /// it. The one does not say the other: jobs for windows write the object and leave the
    /// watermark.
    pub(crate) fn is_due(&self, now: Timestamp, heartbeat_secs: u32) -> bool {
        let heartbeat = SignedDuration::from_secs(i64::from(heartbeat_secs));
        let is_due = |from: Option<Timestamp>, to: Timestamp| {
            from.is_none_or(|from| to.duration_since(from) >= heartbeat)
        };
        is_due(self.state.saved, now)
            || self
                .state
                .watermark
                .is_some_and(|watermark| is_due(self.watermark, watermark))
    }

    /// Writes the state, unless another poll wrote it since it was read: then `false`.
    pub(crate) async fn save(
        &mut self,
        store: &dyn Store,
        now: Timestamp,
        retention_secs: u64,
    ) -> Result<bool, PollError> {
        self.state.prune(now, retention_secs);
        self.state.saved = Some(now);
        let body = self.state.encode().map_err(|source| PollError::State {
            key: self.key.clone(),
            source,
        })?;
        let saved = store
            .put_if(
                &self.key,
                Bytes::from(body),
                "application/json",
                self.etag.as_ref(),
            )
            .await;
        match saved {
            Ok(etag) => {
                self.etag = Some(etag);
                self.watermark = self.state.watermark;
                Ok(true)
            }
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
