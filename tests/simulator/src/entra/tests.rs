use super::*;

use drawbridge_issuer::{CertificateOptions, Issuer, TestCertificate};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{AnyRef, OctetStringRef};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
const AUDIENCE: &str = "http://127.0.0.1:1/t/oauth2/v2.0/token";
const NOW: i64 = 1_800_000_000;

fn form(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

async fn judge(
    credentials: &[Credential],
    form: &HashMap<String, String>,
    used: &Used,
) -> Result<(), u32> {
    let request = Request {
        form,
        client_id: CLIENT,
        audience: AUDIENCE,
        now: Timestamp::from_second(NOW).unwrap(),
    };
    check(credentials, &request, used)
        .await
        .map_err(|refusal| refusal.code)
}

async fn asserted(credentials: &[Credential], assertion: &str, used: &Used) -> Result<(), u32> {
    let pairs = [
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ];
    judge(credentials, &form(&pairs), used).await
}

/// Signs as an application does, with whatever the test changes.
struct Signer {
    key: EncodingKey,
    thumbprint: String,
}

impl Signer {
    fn new(certificate: &TestCertificate) -> Self {
        let pem = &certificate.key_pem;
        let base64: String = pem.lines().filter(|line| !line.contains("--")).collect();
        let pkcs8 = base64::engine::general_purpose::STANDARD
            .decode(base64)
            .unwrap();
        // version, algorithm, then the PKCS #1 key in an octet string
        let pkcs8 = AnyRef::from_der(&pkcs8).unwrap();
        let pkcs1 = pkcs8
            .sequence(|reader| {
                u8::decode(reader)?;
                AnyRef::decode(reader)?;
                <&OctetStringRef>::decode(reader).map(OctetStringRef::as_bytes)
            })
            .unwrap();
        Self {
            key: EncodingKey::from_rsa_der(pkcs1),
            thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate.der)),
        }
    }

    fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(self.thumbprint.clone());
        header
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }
}

fn claims(jti: &str) -> Value {
    json!({
        "aud": AUDIENCE, "iss": CLIENT, "sub": CLIENT, "jti": jti,
        "nbf": NOW, "iat": NOW, "exp": NOW + 600,
    })
}

#[tokio::test]
async fn a_secret_is_compared_and_something_must_be_there() {
    let used = Used::default();
    let known = [Credential::Secret("a".to_owned())];
    let secret = |secret| form(&[("client_secret", secret)]);
    assert_eq!(judge(&known, &secret("a"), &used).await, Ok(()));
    assert_eq!(judge(&known, &secret("b"), &used).await, Err(7_000_215));
    assert_eq!(judge(&known, &form(&[]), &used).await, Err(7_000_218));
    let both = form(&[("client_secret", "a"), ("client_assertion", "x")]);
    assert_eq!(judge(&known, &both, &used).await, Err(9_002_313));
    assert_eq!(asserted(&known, "x", &used).await, Err(50_027));
    let untyped = form(&[("client_assertion", "x")]);
    assert_eq!(judge(&known, &untyped, &used).await, Err(9_002_313));
}

