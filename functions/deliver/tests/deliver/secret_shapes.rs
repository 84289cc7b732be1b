//! What must never leave as a token or a key: a certificate with its private key, a document, a file.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::fake::http::{Fake, json as answer};
use crate::support::{Kept, assert_later, records, soon, target_keeping};

/// Every target that is signed in to with a secret, as its settings are.
fn targets(fake: &Fake) -> [Value; 4] {
    let (url, tenant) = (&fake.url, "00000000-0000-0000-0000-000000000001");
    [
        json!({"target": "splunk-hec", "url": url, "secret": "s"}),
        json!({"target": "splunk-soar", "url": url, "secret": "s"}),
        json!({"target": "webhook", "url": url, "secret": "s"}),
        json!({"target": "sentinel", "url": url, "login_url": url, "dcr": "dcr-1",
            "stream": "Custom-A_CL", "tenant_id": tenant, "client_id": "c", "secret": "s"}),
    ]
}

#[tokio::test]
async fn no_file_leaves_as_a_token() {
    for (stored, what) in [
        (
            "-----BEGIN CERTIFICATE-----\nMARKER\n-----END CERTIFICATE-----\n\
             -----BEGIN PRIVATE KEY-----\nMARKER\n-----END PRIVATE KEY-----",
            "PEM",
        ),
        ("-----BEGIN RSA PRIVATE KEY----- MARKER", "PEM"),
        (r#"{"private_key":"MARKER"}"#, "JSON"),
        ("token = MARKER\nurl = MARKER", "several lines"),
        (&"MARKER".repeat(200), "1024 bytes"),
    ] {
        let fake = Fake::start(|_, _| answer(200, r#"{"text":"Success","code":0}"#)).await;
        for settings in targets(&fake) {
            let target = target_keeping(&settings, Arc::new(Kept(stored.to_owned())));
            let outcomes = target.deliver(&records(2), soon()).await;
            assert!(fake.asked().is_empty(), "{what} left for {settings}");
            assert_later(&outcomes, &[what, "secret", "not sent"]);
        }
    }
}
