use std::sync::Arc;
use std::time::Duration;

use drawbridge_graph::{AlertQuery, Graph, GraphError, NextLink, Page};
use drawbridge_time::Deadline;
use tokio::task::JoinHandle;

/// A page on its way: it is fetched while the one before is mapped and sent, and given up when
/// nobody waits for it any more.
pub(crate) struct ReadAhead(JoinHandle<Result<Page, GraphError>>);

impl ReadAhead {
    /// The first page of a window, asked for after a pause.
    pub(crate) fn first(
        graph: &Arc<Graph>,
        query: AlertQuery,
        deadline: Deadline,
        pause: Duration,
    ) -> Self {
        let graph = Arc::clone(graph);
        Self(tokio::spawn(async move {
            wait(pause).await;
            graph.list(&query, deadline).await
        }))
    }

    /// The page behind `link`, asked for after a pause.
    pub(crate) fn next(
        graph: &Arc<Graph>,
        link: NextLink,
        deadline: Deadline,
        pause: Duration,
    ) -> Self {
        let graph = Arc::clone(graph);
        Self(tokio::spawn(async move {
            wait(pause).await;
            graph.follow(&link, deadline).await
        }))
    }

    /// Waits for the page.
    pub(crate) async fn page(&mut self) -> Result<Page, GraphError> {
        match (&mut self.0).await {
            Ok(page) => page,
            // The task is only cancelled by dropping `self`; a panic goes on where it is seen.
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => std::future::pending().await,
            },
        }
    }
}

async fn wait(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.0.abort();
    }
}
