//! Who may do what: nobody more than is named here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::template::{all_resources, resources};

/// Every policy statement of the template, with the resource it is in.
fn statements() -> Vec<(&'static str, &'static Value)> {
    let mut found = Vec::new();
    for (id, resource) in all_resources() {
        collect(id, resource, &mut found);
    }
    assert!(!found.is_empty());
    found
}

fn collect(
    id: &'static str,
    value: &'static Value,
    found: &mut Vec<(&'static str, &'static Value)>,
) {
    match value {
        // A statement stands bare or in `Fn::If`.
        Value::Object(map) if map.contains_key("Effect") => found.push((id, value)),
        Value::Object(map) => map.values().for_each(|inner| collect(id, inner, found)),
        Value::Array(list) => list.iter().for_each(|inner| collect(id, inner, found)),
        _ => {}
    }
}

/// A string, or a list of them.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list
            .iter()
            .map(|item| item.as_str().unwrap().to_owned())
            .collect(),
        other => panic!("an action must be written out, this is {other}"),
    }
}

/// All texts in a value, except the names of functions and of what they refer to.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn allowing() -> impl Iterator<Item = (&'static str, &'static Value)> {
    // A denial cannot be too wide to be safe.
    statements()
        .into_iter()
        .filter(|(_, statement)| statement["Effect"] == "Allow")
}

#[test]
fn every_action_is_named() {
    for (id, statement) in allowing() {
        for action in strings(&statement["Action"]) {
            assert!(
                !action.contains(['*', '?']),
                "{id}: name the actions instead of {action}"
            );
        }
        for inverse in ["NotAction", "NotResource", "NotPrincipal"] {
            assert!(statement.get(inverse).is_none(), "{id}: no {inverse}");
        }
    }
}

#[test]
fn every_resource_is_named() {
    // Object keys are one a tenant or made of content, so they are named by their folder.
    let folders = ["state", "quarantine", "oversize"].map(|f| format!("${{Bucket.Arn}}/{f}/*"));
    for (id, statement) in allowing() {
        // A role's trust policy has no resource: the role is it.
        let Some(resource) = statement.get("Resource") else {
            assert_eq!(strings(&statement["Action"]), ["sts:AssumeRole"], "{id}");
            continue;
        };
        for text in texts(resource)
            .into_iter()
            .filter(|text| text.contains('*'))
        {
            assert!(
                folders.iter().any(|folder| folder == text),
                "{id}: name the resource instead of {text}"
            );
        }
    }
}

#[test]
fn nobody_is_allowed_anything_anonymously() {
    for (id, statement) in allowing() {
        let principals = statement.get("Principal").map(texts).unwrap_or_default();
        assert!(!principals.contains(&"*"), "{id}: name the principal");
    }
}

#[test]
fn each_role_may_do_this_and_no_more() {
    let expected: [(&str, &[&str]); 3] = [
        (
            "DispatchRole",
            &[
                "kms:Decrypt",
                "kms:GenerateDataKey",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "sqs:SendMessage",
            ],
        ),
        ("TimerRole", &["lambda:InvokeFunction"]),
        (
            "PollRole",
            &[
                "kms:Decrypt",
                "kms:GenerateDataKey",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:PutObject",
                "secretsmanager:GetSecretValue",
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",
            ],
        ),
    ];
    let ids: Vec<_> = resources("AWS::IAM::Role").iter().map(|r| r.0).collect();
    assert_eq!(
        ids,
        expected.map(|(id, _)| id),
        "a function without Role gets one from SAM with wider rights: write it out"
    );
    for (id, actions) in expected {
        let granted: BTreeSet<String> = allowing()
            .filter(|(of, statement)| *of == id && statement.get("Resource").is_some())
            .flat_map(|(_, statement)| strings(&statement["Action"]))
            .collect();
        assert!(
            granted
                .iter()
                .map(String::as_str)
                .eq(actions.iter().copied()),
            "{id} has other rights than this test lists: {granted:?}"
        );
    }
}

#[test]
fn bucket_and_queues_refuse_plain_http() {
    let refusals = statements()
        .into_iter()
        .filter(|(_, s)| {
            s["Effect"] == "Deny" && s["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        })
        .count();
    let guarded = resources("AWS::SQS::Queue").len() + resources("AWS::S3::Bucket").len();
    assert_eq!(
        refusals, guarded,
        "each queue and bucket has its own TlsOnly"
    );
}
