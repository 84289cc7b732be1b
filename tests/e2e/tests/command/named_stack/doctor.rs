use serde_json::Value;

use super::{EMAIL, TENANT, World};
use crate::command::answering::{Answer, answering};
use crate::command::run::Outcome;

fn lines(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What `doctor` tells that is not well: what each is about, with what it says. What the deliver function
/// does is in its log alone.
fn wrong(outcome: &Outcome) -> Vec<(String, String)> {
    let lines = lines(outcome);
    let wrong = lines
        .iter()
        .filter(|line| line["level"] != "ok" && line["about"] != "deliver");
    let told = wrong.map(|line| {
        let todo = line["do"].as_str();
        assert!(todo.is_some_and(|todo| !todo.is_empty()), "{line}");
        let about = line["about"].as_str().unwrap().to_owned();
        (about, format!("{} {}", line["text"], line["do"]))
    });
    told.collect()
}

/// Exactly this is not well, and it is told in these words.
#[track_caller]
fn only(outcome: &Outcome, about: &str, words: &[&str]) {
    let wrong = wrong(outcome);
    let [(told, text)] = wrong.as_slice() else {
        panic!("{about} alone was to be told: {wrong:?}");
    };
    assert!(told.contains(about), "{told}: {text}");
    for word in words {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
}

const DOCTOR: [&str; 2] = ["doctor", "--json"];

/// What AWS answers for e-mail addresses, which the emulator confirms by itself.
fn pending(topic: &str) -> Answer {
    Answer {
        status: 200,
        content_type: "text/xml",
        body: format!(
            "<ListSubscriptionsByTopicResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
             <ListSubscriptionsByTopicResult><Subscriptions><member><TopicArn>{topic}</TopicArn>\
             <Protocol>email</Protocol><SubscriptionArn>PendingConfirmation</SubscriptionArn>\
             <Owner>000000000000</Owner><Endpoint>{EMAIL}</Endpoint></member></Subscriptions>\
             </ListSubscriptionsByTopicResult><ResponseMetadata><RequestId>r</RequestId>\
             </ResponseMetadata></ListSubscriptionsByTopicResponse>"
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_by_hand_is_told_with_what_to_do() {
    let delivered = [
        ("DeliverTarget", "webhook"),
        ("DeliverSettings", r#"{"url":"https://hooks.example/x"}"#),
        (
            "DeliverSecretArn",
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:hook-AbCdEf",
        ),
        ("NativeOutput", "objects"),
    ];
    let world = World::deploy("looked-at", &delivered).await;

    let good = world.run(&DOCTOR).await;
    assert_eq!(wrong(&good), []);
    let told = lines(&good.well());
    let is_told = |about: &str, text: &str| {
        let line = told
            .iter()
            .find(|line| line["about"].as_str().unwrap().contains(about));
        let line = line.unwrap_or_else(|| panic!("nothing is said of {about}: {told:?}"));
        assert!(line["text"].as_str().unwrap().contains(text), "{line}");
    };
    for (about, text) in [
        ("contoso: sign-in", "token"),
        ("contoso: polls", "last good one, as last saved, was "),
        ("stack", "looked-at is CREATE_COMPLETE"),
        ("function looked-at-dispatch", "active"),
        ("function looked-at-poll", "active"),
        ("function looked-at-deliver", "active"),
        ("event source PollJobs", "handed"),
        ("event source DeliverRecords", "handed"),
        ("timer", "rate(10 minutes)"),
        ("alarms", "alarms are there and quiet"),
        ("alarms' topic", "1 subscription is confirmed"),
    ] {
        is_told(about, text);
    }
    let of_queues = |what: &str| {
        let about = told.iter().filter_map(|line| line["about"].as_str());
        about.filter(|about| about.starts_with(what)).count()
    };
    assert_eq!((of_queues("queue "), of_queues("dead letters ")), (3, 3));

    let topic = world.stack.output("AlarmTopicArn").unwrap().to_owned();
    let unconfirmed = answering(world.emulator.endpoint_url(), move |_, body| {
        body.contains("Action=ListSubscriptionsByTopic")
            .then(|| pending(&topic))
    });
    let told = world.run_at(Some(&unconfirmed), &DOCTOR).await;
    only(
        &told,
        "alarms' topic",
        &[EMAIL, "not confirmed", "aws sns subscribe"],
    );

    world.change(&["timer", "DISABLED"]);
    only(
        &world.run(&DOCTOR).await,
        "timer",
        &["disabled", "nothing is polled", "enable it"],
    );
    world.change(&["timer", "ENABLED"]);

    world.change(&["mapping", "DISABLED"]);
    let told = wrong(&world.run(&DOCTOR).await);
    let about: Vec<_> = told.iter().map(|(about, _)| &**about).collect();
    assert_eq!(
        about,
        ["event source DeliverRecords", "event source PollJobs"]
    );
    assert!(
        told[0].1.contains("update-event-source-mapping --uuid"),
        "{told:?}"
    );
    world.change(&["mapping", "ENABLED"]);

    world.change(&["alarm", "LagAlarm", "ALARM"]);
    only(
        &world.run(&DOCTOR).await,
        "alarm Monitoring/LagAlarm",
        &["it is on", "operations.md"],
    );
    world.change(&["alarm", "LagAlarm", "OK"]);

    world.send("SiemDeadLetterQueueUrl", "dead").await;
    let command = "drawbridge replay dead-letters --stack looked-at --output siem";
    only(
        &world.run(&DOCTOR).await,
        "dead letters",
        &["there is 1", command],
    );
    world.run(&["replay", "dead-letters"]).await.well();

    world.change(&["delete-function", "dispatch"]);
    let words = ["looked-at-dispatch", "deleted it by hand"];
    only(
        &world.run(&DOCTOR).await,
        "function looked-at-dispatch",
        &words,
    );
}

/// How AWS refuses a call, by the protocol of its service.
fn denied(content_type: &'static str, body: &str) -> Answer {
    Answer {
        status: 403,
        content_type,
        body: body.to_owned(),
    }
}

const XML: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>sensitive\
                   </Message></Error><RequestId>r</RequestId></ErrorResponse>";
const JSON: &str = r#"{"__type":"AccessDeniedException","Message":"sensitive"}"#;

/// What `doctor` asks for of a stack: the action, what a request of it has in its head or in its body, and
/// how its service refuses it.
const DENIED: [(&str, &str, &str, &str); 8] = [
    (
        "cloudformation:DescribeStackResources",
        "Action=DescribeStackResources",
        "text/xml",
        XML,
    ),
    (
        "sns:ListSubscriptionsByTopic",
        "Action=ListSubscriptionsByTopic",
        "text/xml",
        XML,
    ),
    (
        "scheduler:GetSchedule",
        "GET /schedules/",
        "application/json",
        JSON,
    ),
    (
        "cloudwatch:DescribeAlarms",
        "/operation/DescribeAlarms",
        "application/json",
        "",
    ),
    (
        "cloudwatch:GetMetricData",
        "/operation/GetMetricData",
        "application/json",
        "",
    ),
    (
        "lambda:GetFunctionConfiguration",
        "-dispatch/configuration",
        "application/json",
        JSON,
    ),
    (
        "lambda:GetFunctionConcurrency",
        "-dispatch/concurrency",
        "application/json",
        JSON,
    ),
    (
        "lambda:GetEventSourceMapping",
        "GET /2015-03-31/event-source-mappings/",
        "application/json",
        JSON,
    ),
];

/// The policy of docs/operations.md has the actions that are asked for, and no other.
#[test]
fn the_policy_of_the_page_is_what_doctor_asks_for() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, policy) = page.split_once("```json\n{ \"Version\"").unwrap();
    let policy = format!("{{ \"Version\"{}", policy.split_once("```").unwrap().0);
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let mut actions: Vec<_> = statements
        .flat_map(|statement| match &statement["Action"] {
            Value::Array(all) => all.clone(),
            one => vec![one.clone()],
        })
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    let others = [
        "cloudformation:DescribeStacks",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
    ];
    let mut asked: Vec<_> = others
        .iter()
        .chain(DENIED.iter().map(|denied| &denied.0))
        .collect();
    actions.sort_unstable();
    asked.sort_unstable();
    assert!(actions.iter().eq(asked), "{actions:?}");
}

/// Whoever may not look at one thing sees all others, and which permission is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_denied_is_a_line_with_the_permission() {
    let world = World::deploy("half-allowed", &[]).await;
    for (action, mark, content_type, body) in DENIED {
        let proxy = answering(world.emulator.endpoint_url(), move |head, of_request| {
            let is_meant = head.contains(mark) || of_request.contains(mark);
            is_meant.then(|| denied(content_type, body))
        });
        let told = world.run_at(Some(&proxy), &DOCTOR).await;
        let allow = format!("allow {action}");
        only(&told, "", &[&allow, "docs/operations.md"]);
        assert!(!told.stdout.contains("sensitive"), "{}", told.stdout);
        let polls = format!("{TENANT}: polls");
        assert!(told.stdout.contains(&polls), "{action}: {}", told.stdout);
    }
    let proxy = answering(world.emulator.endpoint_url(), |_, body| {
        body.contains("Action=DescribeStacks&")
            .then(|| denied("text/xml", XML))
    });
    let refused = world.run_at(Some(&proxy), &["status"]).await;
    refused.failed(&[
        "the stack half-allowed",
        "allow cloudformation:DescribeStacks",
        "--bucket",
    ]);
}
