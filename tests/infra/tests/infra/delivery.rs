//! Delivery: what the template refuses, and what the pages say that its role may do.

use std::collections::BTreeSet;
use std::fs;

use drawbridge_deliver::TARGETS;
use serde_json::Value;

use crate::evaluate::Deployment;
use crate::iam::{allowing, strings};
use crate::outputs::{every_output, formats};
use crate::template::folder;

/// The table in `infra/sentinel` has the columns of one format, and the API drops what fits none.
#[test]
fn sentinel_is_delivered_siem_and_the_others_whatever_is_written() {
    for target in TARGETS.iter().map(|target| target.name) {
        for format in formats() {
            let parameters = [
                ("DeliverTarget", target),
                ("DeliverOutput", format),
                ("DeliverSettings", r#"{"url":"https://x"}"#),
                ("DeliverSecretArn", "arn"),
            ];
            let refusals =
                Deployment::with(&[&every_output()[..], &parameters].concat()).refusals();
            if target == "sentinel" && format != "siem" {
                assert_eq!(refusals.len(), 1, "{format}: {refusals:?}");
                assert!(refusals[0].contains("must be siem"), "{refusals:?}");
            } else {
                assert!(refusals.is_empty(), "{target}, {format}: {refusals:?}");
            }
        }
    }
}

/// Settings of a delivery that nobody makes would be taken for one that is made.
#[test]
fn settings_of_a_delivery_without_a_target_are_refused() {
    for given in [
        ("DeliverSettings", r#"{"url":"https://x"}"#),
        ("DeliverSecretArn", "arn"),
        ("DeliverIdentity", "federation"),
    ] {
        let refusals = Deployment::with(&[given]).refusals();
        let [refusal] = refusals.as_slice() else {
            panic!("{given:?}: {refusals:?}");
        };
        for words in [
            given.0,
            "have no effect without DeliverTarget",
            "leave them out",
        ] {
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}

/// The actions of AWS that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphabetic() || matches!(c, ':' | '3');
    let words = text.split(|c: char| !is_part(c));
    let actions = words.filter(|word| {
        let services = ["kms", "s3", "secretsmanager", "sqs", "sts"];
        word.split_once(':').is_some_and(|(service, action)| {
            services.contains(&service) && action.starts_with(|c: char| c.is_ascii_uppercase())
        })
    });
    actions.map(str::to_owned).collect()
}

fn page(name: &str) -> String {
    fs::read_to_string(folder().join("../docs").join(name)).unwrap()
}

fn part<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap();
    rest.split_once(to).unwrap().0
}

/// Both pages that say what the function may do say what the stack lets it do.
#[test]
fn the_pages_give_the_function_the_rights_of_its_role() {
    let statements =
        allowing().filter(|(id, it)| id == "DeliverRole" && it.get("Resource").is_some());
    let granted = statements.flat_map(|(_, statement)| strings(&statement["Action"]));
    // That it writes its own log goes without saying.
    let granted: BTreeSet<_> = granted
        .filter(|action| !action.starts_with("logs:"))
        .collect();
    let (deliver, soar) = (page("deliver.md"), page("consumers/splunk-soar.md"));
    let deliver = part(&deliver, "\nThe role needs:\n\n", "\n\n");
    assert_eq!(named(deliver), granted, "docs/deliver.md");
    // SOAR has a token, and no federation.
    let mut granted = granted;
    assert!(granted.remove("sts:GetWebIdentityToken"));
    let soar = part(&soar, "\n## IAM\n", "\n## ");
    assert_eq!(named(soar), granted, "docs/consumers/splunk-soar.md");
    // On the same things: the queue, two folders of the bucket, the bucket, the secret.
    let policy: Value = serde_json::from_str(part(soar, "```json\n", "\n```")).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let of = |action: &str| {
        let has = |statement: &&Value| named(&statement["Action"].to_string()).contains(action);
        let found: Vec<_> = statements.iter().filter(has).collect();
        assert_eq!(found.len(), 1, "{action}");
        found[0]["Resource"].as_str().unwrap()
    };
    assert!(of("sqs:ReceiveMessage").ends_with(":QUEUE"));
    assert!(of("s3:GetObject").ends_with("/oversize/siem/*"));
    assert!(of("s3:PutObject").ends_with("/quarantine/*"));
    assert!(of("s3:ListBucket").ends_with(":BUCKET"));
}
