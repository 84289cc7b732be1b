use std::path::Path;
use std::sync::Arc;

use drawbridge_cursor::{Job, Why};
use drawbridge_graph::{ClientSecret, Endpoints, Graph, HttpTransport, SecretSource, TokenCache};
use drawbridge_poll::{
    Clock, Ending, Grouping, Output, PollError, Poller, Progress, Report, Settings, Stop,
};
use drawbridge_queue::LocalQueue;
use drawbridge_record::Format;
use drawbridge_store::LocalStore;

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
}

impl Session {
    /// Opens the folder; nothing is asked of Graph yet.
    pub(crate) async fn open(
        sign_in: SignIn,
        format: &'static dyn Format,
        folder: &Path,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self, Failure> {
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
        })
    }

    /// Polls up to now, whatever it takes; ends early only when asked to.
    pub(crate) async fn poll(
        &self,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Report, PollError> {
        let mut total = self
            .poller
            .run(&Job::timer(&self.poller.settings.tenant), stop, progress)
            .await?;
        while total.ending == Ending::OutOfTime && !stop.is_asked() && !total.follow_ups.is_empty()
        {
            let job = total.follow_ups.remove(0);
            let Some(window) = job.window else { continue };
            let job = Job::windowed(&job.tenant, Why::Split, window);
            let part = self.poller.run(&job, stop, progress).await?;
            total = joined(total, part);
        }
        Ok(total)
    }
}

/// Two reports of one poll as one.
fn joined(first: Report, then: Report) -> Report {
    let follow_ups = first
        .follow_ups
        .into_iter()
        .chain(then.follow_ups)
        .collect::<Vec<_>>();
    Report {
        alerts: first.alerts + then.alerts,
        records: first.records + then.records,
        suppressed: first.suppressed + then.suppressed,
        quarantined: first.quarantined + then.quarantined,
        gaps: first.gaps + then.gaps,
        partial_answers: first.partial_answers + then.partial_answers,
        pages: first.pages + then.pages,
        requests: first.requests + then.requests,
        throttled: first.throttled + then.throttled,
        newest_alert: first.newest_alert.max(then.newest_alert),
        read_up_to: then.read_up_to,
        saved: then.saved,
        ending: if follow_ups.is_empty() {
            then.ending
        } else {
            Ending::OutOfTime
        },
        follow_ups,
    }
}
