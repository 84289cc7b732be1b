use std::sync::Arc;

use drawbridge_cursor::Window;
use drawbridge_graph::{AlertQuery, Counted, Graph, GraphError};
use drawbridge_time::Deadline;
use tokio::task::JoinHandle;

/// A request for the number of alerts in a window that runs beside the request for the window's only page, so that
/// an idle sweep takes the time of one request instead of two.
pub(super) struct CountAhead {
    window: Window,
    answer: JoinHandle<Result<Counted, GraphError>>,
}

impl CountAhead {
    pub(super) fn of(
        graph: &Arc<Graph>,
        window: Window,
        query: AlertQuery,
        deadline: Deadline,
    ) -> Self {
        let graph = Arc::clone(graph);
        let answer = tokio::spawn(async move { graph.count(&query, deadline).await });
        Self { window, answer }
    }

    /// Whether it is about that window.
    pub(super) fn is_of(&self, window: Window) -> bool {
        self.window == window
    }

    /// Waits for the answer; `None` if there is none.
    pub(super) async fn answer(mut self) -> Option<Result<Counted, GraphError>> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for CountAhead {
    fn drop(&mut self) {
        self.answer.abort();
    }
}
