//! Every format can be written in both shapes, and they are all made in the same way.

use std::sync::LazyLock;

use drawbridge_deliver::{IN_FLIGHT, Limits};
use serde_json::Value;

use crate::evaluate::Deployment;
use crate::template::{all_resources, resources, transformed};

/// The formats, each of which the template has a parameter for.
pub(crate) fn formats() -> Vec<&'static str> {
    drawbridge_record::names()
}

/// The parameters that ask for everything.
pub(crate) fn every_output() -> Vec<(&'static str, &'static str)> {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let names = formats().into_iter();
        names.map(|format| capital(format) + "Output").collect()
    });
    NAMES.iter().map(|name| (name.as_str(), "both")).collect()
}

pub(crate) fn capital(format: &str) -> String {
    format[..1].to_uppercase() + &format[1..]
}

/// A text about one format, as if it were about `siem`.
fn as_siem(value: &Value, format: &str) -> String {
    value
        .to_string()
        .replace(&capital(format), "Siem")
        .replace(&format!("\"{format}\""), "\"siem\"")
}

#[test]
fn the_stacks_of_all_formats_are_alike() {
    for format in formats() {
        for shape in ["Messages", "Objects"] {
            let stack = |format: &str| &all_resources()[&format!("{}{shape}", capital(format))];
            assert_eq!(as_siem(stack(format), format), stack("siem").to_string());
            let condition =
                |format: &str| &transformed()["Conditions"][format!("{}{shape}", capital(format))];
            assert_eq!(
                as_siem(condition(format), format),
                condition("siem").to_string()
            );
        }
    }
    // And that of the jobs, and that of the alarms.
    assert_eq!(
        resources("AWS::CloudFormation::Stack").len(),
        2 * formats().len() + 2
    );
}

/// What whoever sets up a reader looks for, by the names that the pages have.
#[test]
fn each_format_has_its_outputs_where_it_is_asked_for() {
    let all = Deployment::with(&[&every_output()[..], &[("Fanout", "yes")]].concat()).outputs();
    for format in formats() {
        for (shape, output, place) in [
            ("Messages", "QueueUrl", "Queue"),
            ("Messages", "DeadLetterQueueUrl", "DeadLetterQueue"),
            ("Messages", "ConsumerPolicyArn", "ConsumerPolicy"),
            ("Objects", "ObjectsQueueUrl", "Queue"),
            ("Objects", "ObjectsDeadLetterQueueUrl", "DeadLetterQueue"),
            ("Objects", "ObjectsConsumerPolicyArn", "ConsumerPolicy"),
            ("Objects", "ObjectsTopicArn", "Topic"),
        ] {
            let name = capital(format);
            let expected = format!("<{name}{shape}/{place}>");
            assert_eq!(all[&*format!("{name}{output}")], expected);
        }
    }
    let common = all.len() - 7 * formats().len();
    let siem = Deployment::with(&[]).outputs();
    assert_eq!(siem.len(), common + 3, "siem as messages: {siem:?}");
    let objects = Deployment::with(&[("SiemOutput", "objects")]).outputs();
    assert_eq!(objects.len(), common + 3, "no topic: {objects:?}");
}

/// The prefixes of the notifications, with what S3 notifies.
fn notifications(parameters: &[(&str, &str)], by: &str, whom: &str) -> Vec<(String, String)> {
    let resources = Deployment::with(parameters).resources();
    let notifications = &resources["Bucket"]["Properties"]["NotificationConfiguration"];
    let list = notifications[by].as_array().cloned().unwrap_or_default();
    let notifications = list.iter().map(|entry| {
        assert_eq!(entry["Event"], "s3:ObjectCreated:*");
        let rule = &entry["Filter"]["S3Key"]["Rules"][0];
        assert_eq!(rule["Name"], "prefix");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&rule["Value"]), text(&entry[whom]))
    });
    notifications.collect()
}

#[test]
fn s3_tells_of_what_the_poll_function_writes() {
    let expected = |resource: &str| -> Vec<_> {
        formats()
            .iter()
            .map(|format| {
                let place = format!("<{}Objects/{resource}>", capital(format));
                let version = drawbridge_record::format(format).unwrap().schema_version();
                (format!("{format}/v{version}/"), place)
            })
            .collect()
    };
    let queues = notifications(&every_output(), "QueueConfigurations", "Queue");
    assert_eq!(queues, expected("Queue.Arn"));
    let fanout = [&every_output()[..], &[("Fanout", "yes")]].concat();
    let topics = notifications(&fanout, "TopicConfigurations", "Topic");
    assert_eq!(topics, expected("Topic"));
    assert_eq!(notifications(&fanout, "QueueConfigurations", "Queue"), []);
    let siem = [("SiemOutput", "objects")];
    assert_eq!(
        notifications(&siem, "QueueConfigurations", "Queue").len(),
        1
    );
    let none = Deployment::with(&[]).resources();
    assert!(
        none["Bucket"]["Properties"]
            .get("NotificationConfiguration")
            .is_none()
    );
}

