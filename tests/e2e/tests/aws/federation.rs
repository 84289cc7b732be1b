//! What the emulated cloud can prove of federation: the SDK's call is understood, and its token,
//! signed with a shared secret as it is, never leaves for Entra.

use std::sync::Arc;

use drawbridge_emulator::Emulator;
use drawbridge_entra::{
    AssertionSource as _, AwsAssertion, Cloud, Endpoints, Federated, SignInErrorKind,
    TokenEndpoint, TokenProvider as _,
};
use drawbridge_http::HttpTransport;
use drawbridge_simulator::{Alerts, Options};
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn the_emulated_stss_token_is_refused_in_words_and_not_sent() {
    let emulator = Emulator::start().await.unwrap();
    let audience = Cloud::Global.federation_audience();
    let source = AwsAssertion::new(&emulator.sdk_config().await, audience);
    let token = source.assertion().await.unwrap();
    assert_eq!(token.expose_secret().split('.').count(), 3);

    let none = Alerts::parse(b"[]").unwrap();
    let entra = drawbridge_simulator::start(Options::default(), none)
        .await
        .unwrap();
    let known = Options::default();
    let endpoints = Endpoints::custom(entra.login_url(), entra.graph_url()).unwrap();
    let endpoint = TokenEndpoint::new(
        Arc::new(HttpTransport::new()),
        &endpoints,
        &known.tenant_id,
        &known.client_id,
    );
    let provider = Federated::new(endpoint, Arc::new(source));
    let error = provider.fetch().await.unwrap_err();
    assert_eq!(error.kind(), SignInErrorKind::Configuration);
    let text = error.to_string();
    assert!(
        text.contains("HS256") && text.contains("RS256 only"),
        "{text}"
    );
    assert!(!text.contains(token.expose_secret()), "{text}");
    assert_eq!(entra.stats().token_requests, 0);
}
