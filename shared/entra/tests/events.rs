//! No event of any library shows a key, an assertion or a token, at the most talkative level.
//!
//! One test, so that no other thread decides which events are told.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use drawbridge_entra::{
    AwsAssertion, Certificate, Endpoints, Federated, TokenEndpoint, TokenProvider as _,
};
use drawbridge_http::HttpTransport;
use drawbridge_issuer::{Issuer, StsAnswer, TestCertificate};
use drawbridge_secrets::testing::RotatedSecret;
use drawbridge_simulator::{Alerts, Credential, Options};
use drawbridge_telemetry::testing::Events;
use drawbridge_time::SystemClock;
use secrecy::ExposeSecret as _;

const AUDIENCE: &str = "api://AzureADTokenExchange";

#[tokio::test]
async fn no_event_shows_a_key_an_assertion_or_a_token() {
    let issuer = Issuer::start().await.unwrap();
    let (old, new) = (
        TestCertificate::new().unwrap(),
        TestCertificate::new().unwrap(),
    );
    let options = Options {
        credentials: vec![
            Credential::Certificate {
                der: new.der.clone(),
            },
            Credential::Federated {
                issuer: issuer.url().to_owned(),
                subject: "role".to_owned(),
                audience: AUDIENCE.to_owned(),
            },
        ],
        ..Options::default()
    };
    let assertion = issuer
        .sign(&serde_json::json!({
            "iss": issuer.url(), "sub": "role", "aud": AUDIENCE, "exp": 4_000_000_000_u64,
        }))
        .unwrap();
    issuer.set_sts(StsAnswer::Text(assertion.clone()));
    let none = Alerts::parse(b"[]").unwrap();
    let entra = drawbridge_simulator::start(options.clone(), none)
        .await
        .unwrap();
    let endpoints = Endpoints::custom(entra.login_url(), entra.graph_url()).unwrap();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("test", "s3cr~t", None, None, "test"))
        .endpoint_url(issuer.url())
        .load()
        .await;
    let endpoint = || {
        TokenEndpoint::new(
            Arc::new(HttpTransport::new()),
            &endpoints,
            &options.tenant_id,
            &options.client_id,
        )
    };
    let federated = Federated::new(endpoint(), Arc::new(AwsAssertion::new(&config, AUDIENCE)));
    let certificate = Certificate::new(
        endpoint(),
        Arc::new(RotatedSecret::of([old.pem(), new.pem()])),
        Arc::new(SystemClock),
    );

    let (events, guard) = Events::record();
    let tokens = [
        federated.fetch().await.unwrap(),
        certificate.fetch().await.unwrap(),
    ];
    drop(guard);

    let text = events.text();
    for told in ["GetWebIdentityToken", "the certificate was refused"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let shown = |secret: &str| text.contains(secret.rsplit('.').next().unwrap());
    assert!(!shown(&assertion), "{text}");
    for token in tokens {
        assert!(!shown(token.secret.expose_secret()), "{text}");
    }
    // The beginnings of DER in PEM and of a JWT; the AWS secret key.
    for part in ["MII", "eyJ", "s3cr~t"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
}
