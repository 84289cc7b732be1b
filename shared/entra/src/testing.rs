//! One application that signs in over a script of answers, for the tests of those who sign in and read
//! pages.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test stops where something is not as it expects"
)]

use std::error::Error;
use std::sync::Arc;

use drawbridge_http::RetryPolicy;
use drawbridge_http::script::{MARKER, Script};
use drawbridge_secrets::SecretSource;
use drawbridge_secrets::testing::FixedSecret;

use crate::{ClientSecret, Endpoints, TokenCache, TokenEndpoint};

pub const TENANT: &str = "9f4ebc3e-4a0b-4f6e-9f0c-6a0f0a1d2b3c";

/// Tries again after the same pauses each time.
pub fn policy() -> RetryPolicy {
    RetryPolicy {
        jitter_seed: Some(1),
        ..RetryPolicy::default()
    }
}

pub fn endpoints() -> Endpoints {
    let login = "https://login.example".parse().unwrap();
    Endpoints::custom(login, "https://graph.example".parse().unwrap()).unwrap()
}

/// The ways in over a script.
pub trait SignIn {
    /// The token endpoint of the one application.
    fn endpoint(&self) -> TokenEndpoint;

    fn provider(&self, secret: Arc<dyn SecretSource>) -> Arc<ClientSecret>;

    fn cache(&self) -> TokenCache;
}

impl SignIn for Arc<Script> {
    fn endpoint(&self) -> TokenEndpoint {
        TokenEndpoint::new(self.clone(), &endpoints(), TENANT, "client-1")
    }

    fn provider(&self, secret: Arc<dyn SecretSource>) -> Arc<ClientSecret> {
        Arc::new(ClientSecret::new(self.endpoint(), secret))
    }

    fn cache(&self) -> TokenCache {
        let secret = Arc::new(FixedSecret(format!("s3cret-{MARKER}")));
        TokenCache::with_policy(self.provider(secret), policy())
    }
}

/// What an operator sees of an error, after making sure that nothing secret is in it.
pub fn shown(error: &dyn Error) -> String {
    let text = error.to_string();
    let debug = format!("{error:?}");
    assert!(!text.contains(MARKER), "{text}");
    assert!(!debug.contains(MARKER), "{debug}");
    assert!(!text.contains('\n'), "{text}");
    text
}
