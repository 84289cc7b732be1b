use std::path::Path;
use std::sync::Arc;

use drawbridge_entra::{ClientSecret, Endpoints, TokenCache, TokenEndpoint};
use drawbridge_graph::Graph;
use drawbridge_http::HttpTransport;
use drawbridge_poll::{Grouping, Output, PollError, Poller, Progress, Report, Settings, Stop};
use drawbridge_queue::LocalQueue;
use drawbridge_record::Format;
use drawbridge_secrets::SecretSource;
use drawbridge_store::LocalStore;
use drawbridge_time::Clock;

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
    file: Arc<LocalQueue>,
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
        let endpoint = TokenEndpoint::new(
            transport.clone(),
            &sign_in.endpoints,
            &sign_in.tenant_id,
            &sign_in.client_id,
        );
        let secret = ClientSecret::new(endpoint, sign_in.secret);
        let tokens = Arc::new(TokenCache::new(Arc::new(secret)));
        let graph = Graph::new(
            transport,
            tokens,
            sign_in.endpoints,
            drawbridge_graph::Settings::default(),
        );
        let file = folder.join(format!("{}.ndjson", format.name()));
        let queue = Arc::new(LocalQueue::open(&file).await.map_err(Failure::of)?);
        Ok(Self {
            file: Arc::clone(&queue),
            poller: Poller {
                graph: Arc::new(graph),
                store: Arc::new(LocalStore::new(folder)),
                outputs: vec![Output::new(format, queue, Grouping::Tenant)],
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
        self.poller.run(stop, progress).await
    }

    /// Lets go of a file of records that was renamed or removed; between polls nothing else does.
    pub(crate) async fn reopen(&self) -> Result<(), Failure> {
        self.file.reopen().await.map_err(Failure::of)
    }
}
