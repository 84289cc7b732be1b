use std::sync::Arc;

use drawbridge_config::ConfigError;
use drawbridge_cursor::Job;
use drawbridge_queue::{Message, Queue, QueueError};
use drawbridge_store::Catalogue;
use tokio::sync::Mutex;

use crate::Tick;
use crate::roll::Roll;

/// The handler: puts the jobs of a tick on the jobs queue.
pub struct Dispatcher {
    tenants: Vec<String>,
    store: Arc<dyn Catalogue>,
    jobs: Arc<dyn Queue>,
    /// The last listing.
    roll: Mutex<Option<Roll>>,
}

/// Why not every tenant has its job.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The documents could not be listed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is nobody to poll.
    #[error(
        "there is no tenant: add one with `drawbridge tenants add --stack STACK`, or resume a paused one"
    )]
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
            roll: Mutex::default(),
        }
    }

    /// The jobs of the tenants that are to be polled. The documents are listed where the last listing
    /// is not good for this tick; where that fails, there are none.
    async fn jobs(&self, tick: Tick) -> Result<Vec<Job>, DispatchError> {
        let mut last = self.roll.lock().await;
        let roll = match last.take_if(|roll| roll.is_good_for(tick)) {
            Some(roll) => roll,
            None => Roll::list(&self.tenants, self.store.as_ref(), tick).await?,
        };
        let tenants = last.insert(roll).tenants.iter();
        let jobs: Vec<_> = tenants
            .map(|(tenant, document)| Job {
                tenant: tenant.clone(),
                document: document.clone(),
            })
            .collect();
        if jobs.is_empty() {
            // A timer that does nothing would look healthy.
            return Err(DispatchError::NoTenants);
        }
        Ok(jobs)
    }

    /// Sends one job for each tenant and gives their number.
    ///
    /// # Errors
    /// [`DispatchError`]; the same tick again sends no job twice.
    pub async fn dispatch(&self, tick: Tick) -> Result<usize, DispatchError> {
        let jobs = self.jobs(tick).await?;
        let messages: Vec<_> = jobs.iter().map(|job| message(job, tick)).collect();
        let refused = self.jobs.send(&messages).await?;
        let Some(first) = refused.first() else {
            self.jobs.flush().await?;
            return Ok(messages.len());
        };
        let names: Vec<_> = refused
            .iter()
            .filter_map(|r| jobs.get(r.index))
            .map(|job| job.tenant.as_str())
            .collect();
        Err(DispatchError::Refused {
            refused: refused.len(),
            tenants: messages.len(),
            names: names.join(", "),
            code: first.code.clone(),
        })
    }
}

fn message(job: &Job, tick: Tick) -> Message {
    Message {
        key: format!("timer-{}-{}", job.tenant, tick.minutes()),
        group: job.tenant.clone(),
        time: None,
        body: job.to_json(),
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
    async fn a_job_carries_the_version_of_its_document() {
        let queue = fifo();
        let store = Arc::new(FaultyStore::of(MemoryStore::of_keys(["tenants/d.toml"])));
        let dispatcher = with_documents(&queue, Arc::clone(&store));
        let mut versions = vec![store.etag("tenants/d.toml")];
        dispatcher
            .dispatch(tick("2026-01-01T00:00:00Z"))
            .await
            .unwrap();
        store.insert("tenants/d.toml", "changed");
        versions.push(store.etag("tenants/d.toml"));
        dispatcher
            .dispatch(tick("2026-01-01T00:05:00Z"))
            .await
            .unwrap();
        let jobs = queue
            .messages()
            .into_iter()
            .map(|m| Job::parse(&m.body).unwrap());
        let (of_documents, given): (Vec<_>, Vec<_>) = jobs.partition(|job| job.tenant == "d");
        assert!(given.iter().all(|job| job.document.is_none()));
        let told: Vec<_> = of_documents.into_iter().map(|job| job.document).collect();
        let versions = versions
            .into_iter()
            .map(|etag| Some(etag?.as_str().to_owned()));
        assert_eq!(told, versions.collect::<Vec<_>>());
    }

    /// How often the store is listed for a tick.
    async fn lists(
        dispatcher: &Dispatcher,
        store: &FaultyStore,
        event: &serde_json::Value,
    ) -> usize {
        let now = "2026-01-01T00:03:00Z".parse().unwrap();
        let tick = Tick::of(event, now).unwrap();
        dispatcher.dispatch(tick).await.unwrap();
        store.calls().len()
    }

    #[tokio::test]
    async fn documents_are_listed_once_in_five_minutes_and_by_hand() {
        let (queue, store) = (fifo(), Arc::new(FaultyStore::default()));
        let dispatcher = with_documents(&queue, Arc::clone(&store));
        for (time, expected) in [
            ("00:00:00", 1),
            ("00:00:59", 0),
            ("00:01:00", 0),
            ("00:04:59", 0),
            ("00:05:00", 1),
            // What came first comes again, later than its successor.
            ("00:04:00", 1),
            ("00:05:00", 0),
            ("00:08:59", 0),
            // The timer stood still.
            ("03:00:00", 1),
        ] {
            let event = json!({ "time": format!("2026-01-01T{time}Z") });
            assert_eq!(lists(&dispatcher, &store, &event).await, expected, "{time}");
        }
        for event in [json!({}), json!({}), json!({"time": 1})] {
            assert_eq!(lists(&dispatcher, &store, &event).await, 1, "{event}");
        }
        // That by hand is good for the ticks after it, too.
        let event = json!({"time": "2026-01-01T00:07:00Z"});
        assert_eq!(lists(&dispatcher, &store, &event).await, 0);
    }

    #[tokio::test]
    async fn a_listing_is_not_used_beyond_its_minutes_where_another_one_fails() {
        let (queue, store) = (fifo(), Arc::new(FaultyStore::default()));
        let dispatcher = with_documents(&queue, Arc::clone(&store));
        let dispatch = async |time: &str| dispatcher.dispatch(tick(time)).await;
        dispatch("2026-01-01T00:00:00Z").await.unwrap();
        store.hide("tenants/");
        dispatch("2026-01-01T00:04:00Z").await.unwrap();
        for _ in 0..2 {
            let error = dispatch("2026-01-01T00:05:00Z").await.unwrap_err();
            assert!(matches!(error, DispatchError::Config(_)), "{error}");
        }
        store.heal();
        dispatch("2026-01-01T00:05:00Z").await.unwrap();
        assert_eq!(queue.messages().len(), 9);
    }

    #[tokio::test]
    async fn the_first_tenant_of_a_stack_does_not_wait() {
        let (queue, store) = (fifo(), Arc::new(FaultyStore::default()));
        let dispatcher = Dispatcher::new(Vec::new(), Arc::clone(&store) as _, queue);
        let dispatch = async |time: &str| dispatcher.dispatch(tick(time)).await;
        assert!(dispatch("2026-01-01T00:00:00Z").await.is_err());
        store.insert("tenants/a.toml", "");
        assert_eq!(dispatch("2026-01-01T00:01:00Z").await.unwrap(), 1);
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
