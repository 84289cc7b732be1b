//! The STS client of the SDK against a stand-in of STS, and the whole way to a token of Graph.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use drawbridge_entra::{
    AssertionError, AssertionFile, AssertionSource, AwsAssertion, Cloud, Endpoints, Federated,
    SignInError, TokenCache, TokenEndpoint, TokenProvider as _,
};
use drawbridge_http::{HttpTransport, Transport as _};
use drawbridge_issuer::{Issuer, StsAnswer};
use drawbridge_simulator::{Alerts, Credential, GenerateOptions, Options, Simulator};
use drawbridge_time::Deadline;
use secrecy::ExposeSecret as _;

const ROLE: &str = "arn:aws:iam::000000000000:role/drawbridge-poll";

fn audience() -> &'static str {
    Cloud::Global.federation_audience()
}

async fn config(endpoint: &str, region: &'static str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static(region))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .load()
        .await
}

async fn source(issuer: &Issuer) -> AwsAssertion {
    AwsAssertion::new(&config(issuer.url(), "eu-central-1").await, audience())
}

async fn refused(issuer: &Issuer, status: u16, code: &str) -> AssertionError {
    issuer.set_sts(StsAnswer::Error {
        status,
        code: code.to_owned(),
    });
    source(issuer).await.assertion().await.unwrap_err()
}

#[tokio::test]
async fn the_call_names_audience_algorithm_and_duration() {
    let issuer = Issuer::start().await.unwrap();
    let token = source(&issuer).await.assertion().await.unwrap();
    assert_eq!(token.expose_secret().split('.').count(), 3);
    let requests = issuer.sts_requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].is_signed);
    for (name, value) in [
        ("Action", "GetWebIdentityToken"),
        ("Audience.member.1", "api://AzureADTokenExchange"),
        ("SigningAlgorithm", "RS256"),
        ("DurationSeconds", "300"),
    ] {
        assert_eq!(requests[0].form.get(name).unwrap(), value);
    }
    assert!(!requests[0].form.contains_key("Audience.member.2"));
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let issuer = Issuer::start().await.unwrap();
    for (status, code, hint) in [
        (
            400,
            "OutboundWebIdentityFederationDisabledException",
            "aws iam enable-outbound-web-identity-federation",
        ),
        (403, "AccessDenied", "allow sts:GetWebIdentityToken"),
        (403, "AccessDenied", "api://AzureADTokenExchange"),
        (403, "SessionDurationEscalationException", "session"),
        (400, "JWTPayloadSizeExceededException", "tags"),
        (400, "InvalidAction", "regional endpoint"),
        (403, "ExpiredToken", "AWS credentials"),
        (403, "InvalidClientTokenId", "AWS credentials"),
        (400, "ValidationError", "AWS_REGION"),
    ] {
        let error = refused(&issuer, status, code).await;
        assert!(error.reason.contains(hint), "{code}: {error}");
        assert!(!error.is_retryable, "{code}");
    }
    for (status, code) in [(400, "Throttling"), (503, "ServiceUnavailable"), (500, "x")] {
        let error = refused(&issuer, status, code).await;
        assert!(error.is_retryable, "{error}");
        assert!(error.reason.contains("trying again"), "{error}");
    }
}

#[tokio::test]
async fn the_global_endpoint_is_not_even_asked() {
    for (endpoint, region) in [
        ("http://127.0.0.1:9", "aws-global"),
        ("https://sts.amazonaws.com", "us-east-1"),
        ("https://sts.amazonaws.com/", "us-east-1"),
    ] {
        let source = AwsAssertion::new(&config(endpoint, region).await, audience());
        let error = source.assertion().await.unwrap_err();
        assert!(error.reason.contains("regional STS endpoints"), "{error}");
    }
}

#[tokio::test]
async fn nobody_listening_is_a_passing_trouble() {
    let config = config("http://127.0.0.1:9", "us-east-1").await;
    let error = AwsAssertion::new(&config, audience()).assertion().await;
    assert!(error.unwrap_err().is_retryable);
}