#[test]
fn the_poll_function_may_write_what_it_is_told_to() {
    let resources = Deployment::with(&every_output()).resources();
    let policy = resources["PollRole"]["Properties"]["Policies"][0].to_string();
    for format in drawbridge_record::names() {
        let version = drawbridge_record::format(format).unwrap().schema_version();
        let folder = format!("<Bucket.Arn>/{format}/v{version}/*");
        assert!(policy.contains(&folder), "{folder}");
        let queue = format!("<{}Messages/Queue.Arn>", capital(format));
        assert!(policy.contains(&queue), "{queue}");
    }
    let resources = Deployment::with(&[]).resources();
    let policy = resources["PollRole"]["Properties"]["Policies"][0].to_string();
    assert!(!policy.contains("/siem/"), "nobody asked for objects");
    assert!(
        !policy.contains("NativeMessages"),
        "nobody asked for native"
    );
}

#[test]
fn only_the_queue_that_is_delivered_is_patient() {
    let resources = Deployment::with(
        &[
            &every_output()[..],
            &[
                ("DeliverTarget", "syslog"),
                ("DeliverOutput", "cef"),
                ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
            ],
        ]
        .concat(),
    )
    .resources();
    let mapping = &resources["DeliverRecords"]["Properties"];
    assert_eq!(mapping["EventSourceArn"], "<CefMessages/Queue.Arn>");
    assert_eq!(
        mapping["FunctionResponseTypes"][0],
        "ReportBatchItemFailures"
    );
    let variables = &resources["Deliver"]["Properties"]["Environment"]["Variables"];
    assert_eq!(variables["DRAWBRIDGE_QUEUE_URL"], "<CefMessages/Queue>");
    for format in formats() {
        let made =
            |id: &str| &resources[&format!("{}Messages/{id}", capital(format))]["Properties"];
        let queue = made("Queue");
        let patience = (
            &queue["VisibilityTimeout"],
            &queue["RedrivePolicy"]["maxReceiveCount"],
            &made("OldestRecordAlarm")["Threshold"],
        );
        let expected = if format == "cef" {
            (720, 1000, 3600)
        } else {
            (300, 10, 86400)
        };
        let (visibility, receives, age) = expected;
        assert_eq!(
            patience,
            (&visibility.into(), &receives.into(), &age.into()),
            "{format}"
        );
    }
    // Six times the timeout, as Lambda advises; and what the deliver function takes off the twelve
    // hours for which it may hide a message.
    assert_eq!(resources["Deliver"]["Properties"]["Timeout"], 120);
}

#[test]
fn a_full_invocation_of_deliver_has_ten_requests() {
    let mapping = |fifo: &str| {
        let resources = Deployment::with(&[
            ("OutputFifo", fifo),
            ("DeliverTarget", "syslog"),
            ("DeliverOutput", "siem"),
            ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
        ])
        .resources();
        resources["DeliverRecords"]["Properties"].clone()
    };
    let standard = mapping("false");
    let full = Limits::default().records * IN_FLIGHT;
    assert_eq!(standard["BatchSize"], full);
    // More than ten is refused without it.
    assert_eq!(standard["MaximumBatchingWindowInSeconds"], 5);
    assert_eq!(standard["ScalingConfig"]["MaximumConcurrency"], 2);
    // The most that a FIFO queue hands out, and it knows no window.
    let fifo = mapping("true");
    assert_eq!(fifo["BatchSize"], 10);
    assert_eq!(fifo.get("MaximumBatchingWindowInSeconds"), None);
}

/// A setting that would do nothing is taken for one that does.
#[test]
fn a_setting_of_a_shape_that_no_output_has_is_refused() {
    let refusals = |given: &[(&str, &str)]| Deployment::with(given).refusals();
    for (setting, shape, other) in [
        (("Fanout", "yes"), "objects", "messages"),
        (("ObjectReaders", "splunk"), "objects", "messages"),
        (("OutputFifo", "true"), "messages", "objects"),
        (("MessagePointers", "yes"), "messages", "objects"),
    ] {
        for format in formats() {
            let output = format!("{}Output", capital(format));
            let with = |value| {
                let mut given = vec![setting, ("SiemOutput", "none")];
                given.retain(|(name, _)| *name != output);
                given.push((&output, value));
                refusals(&given)
            };
            for value in [shape, "both"] {
                assert_eq!(with(value), [""; 0], "{setting:?}, {output}={value}");
            }
            let refused = with(other);
            let [refusal] = refused.as_slice() else {
                panic!("{setting:?}, {output}={other}: {refused:?}");
            };
            for words in [setting.0, "no effect", "leave them out"] {
                assert!(refusal.contains(words), "{refusal}");
            }
        }
    }
}
