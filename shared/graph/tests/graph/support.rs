//! A Graph client over a script of answers.

use std::sync::Arc;

use drawbridge_entra::testing::{SignIn as _, endpoints, policy};
use drawbridge_graph::{AlertQuery, Graph, Room, Settings};
use drawbridge_http::script::Script;

/// What asks a script.
pub(crate) trait Client {
    /// A client that may hold 100 kB per page, and 200 kB per alert.
    fn graph(&self) -> Graph {
        self.graph_with(|_| {})
    }

    fn graph_with(&self, change: impl FnOnce(&mut Settings)) -> Graph;
}

impl Client for Arc<Script> {
    fn graph_with(&self, change: impl FnOnce(&mut Settings)) -> Graph {
        let mut settings = Settings {
            max_small_bytes: 20_000,
            max_body_bytes: 100_000,
            max_alert_bytes: 200_000,
            retry: policy(),
            ..Settings::default()
        };
        change(&mut settings);
        Graph::new(self.clone(), Arc::new(self.cache()), endpoints(), settings)
    }
}

pub(crate) fn query() -> AlertQuery {
    AlertQuery {
        severities: Vec::new(),
        from: "2026-11-23T20:00:00Z".parse().unwrap(),
        to: "2026-11-23T20:05:00Z".parse().unwrap(),
        service_sources: vec!["microsoftDefenderForEndpoint".to_owned()],
        top: 100,
        room: Room::Usual,
    }
}
