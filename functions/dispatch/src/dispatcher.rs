use std::collections::BTreeSet;
use std::sync::Arc;

use drawbridge_config::{ConfigError, documents};
use drawbridge_cursor::Job;
use drawbridge_queue::{Message, Queue, QueueError};
use drawbridge_store::Catalogue;

use crate::Tick;

/// The handler: puts the jobs of a tick on the jobs queue.
pub struct Dispatcher {
    tenants: Vec<String>,
    store: Arc<dyn Catalogue>,
    jobs: Arc<dyn Queue>,
}

/// Why not every tenant has its job.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The documents could not be listed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is nobody to poll.
    #[error("there is no tenant: add one with `drawbridge tenants add`, or resume a paused one")]
    NoTenants,
    /// The queue did not answer; any of the jobs may be on it.
    #[error("the jobs queue failed: {0}")]
    Queue(#[from] QueueError),
    /// The queue refused the jobs of some tenants; the others have theirs.
    #[error("the jobs queue refused {refused} of {tenants} jobs, of {names}: {code}")]
    Refused {
        /// How many.
        refused: usize,
        /// Of how many.
        tenants: usize,
        /// The tenants without a job.
        names: String,
        /// The queue's code for the first of them.
        code: String,
    },
}

impl Dispatcher {
    /// Sends a job to `jobs` for each of `tenants` and each that has a document in `store`.
    #[must_use]
    pub fn new(tenants: Vec<String>, store: Arc<dyn Catalogue>, jobs: Arc<dyn Queue>) -> Self {
        Self {
            tenants,
            store,
            jobs,
        }
    }

    /// The tenants that are to be polled. No document is opened: one that is broken is its own
    /// poll's trouble.
    async fn tenants(&self) -> Result<Vec<String>, DispatchError> {
        let documents = documents(self.store.as_ref()).await?;
        for error in &documents.unreadable {
            tracing::error!(%error, "there may be tenants that are not polled");
        }
        let mut tenants: BTreeSet<String> = self.tenants.iter().cloned().collect();
        for document in documents.found {
            if document.is_paused {
                tenants.remove(&document.name);
            } else {
                tenants.insert(document.name);
            }
        }
        if tenants.is_empty() {
            // A timer that does nothing would look healthy.
            return Err(DispatchError::NoTenants);
        }
        Ok(tenants.into_iter().collect())
    }

    /// Sends one job for each tenant and gives their number.
    ///
    /// # Errors
    /// [`DispatchError`]; the same tick again sends no job twice.
    pub async fn dispatch(&self, tick: Tick) -> Result<usize, DispatchError> {
        let tenants = self.tenants().await?;
        let messages: Vec<_> = tenants.iter().map(|tenant| message(tenant, tick)).collect();
        let refused = self.jobs.send(&messages).await?;
        let Some(first) = refused.first() else {
            self.jobs.flush().await?;
            return Ok(messages.len());
        };
        let names: Vec<_> = refused
            .iter()
            .filter_map(|r| tenants.get(r.index))
            .map(String::as_str)
            .collect();
        Err(DispatchError::Refused {
            refused: refused.len(),
            tenants: messages.len(),
            names: names.join(", "),
            code: first.code.clone(),
        })
    }
}

fn message(tenant: &str, tick: Tick) -> Message {
    Message {
        key: format!("timer-{tenant}-{}", tick.minutes()),
        group: tenant.to_owned(),
        time: None,
        body: Job::of(tenant).to_json(),
        attributes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_queue::testing::{FaultyQueue, MemoryQueue, Send};
    use drawbridge_store::testing::{FaultyStore, MemoryStore};
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn tick(time: &str) -> Tick {
        Tick::of(&json!({ "time": time }), Timestamp::UNIX_EPOCH).unwrap()
    }

    fn fifo() -> Arc<FaultyQueue> {
        Arc::new(FaultyQueue::of(MemoryQueue::fifo()))
    }

    fn dispatcher(queue: &Arc<FaultyQueue>) -> Dispatcher {
        with_documents(queue, Arc::default())
    }

    /// One with the documents of this store, beside the tenants a, b and c.
    fn with_documents(queue: &Arc<FaultyQueue>, store: Arc<FaultyStore>) -> Dispatcher {
        let tenants = vec!["a".into(), "b".into(), "c".into()];
        Dispatcher::new(tenants, store, Arc::clone(queue) as _)
    }

    #[tokio::test]
    async fn documents_add_tenants_and_pause_them() {
        let queue = fifo();
        let keys = [
            "tenants/d.toml",
            "tenants/paused/a.toml",
            "tenants/paused/e.json",
        ];
        let tick = tick("2026-01-01T00:00:00Z");
        let store = Arc::new(FaultyStore::of(MemoryStore::of_keys(keys)));
        let dispatcher = with_documents(&queue, Arc::clone(&store));
        dispatcher.dispatch(tick).await.unwrap();
        let groups: Vec<_> = queue.messages().into_iter().map(|m| m.group).collect();
        assert_eq!(groups, ["b", "c", "d"]);
        // No document is opened.
        assert_eq!(store.calls(), ["list tenants/"]);
        let nobody = Dispatcher::new(Vec::new(), Arc::new(MemoryStore::default()), queue);
        let error = nobody.dispatch(tick).await.unwrap_err();
        assert!(matches!(error, DispatchError::NoTenants), "{error}");
    }

    #[tokio::test]
    async fn each_tenant_gets_one_job_in_a_group_of_its_own() {
        let queue = fifo();
        let sent = dispatcher(&queue)
            .dispatch(tick("2026-01-01T00:00:00Z"))
            .await
            .unwrap();
        let taken = queue.messages();
        assert_eq!((sent, taken.len()), (3, 3));
        for (message, tenant) in taken.iter().zip(["a", "b", "c"]) {
            assert_eq!(message.group, tenant);
            assert_eq!(Job::parse(&message.body).unwrap(), Job::of(tenant));
        }
    }

    #[tokio::test]
    async fn a_tick_that_comes_twice_makes_its_jobs_once_and_the_next_one_more() {
        let queue = fifo();
        let dispatcher = dispatcher(&queue);
        for time in [
            "2026-01-01T00:00:01Z",
            "2026-01-01T00:00:59Z",
            "2026-01-01T00:01:01Z",
        ] {
            dispatcher.dispatch(tick(time)).await.unwrap();
        }
        assert_eq!(queue.messages().len(), 6);
    }

    #[tokio::test]
    async fn a_refused_tenant_is_named_and_the_others_have_their_jobs() {
        let queue = fifo();
        queue.then(Send::Refuse(vec![1]));
        let error = dispatcher(&queue)
            .dispatch(tick("2026-01-01T00:00:00Z"))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the jobs queue refused 1 of 3 jobs, of b: Scripted"
        );
        assert_eq!(queue.messages().len(), 2);
    }

    #[tokio::test]
    async fn a_queue_that_is_down_is_an_error() {
        let queue = fifo();
        queue.then(Send::Fail);
        let error = dispatcher(&queue)
            .dispatch(tick("2026-01-01T00:00:00Z"))
            .await
            .unwrap_err();
        assert!(matches!(error, DispatchError::Queue(_)), "{error}");
    }
}
