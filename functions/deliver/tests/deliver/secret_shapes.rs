//! What must never leave as a token or a key: a certificate with its private key, a document, a file.

use std::sync::Arc;

use drawbridge_deliver::{TARGETS, TargetType};
use serde_json::Value;

use crate::fake::http::{Fake, json as answer};
use crate::support::{assert_later, records, soon, target_keeping};
use drawbridge_secrets::testing::FixedSecret;

/// The settings of every target that is signed in to with a secret.
fn targets(fake: &Fake) -> Vec<Value> {
    let of = |target: &TargetType| {
        let mut settings: Value = serde_json::from_str(target.example).unwrap();
        settings.get("secret")?;
        settings["target"] = target.name.into();
        settings["url"] = fake.url.as_str().into();
        if target.name == "sentinel" {
            settings["login_url"] = fake.url.as_str().into();
        }
        Some(settings)
    };
    let targets: Vec<Value> = TARGETS.iter().filter_map(of).collect();
    assert!(targets.len() >= 4, "{targets:?}");
    targets
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
            let target = target_keeping(&settings, Arc::new(FixedSecret(stored.to_owned())));
            let outcomes = target.deliver(&records(2), soon()).await;
            assert!(fake.asked().is_empty(), "{what} left for {settings}");
            assert_later(&outcomes, &[what, "secret", "not sent"]);
        }
    }
}

/// What is sent as it is has no blanks, and is not as long as what is left of a key.
#[tokio::test]
async fn no_part_of_a_file_leaves_as_a_token() {
    let part = "c7uPzJmWvK2oQ1fS9d/R0tYbLcN4eG6hA8iVkU3wM5jI+oAoGCCpHRN38Xd5EMARKER/";
    for (stored, what) in [
        ([part; 10].join(" "), "blanks"),
        (part[..64].to_owned() + "\u{a0}" + part, "blanks"),
        (["0a1b2c3d4e5f"; 40].join(" "), "blanks"),
        ("MARKERc7uPzJmWvK2oQ1fS9d-----E".to_owned(), "dashes"),
        ("KEY-----\nMARKERc7uPzJmWvK2oQ1fS9d".to_owned(), "dashes"),
        (part.repeat(2), "a part of a"),
        ("0a1b2c3d4e5f".repeat(20), "a part of a"),
        ([part; 2].join("\u{200b}"), "a part of a"),
        ([part; 2].join("\t"), "several lines"),
        ("file:/run/secrets/MARKER".to_owned(), "the name of a place"),
        ("MARKER-\u{e9}".to_owned(), "as no token"),
        ("HEC_TOKEN=MARKER".to_owned(), "a line of a file"),
        ("#HEC_TOKEN=MARKER".to_owned(), "a line of a file"),
        ("app_pass=MARKER".to_owned(), "a line of a file"),
        ("${MARKER_TOKEN}".to_owned(), "a placeholder"),
        ("${VAR:-MARKER}".to_owned(), "a placeholder"),
        ("<MARKER>".to_owned(), "a placeholder"),
    ] {
        let fake = Fake::start(|_, _| answer(200, r#"{"text":"Success","code":0}"#)).await;
        let sent =
            |settings: &&Value| settings["target"] != "webhook" && settings["target"] != "sentinel";
        for settings in targets(&fake).iter().filter(sent) {
            let target = target_keeping(settings, Arc::new(FixedSecret(stored.clone())));
            let outcomes = target.deliver(&records(2), soon()).await;
            assert!(fake.asked().is_empty(), "{what} left for {settings}");
            assert_later(&outcomes, &[what, "secret", "not sent"]);
        }
    }
}
