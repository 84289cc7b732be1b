//! A Graph client over a script of answers.

use std::sync::Arc;

use drawbridge_entra::{ClientSecret, Endpoints, TokenCache, TokenEndpoint};
use drawbridge_graph::{AlertQuery, Graph, GraphError, Settings};
use drawbridge_http::RetryPolicy;
use drawbridge_http::script::{MARKER, Script};
pub(crate) use drawbridge_secrets::testing::FixedSecret;

pub(crate) const TENANT: &str = "9f4ebc3e-4a0b-4f6e-9f0c-6a0f0a1d2b3c";

pub(crate) fn policy() -> RetryPolicy {
    RetryPolicy {
        jitter_seed: Some(1),
        ..RetryPolicy::default()
    }
}

pub(crate) fn endpoints() -> Endpoints {
    let login = "https://login.example".parse().unwrap();
    Endpoints::custom(login, "https://graph.example".parse().unwrap()).unwrap()
}

/// What asks a script.
pub(crate) trait Client {
    /// The token endpoint of the one application.
    fn endpoint(&self) -> TokenEndpoint;

    fn cache(&self) -> Arc<TokenCache>;

    /// A client that may hold 100 kB per page, and 200 kB per alert.
    fn graph(&self) -> Graph {
        self.graph_with(|_| {})
    }

    fn graph_with(&self, change: impl FnOnce(&mut Settings)) -> Graph;
}

impl Client for Arc<Script> {
    fn endpoint(&self) -> TokenEndpoint {
        TokenEndpoint::new(self.clone(), &endpoints(), TENANT, "client-1")
    }

    fn cache(&self) -> Arc<TokenCache> {
        let secret = Arc::new(FixedSecret(format!("secret-{MARKER}")));
        let provider = Arc::new(ClientSecret::new(self.endpoint(), secret));
        Arc::new(TokenCache::with_policy(provider, policy()))
    }

    fn graph_with(&self, change: impl FnOnce(&mut Settings)) -> Graph {
        let mut settings = Settings {
            max_body_bytes: 100_000,
            max_alert_bytes: 200_000,
            retry: policy(),
            ..Settings::default()
        };
        change(&mut settings);
        Graph::new(self.clone(), self.cache(), endpoints(), settings)
    }
}

pub(crate) fn query() -> AlertQuery {
    AlertQuery {
        severities: Vec::new(),
        from: "2026-11-23T20:00:00Z".parse().unwrap(),
        to: "2026-11-23T20:05:00Z".parse().unwrap(),
        service_sources: vec!["microsoftDefenderForEndpoint".to_owned()],
        top: 100,
        may_be_large: false,
    }
}

/// What an operator sees of an error, after making sure that nothing secret is in it.
pub(crate) fn shown(error: &GraphError) -> String {
    let text = error.to_string();
    let debug = format!("{error:?}");
    assert!(!text.contains(MARKER), "{text}");
    assert!(!debug.contains(MARKER), "{debug}");
    assert!(!text.contains('\n'), "{text}");
    text
}
