use std::sync::Arc;

use drawbridge_entra::{ClientSecret, Endpoints, TokenCache, TokenEndpoint};
use drawbridge_http::Url;
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_time::Deadline;
use secrecy::ExposeSecret as _;

use crate::MAX_INPUT_BYTES;
use crate::marker::{MARKER, assert_discreet, assert_fit_for_a_log};
use crate::wire::{Answer, Wire, one_try, run};

/// What the token endpoint answers: a token that can be sent, or an error without a word of it.
pub fn token_reply(bytes: &[u8]) {
    if bytes.len() > MAX_INPUT_BYTES {
        return;
    }
    let answer = Answer::read(bytes);
    let wire = Arc::new(Wire::new(&answer));
    let Ok(login) = "https://login.example".parse::<Url>() else {
        return;
    };
    let Ok(endpoints) = Endpoints::custom(login.clone(), login.clone()) else {
        return;
    };
    let endpoint = TokenEndpoint::new(wire.clone(), &endpoints, "contoso.example", "client");
    let sign_in = ClientSecret::new(
        endpoint,
        Arc::new(FixedSecret("the-client-s3cret".to_owned())),
    );
    let cache = TokenCache::with_policy(Arc::new(sign_in), one_try());
    run(async {
        match cache.token(Deadline::none()).await {
            Ok(token) => {
                let token = token.expose_secret();
                assert!(!token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()));
                assert!(!format!("{cache:?}").contains(token) || token.len() < 16);
            }
            Err(error) => {
                assert_fit_for_a_log(&error);
                if !answer.header_holds(MARKER) && !ids_hold_it(answer.body) {
                    assert_discreet(&error, &String::from_utf8_lossy(answer.body));
                }
            }
        }
    });
    for url in wire.asked() {
        assert_eq!(url.origin(), login.origin(), "the secret went to {url}");
    }
}

/// Entra's ids of a request are named, for a support case.
fn ids_hold_it(body: &[u8]) -> bool {
    let reply: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    ["trace_id", "correlation_id"]
        .iter()
        .any(|id| reply[id].as_str().is_some_and(|id| id.contains(MARKER)))
}
