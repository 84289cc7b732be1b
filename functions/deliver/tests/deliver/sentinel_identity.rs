//! What the Sentinel target signs in with, at an Entra that checks it as the real one is documented
//! to: signatures, certificates, federated credentials, scopes.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_deliver::{DeliverSettings, Ports, SettingsError, Target};
use drawbridge_entra::{AssertionError, AssertionSource, AwsAssertions, Cloud};
use drawbridge_issuer::{CertificateOptions, Issuer, TestCertificate};
use drawbridge_secrets::{SecretError, Secrets};
use drawbridge_simulator::{Alerts, Credential, Options, Simulator};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::fake::http::{Fake, Reply, json as answer};
use crate::support::{assert_later, assert_taken, records, soon, standing};

const ROLE: &str = "arn:aws:iam::000000000000:role/deliver";
const AUDIENCE: &str = "api://AzureADTokenExchange";
const SCOPE: &str = "https://monitor.azure.com/.default";
const SECRET: &str = "MARKER-client-s3cret";

/// Secrets by name; of two values, the second has been stored since.
struct Kept(HashMap<&'static str, [String; 2]>);

impl Kept {
    fn value(&self, name: &str, n: usize) -> Result<SecretString, SecretError> {
        let values = self.0.get(name).ok_or_else(|| SecretError::Missing {
            place: format!("the secret {name}"),
            fix: "store it".to_owned(),
        });
        values.map(|values| values[n].clone().into())
    }
}

#[async_trait]
impl Secrets for Kept {
    async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        self.value(name, 0)
    }

    async fn refresh(&self, name: &str) -> Result<SecretString, SecretError> {
        self.value(name, 1)
    }
}

/// An IAM role: AWS signs tokens about it.
struct Role {
    issuer: Arc<Issuer>,
    audience: &'static str,
}

#[async_trait]
impl AssertionSource for Role {
    async fn assertion(&self) -> Result<SecretString, AssertionError> {
        Ok(signed(&self.issuer, self.audience).into())
    }
}

fn signed(issuer: &Issuer, audience: &str) -> String {
    let claims = json!({
        "iss": issuer.url(), "sub": ROLE, "aud": audience, "exp": 4_000_000_000_u64,
    });
    issuer.sign(&claims).unwrap()
}

/// Who signs for the application, and what it may have stored.
struct Signers {
    issuer: Arc<Issuer>,
    secrets: Arc<dyn Secrets>,
    uploaded: TestCertificate,
    folder: tempfile::TempDir,
}

