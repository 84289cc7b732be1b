//! How far a backfill has come, for people.
//!
//! `backfills/<tenant>/<id>.json` tells of it. Whether a backfill is read, and what of it, depends on
//! the tenant's state alone. This object has what people are shown, and what to ask for again once the
//! state has forgotten a backfill: one that was suspended for too long, or windows that failed.

use bytes::Bytes;
use drawbridge_cursor::{Backfill, Due, Ranges, State, Window};
use drawbridge_store::{ETag, Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PollError;
use crate::state_object::{MAX_CONFLICTS, change_state, state_key};

/// A backfill is read in steps of a day, so that it can be seen to come on, and so that a part that
/// fails is quarantined by itself.
const STEP_MS: u64 = 24 * 60 * 60 * 1000;

/// How far a backfill has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackfillProgress {
    /// The tenant.
    pub tenant: String,
    /// Its name.
    pub id: String,
    /// All that was asked for.
    pub windows: Vec<Window>,
    /// What was not read yet.
    pub left: Vec<Window>,
    /// What was read, and is read once more: its lists were so long that what changed meanwhile may hide alerts.
    pub second: Vec<Window>,
    /// From when on any of that is read.
    pub second_from: Option<Timestamp>,
    /// The ranges that were quarantined because they failed again and again.
    pub failed: Vec<Window>,
    /// The only output that it writes to.
    pub output: Option<String>,
    /// Whether records that the output has are written again.
    pub again: bool,
    /// Whether it only counts.
    pub dry_run: bool,
    /// When it was asked for.
    pub started: Option<Timestamp>,
    /// When this object was last written.
    pub updated: Option<Timestamp>,
    /// Alerts that Graph returned when they were read for the first time.
    pub alerts: u64,
    /// Records written, or that would be.
    pub records: u64,
    /// Records that the output had already.
    pub suppressed: u64,
    /// Alerts and records that were quarantined.
    pub quarantined: u64,
    /// Requests to Graph.
    pub requests: u64,
    /// Why it stopped before its end.
    pub stopped: Option<String>,
    /// Whether an operator wants no more of it.
    pub cancelled: bool,
    /// Whether the command that read it was interrupted. The next step of it, whoever takes it, goes on.
    pub interrupted: bool,
}

impl BackfillProgress {
    /// The store key of a backfill's progress.
    #[must_use]
    pub fn key(tenant: &str, id: &str) -> String {
        format!("backfills/{tenant}/{id}.json")
    }

