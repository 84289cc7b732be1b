//! A client of a fake Graph, which every token is good for.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_entra::{Endpoints, SignInError, Token, TokenCache, TokenProvider};
use drawbridge_graph::{Graph, Settings};
use drawbridge_http::Transport;
use secrecy::SecretString;

pub(crate) fn client(graph: Arc<dyn Transport>, settings: Settings) -> Graph {
    let root = "https://graph.example".parse().unwrap();
    let endpoints = Endpoints::custom("https://login.example".parse().unwrap(), root).unwrap();
    let tokens = Arc::new(TokenCache::new(Arc::new(NoSignIn)));
    Graph::new(graph, tokens, endpoints, settings)
}

struct NoSignIn;

#[async_trait]
impl TokenProvider for NoSignIn {
    async fn fetch(&self) -> Result<Token, SignInError> {
        Ok(Token {
            secret: SecretString::from("token"),
            lifetime: Duration::from_secs(3600),
        })
    }
}