impl Signers {
    async fn new() -> Self {
        let [uploaded, other] = [(), ()].map(|()| TestCertificate::new().unwrap());
        let over = CertificateOptions {
            not_after: (2021, 1, 1),
            ..CertificateOptions::default()
        };
        let expired = TestCertificate::renewed(&over, &uploaded.key_pem).unwrap();
        let twice = |value: &str| [value.to_owned(), value.to_owned()];
        let kept = HashMap::from([
            ("secret", twice(SECRET)),
            ("wrong-secret", twice("MARKER-another")),
            ("certificate", twice(&uploaded.pem())),
            ("rotated", [other.pem(), uploaded.pem()]),
            ("other", twice(&other.pem())),
            ("expired", twice(&expired.pem())),
            ("no-key", twice(&uploaded.certificate_pem)),
            ("no-pem", twice("MARKER-no-pem")),
        ]);
        Self {
            issuer: Arc::new(Issuer::start().await.unwrap()),
            secrets: Arc::new(Kept(kept)),
            uploaded,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A token file with this text.
    fn token_file(&self, text: &str) -> String {
        let path = self.folder.path().join("token");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn ports(&self) -> Ports {
        let issuer = Arc::clone(&self.issuer);
        let aws: AwsAssertions = Arc::new(move |cloud: Cloud| {
            Arc::new(Role {
                issuer: Arc::clone(&issuer),
                audience: cloud.federation_audience(),
            })
        });
        Ports {
            secrets: Arc::clone(&self.secrets),
            clock: Arc::new(standing),
            aws_assertions: Some(aws),
        }
    }

    /// An Entra that knows the application by those, and hands out tokens for `scope` alone.
    async fn entra(&self, credentials: Vec<Credential>, scope: &str) -> Simulator {
        let options = Options {
            client_secret: "nobody's".to_owned(),
            credentials,
            scopes: vec![scope.to_owned()],
            ..Options::default()
        };
        let none = Alerts::parse(b"[]").unwrap();
        drawbridge_simulator::start(options, none).await.unwrap()
    }

    fn certificate(&self) -> Credential {
        Credential::Certificate {
            der: self.uploaded.der.clone(),
        }
    }

    fn federated(&self, audience: &str) -> Credential {
        Credential::Federated {
            issuer: self.issuer.url().to_owned(),
            subject: ROLE.to_owned(),
            audience: audience.to_owned(),
        }
    }

    fn target(&self, entra: &Simulator, intake: &Fake, given: &Value) -> Arc<dyn Target> {
        built(&settings(entra, intake, given), &self.ports()).unwrap()
    }
}

fn settings(entra: &Simulator, intake: &Fake, given: &Value) -> Value {
    let known = Options::default();
    let mut settings = json!({
        "target": "sentinel", "url": intake.url, "login_url": entra.login_url(),
        "dcr": "dcr-0123", "stream": "Custom-DrawbridgeSiem_CL",
        "tenant_id": known.tenant_id, "client_id": known.client_id,
    });
    let fields = settings.as_object_mut().unwrap();
    fields.extend(given.as_object().unwrap().clone());
    settings
}

fn built(settings: &Value, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
    DeliverSettings::parse(&settings.to_string())?.build(ports)
}

/// Takes everything, but not with the first token.
async fn intake() -> Fake {
    Fake::start(|n, _| match n {
        0 => answer(401, r#"{"error":{"code":"AuthenticationTokenProvided"}}"#),
        _ => Reply::Answer(204, vec![], String::new()),
    })
    .await
}

#[tokio::test]
async fn each_identity_signs_in_for_azure_monitor_and_anew_when_its_token_is_refused() {
    let signers = Signers::new().await;
    let file = signers.token_file(&signed(&signers.issuer, AUDIENCE));
    let federated = || signers.federated(AUDIENCE);
    for (given, credential) in [
        (
            json!({"secret": "secret"}),
            Credential::Secret(SECRET.to_owned()),
        ),
        (json!({"certificate": "certificate"}), signers.certificate()),
        (json!({"federation": "aws"}), federated()),
        (json!({"federation": file}), federated()),
    ] {
        let entra = signers.entra(vec![credential], SCOPE).await;
        let intake = intake().await;
        let target = signers.target(&entra, &intake, &given);
        assert_taken(&target.deliver(&records(2), soon()).await);
        assert_eq!(entra.stats().token_requests, 2, "{given}");
        let asked = intake.asked();
        let tokens: Vec<_> = asked
            .iter()
            .map(|asked| &asked.headers["authorization"])
            .collect();
        assert_eq!(tokens.len(), 2, "{given}");
        assert_ne!(tokens[0], tokens[1], "{given}");
        assert!(tokens.iter().all(|token| token.starts_with("Bearer ")));
    }
}

#[tokio::test]
async fn a_rotated_certificate_is_read_anew_within_the_same_delivery() {
    let signers = Signers::new().await;
    let entra = signers.entra(vec![signers.certificate()], SCOPE).await;
    let intake = intake().await;
    let target = signers.target(&entra, &intake, &json!({"certificate": "rotated"}));
    assert_taken(&target.deliver(&records(1), soon()).await);
}

#[tokio::test]
async fn each_cloud_has_its_own_audience_and_scope() {
    let signers = Signers::new().await;
    let government = "api://AzureADTokenExchangeUSGov";
    for (cloud, scope, audience) in [
        ("global", SCOPE, AUDIENCE),
        ("gcc-high", "https://monitor.azure.us/.default", government),
        ("dod", "https://monitor.azure.us/.default", government),
    ] {
        let entra = signers
            .entra(vec![signers.federated(audience)], scope)
            .await;
        let intake = intake().await;
        let given = json!({"federation": "aws", "cloud": cloud});
        let target = signers.target(&entra, &intake, &given);
        assert_taken(&target.deliver(&records(1), soon()).await);
    }
}

#[tokio::test]
async fn what_is_refused_waits_and_says_what_to_do() {
    let signers = Signers::new().await;
    let foreign = signers.token_file("eyJhbGciOiJIUzI1NiJ9.e30.MARKER");
    let missing = format!("{}/missing", signers.folder.path().display());
    for (given, words) in [
        (
            json!({"secret": "wrong-secret"}),
            vec!["AADSTS7000215", "store the secret's Value"],
        ),
        (
            json!({"secret": "none"}),
            vec!["the secret none", "store it"],
        ),
        (
            json!({"certificate": "other"}),
            vec!["AADSTS700027", "upload the one that is stored"],
        ),
        (
            json!({"certificate": "expired"}),
            vec!["expired on 2021-01-01"],
        ),
        (json!({"certificate": "no-key"}), vec!["private key"]),
        (json!({"certificate": "no-pem"}), vec!["PEM"]),
        (
            json!({"federation": "aws", "cloud": "gcc-high"}),
            vec!["AADSTS700212", ROLE, "'api://AzureADTokenExchangeUSGov'"],
        ),
        (json!({"federation": foreign}), vec!["HS256", "RS256 only"]),
        (json!({"federation": missing}), vec!["does not exist"]),
    ] {
        let known = vec![signers.certificate(), signers.federated(AUDIENCE)];
        let entra = signers.entra(known, SCOPE).await;
        let intake = intake().await;
        let target = signers.target(&entra, &intake, &given);
        let outcomes = target.deliver(&records(2), soon()).await;
        assert_later(&outcomes, &words);
        for outcome in outcomes {
            let text = format!("{outcome:?}");
            // How PEM and JWTs begin.
            assert!(!text.contains("MII") && !text.contains("eyJ"), "{text}");
        }
        assert!(intake.asked().is_empty());
    }
}

#[tokio::test]
async fn aws_is_refused_where_there_is_no_role() {
    let signers = Signers::new().await;
    let entra = signers.entra(Vec::new(), SCOPE).await;
    let ports = Ports {
        aws_assertions: None,
        ..signers.ports()
    };
    let settings = settings(&entra, &intake().await, &json!({"federation": "aws"}));
    let error = built(&settings, &ports).map(drop).unwrap_err().to_string();
    for words in ["federation \"aws\" works only", "use a token file"] {
        assert!(error.contains(words), "{error}");
    }
}
