//! Who may do what: nobody more than is named here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::evaluate::Deployment;
use crate::outputs::formats;
use crate::template::{everything, resources};

/// Every policy statement of the template, with the resource it is in.
fn statements() -> Vec<(String, &'static Value)> {
    let mut found = Vec::new();
    for (id, resource) in everything() {
        collect(&id, resource, &mut found);
    }
    assert!(!found.is_empty());
    found
}

fn collect(id: &str, value: &'static Value, found: &mut Vec<(String, &'static Value)>) {
    match value {
        // A statement stands bare or in `Fn::If`.
        Value::Object(map) if map.contains_key("Effect") => found.push((id.to_owned(), value)),
        Value::Object(map) => map.values().for_each(|inner| collect(id, inner, found)),
        Value::Array(list) => list.iter().for_each(|inner| collect(id, inner, found)),
        _ => {}
    }
}

/// A string, or a list of them.
pub(crate) fn strings(value: &Value) -> Vec<String> {
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

pub(crate) fn allowing() -> impl Iterator<Item = (String, &'static Value)> {
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

/// The one action that knows no resource.
const FEDERATION: &str = "sts:GetWebIdentityToken";

#[test]
fn every_resource_is_named() {
    // Object keys are one a tenant or made of content, so they are named by their folder.
    let own = [
        "tenants",
        "admin",
        "state",
        "pages",
        "backfills",
        "served/v1",
        "quarantine",
        "oversize",
    ];
    let own = own.map(|folder| format!("${{Bucket.Arn}}/{folder}/*"));
    let of_each = |pattern: &str| -> Vec<String> {
        let formats = formats().into_iter();
        formats.map(|it| pattern.replace("FORMAT", it)).collect()
    };
    let versioned = of_each("${Bucket.Arn}/FORMAT/v1/*");
    let read = of_each("${Bucket.Arn}/FORMAT/*");
    let bodies = of_each("${Bucket.Arn}/oversize/FORMAT/*");
    let delivered = "${Bucket.Arn}/oversize/${DeliverOutput}/*";
    let by_name = ["oversize/${Format}", "${Format}", "tenants", "served/v1"]
        .map(|folder| format!("arn:${{AWS::Partition}}:s3:::${{BucketName}}/{folder}/*"));
    // Secrets of tenants that are still to come, by the beginning of their names.
    let secrets =
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${Prefix}*";
    let allowed: Vec<&str> = own
        .iter()
        .chain(&versioned)
        .chain(&read)
        .chain(&bodies)
        .chain(&by_name)
        .map(String::as_str)
        .chain([secrets, delivered])
        .collect();
    for (id, statement) in allowing() {
        // A role's trust policy has no resource: the role is it.
        let Some(resource) = statement.get("Resource") else {
            assert_eq!(strings(&statement["Action"]), ["sts:AssumeRole"], "{id}");
            continue;
        };
        if statement["Action"] == FEDERATION {
            continue;
        }
        for text in texts(resource)
            .into_iter()
            .filter(|text| text.contains('*'))
        {
            assert!(
                allowed.contains(&text),
                "{id}: name the resource instead of {text}"
            );
        }
    }
}

#[test]
fn tokens_are_for_entra_alone_and_only_where_they_are_asked_for() {
    let found: Vec<_> = allowing()
        .filter(|(_, statement)| {
            strings(&statement["Action"])
                .iter()
                .any(|a| a == FEDERATION)
        })
        .collect();
    let roles: Vec<_> = found.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(roles, ["PollRole", "DeliverRole"]);
    let audiences: Vec<_> = ["global", "gcc-high"]
        .map(|cloud| {
            cloud
                .parse::<drawbridge_entra::Cloud>()
                .unwrap()
                .federation_audience()
        })
        .into();
    let expected = json!({
        "ForAllValues:StringEquals": { "sts:IdentityTokenAudience": audiences },
        "StringEquals": { "sts:SigningAlgorithm": "RS256" },
        "NumericLessThanEquals": { "sts:DurationSeconds": "300" },
    });
    for (id, statement) in found {
        assert_eq!(statement["Action"], FEDERATION, "{id}: nothing beside it");
        assert_eq!(statement["Condition"], expected, "{id}");
    }
    // Each role by its own parameter, and not by the other's.
    for (federation, identity) in [
        ("no", "secret"),
        ("yes", "secret"),
        ("no", "certificate"),
        ("no", "federation"),
        ("yes", "federation"),
    ] {
        let resources = Deployment::with(&[
            ("Federation", federation),
            ("DeliverTarget", "sentinel"),
            ("DeliverSettings", "{\"url\":\"https://x\"}"),
            ("DeliverIdentity", identity),
        ])
        .resources();
        for (role, may) in [
            ("PollRole", federation == "yes"),
            ("DeliverRole", identity == "federation"),
        ] {
            let policy = resources[role]["Properties"].to_string();
            assert_eq!(
                policy.contains(FEDERATION),
                may,
                "{role}: {federation}, {identity}"
            );
        }
    }
}

/// A client secret or a certificate: the one that is named, and none where there is none.
#[test]
fn deliver_reads_the_one_secret_that_is_named() {
    const READ: &str = "secretsmanager:GetSecretValue";
    let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf";
    for (identity, arn) in [("secret", arn), ("certificate", arn), ("federation", "")] {
        let resources = Deployment::with(&[
            ("DeliverTarget", "sentinel"),
            ("DeliverSettings", "{\"url\":\"https://x\"}"),
            ("DeliverIdentity", identity),
            ("DeliverSecretArn", arn),
        ])
        .resources();
        let policy = &resources["DeliverRole"]["Properties"]["Policies"][0];
        let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
        let read: Vec<_> = statements
            .iter()
            .filter(|statement| statement["Action"] == READ)
            .map(|statement| &statement["Resource"])
            .collect();
        match arn {
            "" => assert!(read.is_empty(), "{identity}: {read:?}"),
            arn => assert_eq!(read, [arn], "{identity}"),
        }
    }
}

#[test]
fn nothing_but_pages_of_states_is_removed() {
    let removes = allowing().filter(|(_, statement)| {
        let actions = strings(&statement["Action"]);
        actions.iter().any(|action| action.starts_with("s3:Delete"))
    });
    let removed: Vec<_> = removes
        .map(|(id, statement)| (id, texts(&statement["Resource"])))
        .collect();
    assert_eq!(
        removed,
        [("PollRole".to_owned(), vec!["${Bucket.Arn}/pages/*"])]
    );
}

#[test]
fn dispatch_lists_tenants_and_nothing_else() {
    let lists: Vec<_> = allowing()
        .filter(|(id, statement)| {
            id == "DispatchRole"
                && strings(&statement["Action"])
                    .iter()
                    .any(|a| a.starts_with("s3:"))
        })
        .collect();
    assert_eq!(lists.len(), 1);
    let (_, statement) = &lists[0];
    assert_eq!(statement["Action"], "s3:ListBucket");
    assert_eq!(
        statement["Condition"],
        json!({"StringEquals": {"s3:prefix": drawbridge_config::TENANTS_FOLDER}})
    );
}

/// A service acts for anybody who asks it, unless it is bound to what asks.
#[test]
fn services_write_to_queues_and_topics_on_behalf_of_this_stack_only() {
    let mut found = Vec::new();
    for (id, statement) in allowing() {
        let Some(service) = statement["Principal"]["Service"].as_str() else {
            continue;
        };
        if statement["Action"] == "sts:AssumeRole" {
            continue;
        }
        let condition = &statement["Condition"];
        let source = &condition["ArnEquals"]["aws:SourceArn"];
        match service {
            "s3.amazonaws.com" => {
                assert_eq!(
                    source["Fn::Sub"], "arn:${AWS::Partition}:s3:::${BucketName}",
                    "{id}"
                );
                let account = &condition["StringEquals"]["aws:SourceAccount"];
                assert_eq!(account["Ref"], "AWS::AccountId", "{id}");
            }
            "sns.amazonaws.com" => assert_eq!(source["Ref"], "Topic", "{id}"),
            other => panic!("{id}: {other} may write"),
        }
        found.push((id, service));
    }
    assert_eq!(found.len(), 3, "{found:?}");
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
    let expected: [(&str, &[&str]); 7] = [
        (
            "DeliverRole",
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
                "sts:GetWebIdentityToken",
            ],
        ),
        (
            "DispatchRole",
            &[
                "kms:Decrypt",
                "kms:GenerateDataKey",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "s3:ListBucket",
                "sqs:SendMessage",
            ],
        ),
        (
            "PollRole",
            &[
                "kms:Decrypt",
                "kms:GenerateDataKey",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:PutObject",
                "secretsmanager:GetSecretValue",
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",
                "sts:GetWebIdentityToken",
            ],
        ),
        ("TimerRole", &["lambda:InvokeFunction"]),
        (
            "messages/ConsumerPolicy",
            &[
                "kms:Decrypt",
                "s3:GetObject",
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ReceiveMessage",
            ],
        ),
        (
            "objects/ConsumerPolicy",
            &[
                "kms:Decrypt",
                "s3:GetObject",
                "s3:ListBucket",
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ReceiveMessage",
            ],
        ),
        (
            "serve/ServeRole",
            &[
                "kms:Decrypt",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "s3:GetObject",
                "s3:ListBucket",
                "secretsmanager:GetSecretValue",
            ],
        ),
    ];
    let mut ids = resources("AWS::IAM::Role");
    ids.extend(resources("AWS::IAM::ManagedPolicy"));
    let ids: BTreeSet<_> = ids.into_iter().map(|(id, _)| id).collect();
    assert_eq!(
        ids.iter().map(String::as_str).collect::<Vec<_>>(),
        expected.map(|(id, _)| id),
        "a function without Role gets one from SAM with wider rights: write it out"
    );
    for (id, actions) in expected {
        let granted: BTreeSet<String> = allowing()
            .filter(|(of, statement)| of == id && statement.get("Resource").is_some())
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

/// The principal that `ConsumerPrincipalArn` names reads, as whoever has the policy does.
#[test]
fn a_consumer_of_another_account_may_read_and_no_more() {
    let elsewhere: Vec<_> = allowing()
        .filter(|(_, statement)| statement["Principal"].get("AWS").is_some())
        .map(|(id, statement)| {
            assert_eq!(statement["Principal"]["AWS"]["Ref"], "ConsumerPrincipalArn");
            (id, strings(&statement["Action"]))
        })
        .collect();
    let read = [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
    ]
    .map(str::to_owned);
    let queue = |file: &str| (format!("{file}/QueuePolicy"), read.to_vec());
    let bodies = ("BucketPolicy".to_owned(), vec!["s3:GetObject".to_owned()]);
    assert_eq!(elsewhere, [bodies, queue("messages"), queue("objects")]);
}

#[test]
fn bucket_and_queues_refuse_plain_http() {
    let refusals = statements()
        .into_iter()
        .filter(|(_, s)| {
            s["Effect"] == "Deny" && s["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        })
        .count();
    let kinds = [
        "AWS::SQS::Queue",
        "AWS::S3::Bucket",
        "AWS::SNS::TopicPolicy",
    ];
    let guarded: usize = kinds.map(|kind| resources(kind).len()).iter().sum();
    assert_eq!(
        refusals, guarded,
        "each queue and bucket has its own TlsOnly"
    );
}