#[tokio::test]
async fn an_applications_own_assertion_is_verified_in_every_part() {
    let certificate = TestCertificate::new().unwrap();
    let signer = Signer::new(&certificate);
    let other = Signer::new(&TestCertificate::new().unwrap());
    let used = Used::default();
    let known = [Credential::Certificate {
        der: certificate.der.clone(),
    }];
    let good = signer.sign(&signer.header(), &claims("1"));
    assert_eq!(asserted(&known, &good, &used).await, Ok(()));
    assert_eq!(asserted(&known, &good, &used).await, Err(700_027), "reused");

    let rs256 = Header {
        alg: Algorithm::RS256,
        ..signer.header()
    };
    let untyped = Header {
        typ: None,
        ..signer.header()
    };
    let no_thumbprint = Header::new(Algorithm::PS256);
    for header in [rs256, untyped, no_thumbprint, other.header()] {
        let assertion = signer.sign(&header, &claims("2"));
        assert_eq!(asserted(&known, &assertion, &used).await, Err(700_027));
    }
    let forged = other.sign(&signer.header(), &claims("3"));
    assert_eq!(asserted(&known, &forged, &used).await, Err(700_027));

    for (claim, value, code) in [
        ("aud", json!("http://127.0.0.1:1/other"), 700_023),
        ("sub", json!("somebody"), 700_021),
        ("exp", json!(NOW + 601), 700_024),
        ("exp", json!(NOW - 300), 700_024),
        ("exp", json!(null), 700_024),
        ("nbf", json!(NOW + 301), 700_024),
        ("nbf", json!(null), 700_024),
        ("iat", json!(NOW + 301), 700_024),
        ("jti", json!(""), 700_027),
        ("iss", json!("somebody"), 70_021),
    ] {
        let mut claims = claims("4");
        claims[claim] = value;
        let assertion = signer.sign(&signer.header(), &claims);
        let judged = asserted(&known, &assertion, &used).await;
        assert_eq!(judged, Err(code), "{claim}");
    }
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_refused() {
    let options = CertificateOptions {
        not_after: (2026, 1, 1),
        ..CertificateOptions::default()
    };
    let certificate = TestCertificate::with(&options).unwrap();
    let signer = Signer::new(&certificate);
    let known = [Credential::Certificate {
        der: certificate.der,
    }];
    let assertion = signer.sign(&signer.header(), &claims("1"));
    let judged = asserted(&known, &assertion, &Used::default()).await;
    assert_eq!(judged, Err(700_027));
}

#[tokio::test]
async fn a_foreign_assertion_is_verified_with_its_issuers_keys() {
    let issuer = Issuer::start().await.unwrap();
    let impostor = Issuer::start().await.unwrap();
    let used = Used::default();
    let federated = |issuer: &str, subject: &str, audience: &str| Credential::Federated {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        audience: audience.to_owned(),
    };
    let known = [federated(issuer.url(), "role", "api://x")];
    let claims = json!({
        "iss": issuer.url(), "sub": "role", "aud": "api://x",
        "iat": NOW, "exp": NOW + 300,
    });
    let good = issuer.sign(&claims).unwrap();
    assert_eq!(asserted(&known, &good, &used).await, Ok(()));
    let forged = impostor.sign(&claims).unwrap();
    assert_eq!(asserted(&known, &forged, &used).await, Err(50_013));
    let unknown = [Credential::Secret("s".to_owned())];
    assert_eq!(asserted(&unknown, &good, &used).await, Err(70_021));

    for (credential, code) in [
        (
            federated(&format!("{}/", issuer.url()), "role", "api://x"),
            700_211,
        ),
        (federated(issuer.url(), "Role", "api://x"), 700_213),
        (federated(issuer.url(), "role", "api://y"), 700_212),
    ] {
        assert_eq!(asserted(&[credential], &good, &used).await, Err(code));
    }
    for (claim, value, code) in [
        ("exp", json!(NOW - 300), 700_024),
        ("exp", json!(null), 700_024),
        ("nbf", json!(NOW + 301), 700_024),
        ("aud", json!(["api://x", "api://y"]), 700_212),
    ] {
        let mut claims = claims.clone();
        claims[claim] = value;
        let assertion = issuer.sign(&claims).unwrap();
        let judged = asserted(&known, &assertion, &used).await;
        assert_eq!(judged, Err(code), "{claim}");
    }

    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("key-1".to_owned());
    let key = EncodingKey::from_secret(b"stub");
    let symmetric = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    assert_eq!(asserted(&known, &symmetric, &used).await, Err(5_002_738));

    let gone = "http://127.0.0.1:9";
    let mut claims = claims;
    claims["iss"] = json!(gone);
    let assertion = issuer.sign(&claims).unwrap();
    let known = [federated(gone, "role", "api://x")];
    assert_eq!(asserted(&known, &assertion, &used).await, Err(50_166));
}
