use std::sync::Arc;
use std::time::Duration;

use drawbridge_graph::{AlertQuery, Graph, GraphError, NextLink, Page, Room};
use drawbridge_time::Deadline;
use tokio::task::JoinHandle;

/// A page that is asked for.
#[derive(Clone)]
pub(crate) enum PageRequest {
    /// The first one of a window.
    First(AlertQuery),
    /// The one behind a link.
    Next(NextLink),
}

impl PageRequest {
    /// The same, if it may be so large.
    pub(crate) fn with_room(self, room: Room) -> Self {
        match self {
            Self::First(query) => Self::First(AlertQuery { room, ..query }),
            Self::Next(link) => Self::Next(link.with_room(room)),
        }
    }

    async fn page(&self, graph: &Graph, deadline: Deadline) -> Result<Page, GraphError> {
        match self {
            Self::First(query) => graph.list(query, deadline).await,
            Self::Next(link) => graph.follow(link, deadline).await,
        }
    }
}

/// A page on its way: it is fetched while the one before is mapped and sent, and given up when
/// nobody waits for it any more.
pub(crate) struct ReadAhead {
    pub(crate) asked: PageRequest,
    page: JoinHandle<Result<Page, GraphError>>,
}

impl ReadAhead {
    /// Asks for a page after a pause.
    pub(crate) fn of(
        graph: &Arc<Graph>,
        asked: PageRequest,
        deadline: Deadline,
        pause: Duration,
    ) -> Self {
        let (graph, page) = (Arc::clone(graph), asked.clone());
        let page = tokio::spawn(async move {
            wait(pause).await;
            page.page(&graph, deadline).await
        });
        Self { asked, page }
    }

    /// How large the page may be.
    pub(crate) fn room(&self) -> Room {
        match &self.asked {
            PageRequest::First(query) => query.room,
            PageRequest::Next(link) => link.room(),
        }
    }

    /// Waits for the page.
    pub(crate) async fn page(&mut self) -> Result<Page, GraphError> {
        match (&mut self.page).await {
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
        self.page.abort();
    }
}