    /// The share of the time asked for that was read, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let (all, left) = (self.asked_ms().max(1), self.left_ms());
        let done = all.saturating_sub(left);
        u64::try_from(u128::from(done) * 100 / u128::from(all)).unwrap_or(100)
    }

    /// The time that was asked for, in milliseconds.
    #[must_use]
    pub fn asked_ms(&self) -> u64 {
        millis(&self.windows)
    }

    /// How much of that was not read yet.
    #[must_use]
    pub fn left_ms(&self) -> u64 {
        millis(&self.left)
    }

    /// Whether all of it was read once. Windows that failed again and again are not left: they are in quarantine.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.left.is_empty()
    }

    /// Whether nothing of it is to be read any more.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_read() && self.second.is_empty()
    }

    /// Reads the progress of a backfill; `None` when there is none, or none that can be read.
    ///
    /// # Errors
    /// [`PollError::Store`].
    pub async fn load(
        store: &dyn Store,
        tenant: &str,
        id: &str,
    ) -> Result<Option<Self>, PollError> {
        let loaded = Self::load_with_etag(store, tenant, id).await?;
        Ok(loaded.1)
    }

    async fn load_with_etag(
        store: &dyn Store,
        tenant: &str,
        id: &str,
    ) -> Result<(Option<ETag>, Option<Self>), PollError> {
        let Some(object) = store.get(&Self::key(tenant, id)).await? else {
            return Ok((None, None));
        };
        let progress = serde_json::from_slice(&object.body).ok();
        Ok((Some(object.etag), progress))
    }

    /// Changes it as it is in the store; one that is not there begins anew.
    pub(crate) async fn change(
        store: &dyn Store,
        tenant: &str,
        id: &str,
        change: impl Fn(&mut Self),
    ) -> Result<(), PollError> {
        let key = Self::key(tenant, id);
        for _ in 0..MAX_CONFLICTS {
            let (etag, known) = Self::load_with_etag(store, tenant, id).await?;
            let mut progress = known.clone().unwrap_or_else(|| Self::new(tenant, id));
            change(&mut progress);
            if known.as_ref() == Some(&progress) {
                return Ok(());
            }
            let body = Bytes::from(serde_json::to_vec(&progress).unwrap_or_default());
            let put = store.put_if(&key, body, "application/json", etag.as_ref());
            match put.await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(PollError::Superseded)
    }

    /// Asks for what is left of it: polls of the tenant read it after all else. Asking twice is the
    /// same as once, and what the state knows of it already stays as it is.
    ///
    /// # Errors
    /// [`PollError`] when the state or the progress could not be written: ask again.
    pub async fn ask(&self, store: &dyn Store) -> Result<(), PollError> {
        let asked = Self {
            stopped: None,
            cancelled: false,
            interrupted: false,
            ..self.clone()
        };
        // The report comes first, so that a poll that begins at once goes on from it.
        Self::change(store, &self.tenant, &self.id, |progress| {
            progress.clone_from(&asked);
        })
        .await?;
        let due = Due {
            step_ms: Some(STEP_MS),
            ..Due::default()
        };
        change_state(store, &self.tenant, |state| {
            let backfill = state.backfills.entry(self.id.clone()).or_default();
            for &window in &self.left {
                backfill.ranges.add(window, due);
            }
            for &window in &self.second {
                backfill.second.add(window, due);
            }
            backfill.output.clone_from(&self.output);
            backfill.again = self.again;
            backfill.dry_run = self.dry_run;
            backfill.failed &= !self.failed.is_empty();
            backfill.suspended = None;
        })
        .await?;
        Self::settle(store, &self.tenant, &self.id, false).await
    }

    /// Notes that the command that read it was interrupted.
    ///
    /// # Errors
    /// [`PollError`] when that could not be written.
    pub async fn interrupt(store: &dyn Store, tenant: &str, id: &str) -> Result<(), PollError> {
        if Self::load(store, tenant, id).await?.is_none() {
            // It was purged with its tenant.
            return Ok(());
        }
        Self::change(store, tenant, id, |progress| progress.interrupted = true).await
    }

    /// Suspends a backfill in the tenant's state: nothing more of it is read, and what was read stays
    /// as it is. A poll that is under way takes that over.
    ///
    /// # Errors
    /// [`PollError`] when the state or the progress could not be written: do it again.
    pub async fn cancel(
        store: &dyn Store,
        tenant: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<(), PollError> {
        // First, so that nothing says that it is cancelled while polls read it.
        change_state(store, tenant, |state| {
            if let Some(backfill) = state.backfills.get_mut(id) {
                backfill.suspended.get_or_insert(now);
            }
        })
        .await?;
        Self::settle(store, tenant, id, true).await
    }

    /// Has the progress say whether the backfill is cancelled, as the tenant's state has it; of one
    /// that the state does not have, it says `unless_known`.
    ///
    /// Two who cancel and resume it at once both end with this, and who is last has seen what the
    /// other one did.
    pub(crate) async fn settle(
        store: &dyn Store,
        tenant: &str,
        id: &str,
        unless_known: bool,
    ) -> Result<(), PollError> {
        let mut known = in_state(store, tenant, id).await?;
        for _ in 0..MAX_CONFLICTS {
            let cancelled = known.as_ref().map_or(unless_known, is_cancelled);
            Self::change(store, tenant, id, |progress| {
                if let Some(backfill) = &known {
                    progress.describe(backfill);
                }
                progress.cancelled = cancelled;
            })
            .await?;
            let now = in_state(store, tenant, id).await?;
            if now.as_ref().map_or(unless_known, is_cancelled) == cancelled {
                return Ok(());
            }
            known = now;
        }
        Err(PollError::Superseded)
    }

    /// The progress of a backfill of which nothing is known but what the tenant's state says.
    #[must_use]
    pub fn of_state(tenant: &str, id: &str, backfill: &Backfill) -> Self {
        let mut progress = Self::new(tenant, id);
        progress.describe(backfill);
        progress.cancelled = is_cancelled(backfill);
        progress
    }

    /// What the state knows of a backfill, which counts: a report may have been lost.
    pub(crate) fn describe(&mut self, backfill: &Backfill) {
        self.output.clone_from(&backfill.output);
        self.again = backfill.again;
        self.dry_run = backfill.dry_run;
        if self.windows.is_empty() {
            self.windows = windows(&backfill.left());
            self.note_left(backfill);
        }
    }

    /// Notes what of it the state says is left.
    pub(crate) fn note_left(&mut self, backfill: &Backfill) {
        self.left = windows(&backfill.ranges);
        self.second = windows(&backfill.second);
        self.second_from = backfill.second_from();
    }

    fn new(tenant: &str, id: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            id: id.to_owned(),
            ..Self::default()
        }
    }
}

/// Whether there is something left of it that nobody reads.
pub(crate) fn is_cancelled(backfill: &Backfill) -> bool {
    backfill.suspended.is_some() && !backfill.is_done()
}

/// How long some windows are together.
fn millis(windows: &[Window]) -> u64 {
    windows.iter().map(Window::millis).sum()
}

/// The windows of some ranges.
fn windows(ranges: &Ranges) -> Vec<Window> {
    ranges.iter().map(|range| range.window).collect()
}

/// A backfill as the tenant's state has it.
async fn in_state(
    store: &dyn Store,
    tenant: &str,
    id: &str,
) -> Result<Option<Backfill>, PollError> {
    let key = state_key(tenant);
    let Some(object) = store.get(&key).await? else {
        return Ok(None);
    };
    let mut state =
        State::decode_head(&object.body).map_err(|source| PollError::State { key, source })?;
    Ok(state.backfills.remove(id))
}
