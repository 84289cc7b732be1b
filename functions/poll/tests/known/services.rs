//! What the function is assembled of, without a network: a store of documents, Entra that gives tokens, and
//! a role that AWS vouches for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use bytes::Bytes;
use drawbridge_config::{FunctionSettings, Trust};
use drawbridge_cursor::Job;
use drawbridge_entra::{AssertionError, AssertionSource, AwsAssertions, aws_assertions};
use drawbridge_http::{Body, Transport, TransportError};
use drawbridge_poll::assembly::Services;
use drawbridge_poll::lambda::{Outputs, Tenants};
use drawbridge_poll::messages::Pollers;
use drawbridge_secrets::{SecretError, Secrets};
use drawbridge_store::Catalogue;
use drawbridge_store::testing::FaultyStore;
use drawbridge_time::testing::ManualClock;
use drawbridge_time::{Clock, Deadline};
use futures::StreamExt as _;
use secrecy::SecretString;

/// Hosts that documents may name.
pub(crate) const HOST: &str = "gateway-of-this-tenant.example.com";

/// Entra: each token has so many bytes.
#[derive(Default)]
pub(crate) struct Entra(pub(crate) AtomicUsize);

#[async_trait]
impl Transport for Entra {
    async fn send(&self, _: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError> {
        let token = "t".repeat(self.0.load(Relaxed));
        let answer =
            format!(r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"{token}"}}"#);
        let body = futures::stream::iter([Ok(Bytes::from(answer))]).boxed();
        Ok(http::Response::new(body))
    }
}

/// What AWS says of the role, in place of what the real source would ask for, which is kept with it.
struct Role(#[expect(dead_code, reason = "it takes memory")] Arc<dyn AssertionSource>);

#[async_trait]
impl AssertionSource for Role {
    async fn assertion(&self) -> Result<SecretString, AssertionError> {
        // {"alg":"RS256"}, and a signature of 256 bytes.
        let signature = "____".repeat(85);
        Ok(format!("eyJhbGciOiJSUzI1NiJ9.e30.{signature}_w").into())
    }
}

struct Stored;

#[async_trait]
impl Secrets for Stored {
    async fn get(&self, _: &str) -> Result<SecretString, SecretError> {
        Ok("abC8Q~hunter289012345678901234567890".into())
    }
}

/// The tenants of a stack, and what it has.
pub(crate) struct Stack {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) entra: Arc<Entra>,
    pub(crate) tenants: Tenants,
}

impl Stack {
    /// One with outputs of these formats as messages, and as objects.
    pub(crate) fn with(formats: &[&str]) -> Self {
        let outputs = formats.iter().flat_map(|format| {
            let queue = format!(r#""queue_url":"https://127.0.0.1:1/{format}""#);
            [
                format!(r#"{{"format":"{format}","shape":"messages",{queue}}}"#),
                format!(r#"{{"format":"{format}","shape":"objects"}}"#),
            ]
        });
        let outputs = format!("[{}]", outputs.collect::<Vec<_>>().join(","));
        let variable = |name: &str| match name {
            "DRAWBRIDGE_OUTPUTS" => Some(outputs.clone()),
            "DRAWBRIDGE_TENANTS" => Some("[]".to_owned()),
            "DRAWBRIDGE_SECRET_PREFIX" => Some("drawbridge/prod/".to_owned()),
            "DRAWBRIDGE_ALLOWED_HOSTS" => Some(HOST.to_owned()),
            "DRAWBRIDGE_ALLOWED_SECRETS"
            | "DRAWBRIDGE_LOGIN_URL"
            | "DRAWBRIDGE_GRAPH_URL"
            | "DRAWBRIDGE_READERS" => None,
            _ => Some("b".to_owned()),
        };
        let settings = FunctionSettings::read(variable).unwrap();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .build();
        let sqs = aws_sdk_sqs::Client::new(&config);
        let store = Arc::new(FaultyStore::default());
        let entra = Arc::<Entra>::default();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at("2026-01-01T12:00:00Z"));
        let objects: Arc<dyn Catalogue> = store.clone();
        let outputs = Outputs::new(&settings, &sqs, &objects, &clock);
        let real = aws_assertions(&config);
        let aws: AwsAssertions = Arc::new(move |cloud| Arc::new(Role(real(cloud))));
        let services = Services {
            transport: entra.clone(),
            public_transport: entra.clone(),
            trust: Trust::of_a_stack(variable).unwrap(),
            secrets: Arc::new(Stored),
            store: Arc::clone(&store) as Arc<dyn Catalogue>,
            clock,
            aws_assertions: Some(aws),
            most_state_bytes: 1 << 20,
        };
        Self {
            tenants: Tenants::new(settings.tenants, services, outputs),
            store,
            entra,
        }
    }

    /// A tenant with that document is polled: it signs in, at least.
    pub(crate) async fn poll(&self, name: &str, document: &str) {
        self.store
            .insert(&format!("tenants/{name}.toml"), document.to_owned());
        let poller = self.tenants.poller(&Job::of(name)).await;
        let poller = poller.unwrap().unwrap();
        poller.graph.sign_in(Deadline::none()).await;
        assert!(poller.graph.kept_bytes() > 0, "it has no token");
        // What the store keeps is none of the function's memory.
        self.store.take(|key| key.starts_with("tenants/"));
        self.store.calls();
    }
}