/// An application in the simulator that trusts the role of the issuer's account.
async fn entra(issuer: &Issuer, subject: &str, audience: &str) -> Simulator {
    let options = Options {
        credentials: vec![Credential::Federated {
            issuer: issuer.url().to_owned(),
            subject: subject.to_owned(),
            audience: audience.to_owned(),
        }],
        ..Options::default()
    };
    let alerts = Alerts::generate(&GenerateOptions {
        count: 3,
        seed: 1,
        from: "2026-01-01T00:00:00Z".parse().unwrap(),
        to: "2026-01-02T00:00:00Z".parse().unwrap(),
    });
    drawbridge_simulator::start(options, alerts).await.unwrap()
}

fn federated(simulator: &Simulator, source: impl AssertionSource + 'static) -> Federated {
    let known = Options::default();
    let endpoint = TokenEndpoint::new(
        Arc::new(HttpTransport::new()),
        &endpoints(simulator),
        &known.tenant_id,
        &known.client_id,
    );
    Federated::new(endpoint, Arc::new(source))
}

fn endpoints(simulator: &Simulator) -> Endpoints {
    Endpoints::custom(simulator.login_url(), simulator.graph_url()).unwrap()
}

#[tokio::test]
async fn a_role_signs_in_and_reads_alerts_with_nothing_stored() {
    let issuer = Issuer::start().await.unwrap();
    let simulator = entra(&issuer, ROLE, audience()).await;
    let provider = Arc::new(federated(&simulator, source(&issuer).await));
    let token = TokenCache::new(provider).token(Deadline::none()).await;
    let bearer = format!("Bearer {}", token.unwrap().expose_secret());
    let alerts = format!("{}v1.0/security/alerts_v2?$top=1", simulator.graph_url());
    let request = http::Request::get(alerts).header("authorization", bearer);
    let request = request.body(bytes::Bytes::new()).unwrap();
    let answer = HttpTransport::new().send(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(issuer.sts_requests().len(), 1);
    assert_eq!(simulator.stats().token_requests, 1);
}

#[tokio::test]
async fn what_does_not_match_is_shown_beside_what_was_sent() {
    let issuer = Issuer::start().await.unwrap();
    for (subject, audience_known, code) in [
        ("arn:aws:iam::000000000000:role/Other", audience(), 700_213),
        (ROLE, "api://AzureADTokenExchangeUSGov", 700_212),
    ] {
        let simulator = entra(&issuer, subject, audience_known).await;
        let provider = federated(&simulator, source(&issuer).await);
        let error = provider.fetch().await.unwrap_err();
        assert!(
            matches!(error, SignInError::Refused { code: Some(found), .. } if found == code),
            "{error}"
        );
        let text = error.to_string();
        for said in [issuer.url(), ROLE, audience()] {
            assert!(text.contains(&format!("'{said}'")), "{text}");
        }
    }
}

#[tokio::test]
async fn another_algorithm_is_refused_before_anything_is_sent() {
    let issuer = Issuer::start().await.unwrap();
    let simulator = entra(&issuer, ROLE, audience()).await;
    for (token, hint) in [
        // {"alg":"HS256","typ":"JWT"} and {"alg":"ES384"}
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln", "HS256"),
        ("eyJhbGciOiJFUzM4NCJ9.e30.c2ln", "ES384"),
        ("no token at all", "not a signed JWT"),
    ] {
        issuer.set_sts(StsAnswer::Text(token.to_owned()));
        let provider = federated(&simulator, source(&issuer).await);
        let error = provider.fetch().await.unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
        assert!(!error.contains(token), "{error}");
    }
    assert_eq!(simulator.stats().token_requests, 0);
}

#[tokio::test]
async fn a_projected_file_signs_in_too() {
    let issuer = Issuer::start().await.unwrap();
    let subject = "system:serviceaccount:drawbridge:poll";
    let simulator = entra(&issuer, subject, audience()).await;
    issuer.set_sts(StsAnswer::Token {
        subject: subject.to_owned(),
    });
    let token = source(&issuer).await.assertion().await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), token.expose_secret()).unwrap();
    let projected = AssertionFile::new(file.path().to_str().unwrap());
    federated(&simulator, projected).fetch().await.unwrap();
}
