//! What the stack's own key, queues and roles can be used for, and by whom: for nothing beside what
//! they are there for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::evaluate::Deployment;
use crate::iam::{allowing, strings};
use crate::outputs::{every_output, formats};
use crate::template::{all_resources, everything, folder, resources};

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/k";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf";

/// The service through which a statement lets the key be used.
fn via(id: &str, statement: &Value) -> String {
    let condition = &statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Sub"];
    let service = condition
        .as_str()
        .unwrap_or_else(|| panic!("{id}: name the service in kms:ViaService"));
    let (service, host) = service.split_once('.').unwrap();
    assert_eq!(host, "${AWS::Region}.amazonaws.com", "{id}");
    service.to_owned()
}

/// A key of one's own is often one for many things: without conditions, a role may decrypt whatever
/// of them it gets hold of.
#[test]
fn the_key_is_used_through_the_services_that_keep_the_stacks_things() {
    let mut found = BTreeSet::new();
    for (id, statement) in allowing() {
        let actions = strings(&statement["Action"]);
        if !actions.iter().any(|action| action.starts_with("kms:")) {
            continue;
        }
        assert!(
            actions.iter().all(|action| action.starts_with("kms:")),
            "{id}: nothing beside it"
        );
        assert_eq!(statement["Resource"]["Ref"], "KmsKeyArn", "{id}");
        let service = via(&id, statement);
        let condition = statement["Condition"].to_string();
        // Each of these says what it encrypts. SQS does too, but AWS's guide to it does not say how.
        let named = match service.as_str() {
            "s3" => "kms:EncryptionContext:aws:s3:arn",
            "secretsmanager" => "kms:EncryptionContext:SecretARN",
            _ => "",
        };
        assert!(condition.contains(named), "{id}: {service}: {condition}");
        found.insert(format!("{id} {service}"));
    }
    let expected = [
        "DeliverRole s3",
        "DeliverRole secretsmanager",
        "DeliverRole sqs",
        "DispatchRole sqs",
        "PollRole s3",
        "PollRole secretsmanager",
        "PollRole sqs",
        "messages/ConsumerPolicy s3",
        "messages/ConsumerPolicy sqs",
        "objects/ConsumerPolicy s3",
        "objects/ConsumerPolicy sqs",
        "serve/ServeRole s3",
        "serve/ServeRole secretsmanager",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

/// The secrets that a role may decrypt are those that it may read.
#[test]
fn the_key_decrypts_the_secrets_that_are_read_and_no_others() {
    let arns = format!("{SECRET},{SECRET}");
    for arns in ["", SECRET, &arns] {
        let resources = Deployment::with(&[
            ("KmsKeyArn", KEY),
            ("SecretArns", arns),
            ("DeliverTarget", "webhook"),
            ("DeliverSettings", r#"{"url":"https://x"}"#),
            ("DeliverSecretArn", SECRET),
        ])
        .resources();
        for role in ["PollRole", "DeliverRole"] {
            let policy = &resources[role]["Properties"]["Policies"][0]["PolicyDocument"];
            let statements = policy["Statement"].as_array().unwrap();
            let read = statements
                .iter()
                .filter(|statement| statement["Action"] == "secretsmanager:GetSecretValue");
            let read: Vec<_> = read.flat_map(|it| strings(&it["Resource"])).collect();
            let context = |operator: &str| {
                let contexts = statements
                    .iter()
                    .map(|it| &it["Condition"][operator]["kms:EncryptionContext:SecretARN"]);
                let contexts = contexts.filter(|context| !context.is_null());
                contexts.flat_map(strings).collect::<Vec<_>>()
            };
            let decrypted = [context("StringLike"), context("StringEquals")].concat();
            assert_eq!(decrypted, read, "{role}");
        }
    }
}

#[test]
fn with_a_key_everything_that_is_kept_is_under_it() {
    let target = [
        ("DeliverTarget", "syslog"),
        ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
    ];
    let kinds = [
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
    ];
    for (kind, property) in kinds {
        let found = resources(kind);
        assert!(!found.is_empty(), "{kind}");
        for (id, resource) in found {
            let expected =
                json!({"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]});
            assert_eq!(
                resource["Properties"][property], expected,
                "{id}: {property}"
            );
        }
    }
    let without = Deployment::with(&target).resources();
    for log in ["PollLogGroup", "DispatchLogGroup", "DeliverLogGroup"] {
        assert!(
            without[log]["Properties"].get("KmsKeyId").is_none(),
            "{log}"
        );
    }
}

/// The statements that docs/parameters.md has for the policy of such a key.
#[test]
fn the_page_has_the_policy_of_the_key() {
    let page = std::fs::read_to_string(folder().join("../docs/parameters.md")).unwrap();
    let (_, rest) = page.split_once("## A key of your own\n").unwrap();
    let (_, rest) = rest.split_once("```json\n").unwrap();
    let statements: Value = serde_json::from_str(rest.split_once("\n```").unwrap().0).unwrap();
    let services: Vec<_> = statements
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| {
            assert_eq!(statement["Effect"], "Allow");
            assert!(statement["Condition"].is_object(), "for this account alone");
            statement["Principal"]["Service"].as_str().unwrap()
        })
        .collect();
    let expected = [
        "logs.REGION.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "s3.amazonaws.com",
        "sns.amazonaws.com",
    ];
    assert_eq!(services, expected);
}

/// Whoever has a queue of his own in the account could say that its failures go to this one, and so
/// put in a job or a record without being allowed to send anything.
#[test]
fn a_queue_takes_dead_letters_of_its_own_source_alone() {
    let mut sources = 0;
    for (id, queue) in resources("AWS::SQS::Queue") {
        let policy = &queue["Properties"]["RedriveAllowPolicy"];
        let Some(source) = id.strip_suffix("DeadLetterQueue") else {
            assert_eq!(policy, &json!({"redrivePermission": "denyAll"}), "{id}");
            continue;
        };
        assert_eq!(policy["redrivePermission"], "byQueue", "{id}");
        let arns = policy["sourceQueueArns"].as_array().unwrap();
        assert_eq!(arns.len(), 1, "{id}");
        let all = everything();
        let (_, source) = all
            .iter()
            .find(|(other, _)| *other == format!("{source}Queue"))
            .unwrap();
        let redrive = &source["Properties"]["RedrivePolicy"]["deadLetterTargetArn"];
        let own = id.rsplit('/').next().unwrap();
        assert_eq!(redrive["Fn::GetAtt"][0], own, "{id}");
        // By its name: a reference would go round in a circle.
        let name = &source["Properties"]["QueueName"]["Fn::Sub"];
        let arn = &arns[0]["Fn::Sub"];
        let place = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:";
        assert_eq!(arn[0], format!("{place}{}", name[0].as_str().unwrap()));
        assert_eq!(arn[1], name[1], "{id}");
        sources += 1;
    }
    assert_eq!(sources, 3);
}

/// The scheduler acts for whoever may pass it the role, unless it is bound to this stack's timer.
#[test]
fn the_timers_role_is_for_this_stacks_timer_alone() {
    let all = all_resources();
    let trust = &all["TimerRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(trust.as_array().unwrap().len(), 1);
    let condition = &trust[0]["Condition"];
    // EventBridge Scheduler gives the ARN of the schedule's group here, and not its own.
    assert_eq!(
        condition["ArnEquals"]["aws:SourceArn"]["Fn::GetAtt"],
        json!(["TimerGroup", "Arn"])
    );
    let account = &condition["StringEquals"]["aws:SourceAccount"];
    assert_eq!(account["Ref"], "AWS::AccountId");
    assert_eq!(all["TimerGroup"]["Type"], "AWS::Scheduler::ScheduleGroup");
    let schedules = resources("AWS::Scheduler::Schedule");
    assert_eq!(schedules.len(), 1);
    assert_eq!(
        schedules[0].1["Properties"]["GroupName"]["Ref"],
        "TimerGroup"
    );
}

#[test]
fn every_role_is_within_the_boundary() {
    let arn = "arn:aws:iam::000000000000:policy/boundary";
    let expected = json!({"Fn::If": [
        "HasBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}
    ]});
    let roles = resources("AWS::IAM::Role");
    assert_eq!(roles.len(), 5, "{roles:?}");
    for (id, role) in &roles {
        let boundary = &role["Properties"]["PermissionsBoundary"];
        assert_eq!(boundary, &expected, "{id}: PermissionsBoundary");
    }
    let bounded = Deployment::with(&[("PermissionsBoundaryArn", arn)]).resources();
    assert_eq!(
        bounded["PollRole"]["Properties"]["PermissionsBoundary"],
        arn
    );
    let free = Deployment::with(&[]).resources();
    assert!(
        free["PollRole"]["Properties"]
            .get("PermissionsBoundary")
            .is_none()
    );
}

/// IAM takes 10,240 characters of a role's own policies, and 6,144 of a managed one.
#[test]
fn the_longest_policies_are_not_too_long_for_iam() {
    let arns = [SECRET; 12].join(",");
    let parameters = [
        &every_output()[..],
        &[
            ("KmsKeyArn", KEY),
            ("SecretArns", &arns),
            ("Federation", "yes"),
        ],
    ]
    .concat();
    let resources_made = Deployment::with(&parameters).resources();
    // What is known only later is as long as the longest ARN, that of a queue.
    let arn = format!(
        "arn:aws-us-gov:sqs:us-gov-east-1:000000000000:{}",
        "q".repeat(64)
    );
    for (id, _) in resources("AWS::IAM::Role") {
        let Some(role) = resources_made.get(&id) else {
            continue;
        };
        let mut text = role["Properties"]["Policies"].to_string();
        while let Some((before, after)) = text.split_once('<') {
            let (_, after) = after.split_once('>').unwrap();
            text = format!("{before}{arn}{after}");
        }
        assert!(text.len() <= 10_240, "{id}: {} characters", text.len());
    }
    for (id, policy) in resources("AWS::IAM::ManagedPolicy") {
        let text = policy["Properties"]["PolicyDocument"].to_string();
        assert!(text.len() <= 6_144, "{id}: {} characters", text.len());
    }
}

/// The keys under `oversize/` that a statement lets somebody read.
fn bodies(statement: &Value) -> Vec<String> {
    if statement["Action"] != "s3:GetObject" {
        return Vec::new();
    }
    let mut read = strings(&statement["Resource"]);
    read.retain(|resource| resource.contains("/oversize/"));
    read
}

/// Whoever reads one output could read the large bodies of all, whose names it must only know.
#[test]
fn a_reader_of_one_output_gets_the_bodies_of_that_output_alone() {
    for format in formats() {
        let name = format[..1].to_uppercase() + &format[1..];
        let consumer = "arn:aws:iam::000000000001:role/siem";
        let made = Deployment::with(&[
            ("SiemOutput", "objects"),
            (&format!("{name}Output"), "messages"),
            ("ConsumerPrincipalArn", consumer),
            ("DeliverTarget", "syslog"),
            ("DeliverOutput", format),
            ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
        ])
        .resources();
        let own = [format!("<Bucket.Arn>/oversize/{format}/*")];
        let deliver = &made["DeliverRole"]["Properties"]["Policies"][0]["PolicyDocument"];
        for policy in [
            deliver,
            &made["BucketPolicy"]["Properties"]["PolicyDocument"],
        ] {
            let statements = policy["Statement"].as_array().unwrap();
            let read: Vec<_> = statements.iter().flat_map(bodies).collect();
            assert_eq!(read, own, "{policy}");
        }
        let stack = &made[&format!("{name}Messages")]["Properties"]["Parameters"];
        assert_eq!(stack["Format"], format);
    }
    let statements = allowing().filter(|(id, _)| id == "messages/ConsumerPolicy");
    let read: Vec<_> = statements
        .filter(|(_, statement)| statement["Action"] == "s3:GetObject")
        .map(|(_, statement)| &statement["Resource"]["Fn::Sub"])
        .collect();
    let own = "arn:${AWS::Partition}:s3:::${BucketName}/oversize/${Format}/*";
    assert_eq!(read, [own]);
}
