use std::collections::BTreeMap;

use drawbridge_config::{ConfigError, documents};
use drawbridge_store::Catalogue;

use crate::Tick;

/// For how many minutes a listing is used, that in which it was made included.
const LISTED_EVERY: i64 = 5;

/// Who is to be polled, by the documents as they were listed.
pub(crate) struct Roll {
    /// By name, with the version of each one's document where it has one and the store tells it.
    pub(crate) tenants: BTreeMap<String, Option<String>>,
    /// The minute of the tick for which they were listed.
    listed: i64,
}

impl Roll {
    /// Lists the documents in `store` beside the tenants that are `given`. No document is opened: one
    /// that is broken is its own poll's trouble.
    pub(crate) async fn list(
        given: &[String],
        store: &dyn Catalogue,
        tick: Tick,
    ) -> Result<Self, ConfigError> {
        let documents = documents(store).await?;
        for error in &documents.unreadable {
            tracing::error!(%error, "there may be tenants that are not polled");
        }
        let given = given.iter().map(|name| (name.clone(), None));
        let mut tenants: BTreeMap<_, _> = given.collect();
        for document in documents.found {
            if document.is_paused {
                tenants.remove(&document.name);
            } else {
                let version = document.etag.map(|etag| etag.as_str().to_owned());
                tenants.insert(document.name, version);
            }
        }
        Ok(Self {
            tenants,
            listed: tick.minutes(),
        })
    }

    /// Whether it is good for that tick: by the minutes of the ticks, so that no clock decides it. By
    /// hand, one gets what there is now. One without tenants is good for none, so that the first
    /// tenant of a stack does not wait.
    pub(crate) fn is_good_for(&self, tick: Tick) -> bool {
        let age = tick.minutes() - self.listed;
        tick.is_timed() && (0..LISTED_EVERY).contains(&age) && !self.tenants.is_empty()
    }
}
