//! The tenants: who they are, what their documents say and what they have to tell.

use drawbridge_issuer::{Issuer, TestCertificate};
use drawbridge_simulator::{Alerts, Credential, SimulatedTenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Sound tenants, a third of each identity.
pub(crate) const SOUND: usize = 54;

/// Graph's own limit for an application in a tenant.
const REQUESTS_PER_MINUTE: u32 = 150;

/// How the names of the stack's secrets begin.
pub(crate) const SECRET_PREFIX: &str = "drawbridge/prod/";

/// The role that AWS vouches for.
const ROLE: &str = "arn:aws:iam::000000000000:role/drawbridge-poll";

/// A tenant on both sides: what Graph knows of it, and what the stack is told.
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) simulated: SimulatedTenant,
    /// The key of its document, and the text.
    pub(crate) document: (String, String),
    /// A secret to keep under its name, if it has one.
    pub(crate) secret: Option<String>,
    pub(crate) alerts: Vec<Value>,
}

/// What the identities are made of.
pub(crate) struct Identities {
    pub(crate) issuer: Issuer,
    certificates: Vec<TestCertificate>,
}

impl Identities {
    pub(crate) async fn new() -> Self {
        let certificate = |_| TestCertificate::new().unwrap();
        Self {
            issuer: Issuer::start().await.unwrap(),
            certificates: (0..3).map(certificate).collect(),
        }
    }

    fn federated(&self) -> Credential {
        Credential::Federated {
            issuer: self.issuer.url().to_owned(),
            subject: ROLE.to_owned(),
            audience: "api://AzureADTokenExchange".to_owned(),
        }
    }
}

/// An alert of a tenant; no other has one of its id.
pub(crate) fn alert(tenant: &str, n: usize, time: Timestamp) -> Value {
    let evidence = json!([
        {"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "192.0.2.1"},
        {"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "192.0.2.2"},
    ]);
    json!({
        "id": format!("{tenant}-{n}"), "title": "Beacon", "severity": "high", "status": "new",
        "serviceSource": "microsoftDefenderForEndpoint", "detectionSource": "antivirus",
        "createdDateTime": time, "lastUpdateDateTime": time, "lastActivityDateTime": time,
        "evidence": evidence,
    })
}

/// `count` alerts of a few minutes ago.
fn alerts(tenant: &str, count: usize) -> Vec<Value> {
    let time = Timestamp::now() - SignedDuration::from_mins(5);
    (0..count).map(|n| alert(tenant, n, time)).collect()
}

/// A tenant with one of the three identities by turns, its document in TOML or JSON by turns.
pub(crate) fn sound(n: usize, identities: &Identities) -> Who {
    let name = format!("tenant-{n:02}");
    let certificate = &identities.certificates[n % identities.certificates.len()];
    let (credential, identity, secret) = match n % 3 {
        0 => {
            let secret = format!("s3cret~of-{n}");
            let credential = Credential::Secret(secret.clone());
            (credential, ("secret", place(&name)), Some(secret))
        }
        1 => {
            let der = certificate.der.clone();
            let identity = ("certificate", place(&name));
            (
                Credential::Certificate { der },
                identity,
                Some(certificate.pem()),
            )
        }
        _ => {
            let identity = ("federation", "aws".to_owned());
            (identities.federated(), identity, None)
        }
    };
    let alerts = alerts(&name, 1 + n % 4);
    let simulated = simulated(&name, credential, &alerts);
    let ending = if n.is_multiple_of(2) { "toml" } else { "json" };
    Who {
        document: document(&name, ending, &simulated, identity),
        name,
        simulated,
        secret,
        alerts,
    }
}

/// Where a tenant keeps its secret.
pub(crate) fn place(name: &str) -> String {
    format!("{SECRET_PREFIX}{name}")
}

/// The directory id that Graph knows it by.
pub(crate) fn directory(name: &str) -> String {
    format!("{name}.example")
}

/// The application that is registered there, a GUID made of the name.
pub(crate) fn application(name: &str) -> String {
    let digits = name.bytes().fold(0_u64, |number, byte| {
        number.wrapping_mul(31).wrapping_add(byte.into()) & 0xffff_ffff_ffff
    });
    format!("00000000-0000-4000-8000-{digits:012x}")
}

/// A tenant with a client secret.
pub(crate) fn with_secret(name: &str) -> Who {
    let secret = format!("s3cret~of-{name}");
    let alerts = alerts(name, 2);
    let simulated = simulated(name, Credential::Secret(secret.clone()), &alerts);
    let identity = ("secret", place(name));
    Who {
        document: document(name, "toml", &simulated, identity),
        name: name.to_owned(),
        simulated,
        secret: Some(secret),
        alerts,
    }
}

fn simulated(name: &str, credential: Credential, alerts: &[Value]) -> SimulatedTenant {
    let served = Value::from(alerts).to_string();
    SimulatedTenant {
        alerts: Alerts::parse(served.as_bytes()).unwrap(),
        requests_per_minute: Some(REQUESTS_PER_MINUTE),
        ..SimulatedTenant::new(&directory(name), &application(name), credential)
    }
}

/// No sweeps: their hour must not begin in the middle of a test.
fn document(
    name: &str,
    ending: &str,
    simulated: &SimulatedTenant,
    (kind, value): (&str, String),
) -> (String, String) {
    let fields = json!({
        "tenant_id": simulated.tenant_id,
        "client_id": simulated.client_id,
        kind: value,
        "sweeps": false,
    });
    let text = match ending {
        "json" => fields.to_string(),
        _ => {
            let fields = fields.as_object().unwrap().iter();
            fields
                .map(|(key, value)| format!("{key} = {value}\n"))
                .collect()
        }
    };
    (format!("tenants/{name}.{ending}"), text)
}
