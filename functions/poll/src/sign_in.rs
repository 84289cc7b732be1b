use std::sync::Arc;

use drawbridge_graph::Graph;
use drawbridge_time::Deadline;
use tokio::task::JoinHandle;

/// A sign-in on its way while the state is read: one that is due makes a poll longer only by what it
/// takes longer than that. It is given up when the poll ends in any other way than by itself.
pub(crate) struct SignIn(JoinHandle<()>);

impl SignIn {
    pub(crate) fn begin(graph: &Arc<Graph>, deadline: Deadline) -> Self {
        let graph = Arc::clone(graph);
        Self(tokio::spawn(async move { graph.sign_in(deadline).await }))
    }

    /// Waits for it: a token that is renewed before its end is nobody's need yet, and would be asked for
    /// again by each poll that is faster.
    pub(crate) async fn end(mut self) {
        // The panic hook has reported a panic, and the poll asks for the token again when it needs it.
        let _ = (&mut self.0).await;
    }
}

impl Drop for SignIn {
    fn drop(&mut self) {
        self.0.abort();
    }
}
