//! A client of a fake Graph, which every token is good for.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_entra::{Endpoints, SignInError, Token, TokenCache, TokenProvider};
use drawbridge_graph::{Graph, Settings};
use drawbridge_http::Transport;
use secrecy::SecretString;

pub(crate) fn client(graph: Arc<dyn Transport>, settings: Settings) -> Graph {
    client_signing_in(graph, settings, 0)
}

/// The same, if a sign-in takes so many milliseconds.
pub(crate) fn client_signing_in(graph: Arc<dyn Transport>, settings: Settings, ms: u64) -> Graph {
    let root = "https://graph.example".parse().unwrap();
    let endpoints = Endpoints::custom("https://login.example".parse().unwrap(), root).unwrap();
    let tokens = Arc::new(TokenCache::new(Arc::new(SignIn { ms })));
    Graph::new(graph, tokens, endpoints, settings)
}

struct SignIn {
    ms: u64,
}

#[async_trait]
impl TokenProvider for SignIn {
    async fn fetch(&self) -> Result<Token, SignInError> {
        tokio::time::sleep(Duration::from_millis(self.ms)).await;
        Ok(Token {
            secret: SecretString::from("token"),
            lifetime: Duration::from_secs(3600),
        })
    }
}
