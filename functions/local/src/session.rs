use std::path::Path;
use std::sync::Arc;

use drawbridge_cursor::Job;
use drawbridge_graph::{ClientSecret, Endpoints, Graph, HttpTransport, SecretSource, TokenCache};
use drawbridge_poll::{
    Clock, Grouping, Output, PollError, Poller, Progress, Report, Settings, Stop,
};
use drawbridge_queue::LocalQueue;
use drawbridge_record::Format;
use drawbridge_store::LocalStore;
use jiff::Timestamp;

use crate::failure::Failure;

/// Who signs in, and where.
pub(crate) struct SignIn {
    pub(crate) endpoints: Endpoints,
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
    pub(crate) secret: Arc<dyn SecretSource>,
}

/// A poller whose state and output are in a folder.
pub(crate) struct Session {
    poller: Poller,
    /// Where the first poll starts, if that was said.
    since: Option<Timestamp>,
}

/// The look-back is in whole seconds, and the handler looks at the clock a little later: the
/// first poll starts this much before the time asked for rather than after it.
const LOOKBACK_MARGIN_SECS: i64 = 5;

impl Session {
    /// Opens the folder; nothing is asked of Graph yet.
    pub(crate) async fn open(
        sign_in: SignIn,
        format: &'static dyn Format,
        folder: &Path,
        clock: Arc<dyn Clock>,
        mut settings: Settings,
    ) -> Result<Self, Failure> {
        // What an interrupted poll put back has no other job that reads it: the next poll does.
        settings.windows.adopt_after_secs = 0;
        let transport = Arc::new(HttpTransport::new());
        let secret = ClientSecret::new(
            transport.clone(),
            sign_in.endpoints.clone(),
            &sign_in.tenant_id,
            &sign_in.client_id,
            sign_in.secret,
        );
        let tokens = Arc::new(TokenCache::new(Arc::new(secret)));
        let graph = Graph::new(
            transport,
            tokens,
            sign_in.endpoints,
            drawbridge_graph::Settings::default(),
        );
        let file = folder.join(format!("{}.ndjson", format.name()));
        let queue = LocalQueue::open(&file).await.map_err(Failure::of)?;
        Ok(Self {
            poller: Poller {
                graph: Arc::new(graph),
                store: Arc::new(LocalStore::new(folder)),
                outputs: vec![Output {
                    format,
                    queue: Arc::new(queue),
                    grouping: Grouping::Tenant,
                }],
                clock,
                settings,
            },
            since: None,
        })
    }

    /// Lets the first poll start at `since`.
    pub(crate) fn since(self, since: Option<Timestamp>) -> Self {
        Self { since, ..self }
    }

    /// Polls up to now, whatever it takes; ends early only when asked to.
    pub(crate) async fn poll(
        &mut self,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Report, PollError> {
        if let Some(since) = self.since {
            // Anew each time: the first poll that succeeds may come long after the first try.
            let now = self.poller.clock.now();
            let back = now.duration_since(since).as_secs() + LOOKBACK_MARGIN_SECS;
            // Graph knows no time before 1970.
            let back = back.min(now.as_second());
            self.poller.settings.windows.first_lookback_secs =
                u32::try_from(back).unwrap_or(u32::MAX);
        }
        let job = Job::timer(&self.poller.settings.tenant);
        self.poller.run(&job, stop, progress).await
    }
}
