//! Every format can be written in both shapes, and they are all made in the same way.

use drawbridge_deliver::{IN_FLIGHT, Limits};
use serde_json::Value;

use crate::evaluate::Deployment;
use crate::template::{all_resources, resources, transformed};

/// The formats that the template has a parameter for.
pub(crate) const FORMATS: [&str; 6] = ["siem", "native", "ocsf", "ecs", "cef", "leef"];

/// The parameters that ask for everything.
pub(crate) const EVERY_OUTPUT: [(&str, &str); 6] = [
    ("SiemOutput", "both"),
    ("NativeOutput", "both"),
    ("OcsfOutput", "both"),
    ("EcsOutput", "both"),
    ("CefOutput", "both"),
    ("LeefOutput", "both"),
];

fn capital(format: &str) -> String {
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
    for format in FORMATS {
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
    assert_eq!(
        resources("AWS::CloudFormation::Stack").len(),
        2 * FORMATS.len()
    );
}

/// The prefixes of the notifications, with what is told.
fn told(parameters: &[(&str, &str)], by: &str, whom: &str) -> Vec<(String, String)> {
    let resources = Deployment::with(parameters).resources();
    let notifications = &resources["Bucket"]["Properties"]["NotificationConfiguration"];
    let list = notifications[by].as_array().cloned().unwrap_or_default();
    let told = list.iter().map(|entry| {
        assert_eq!(entry["Event"], "s3:ObjectCreated:*");
        let rule = &entry["Filter"]["S3Key"]["Rules"][0];
        assert_eq!(rule["Name"], "prefix");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&rule["Value"]), text(&entry[whom]))
    });
    told.collect()
}

#[test]
fn s3_tells_of_what_the_poll_function_writes() {
    let expected = |output: &str| -> Vec<_> {
        FORMATS
            .iter()
            .map(|format| {
                let place = format!("<{}Objects.Outputs.{output}>", capital(format));
                // Those that are not there yet begin with version 1.
                let known = drawbridge_record::format(format);
                let version = known.map_or(1, drawbridge_record::Format::schema_version);
                (format!("{format}/v{version}/"), place)
            })
            .collect()
    };
    let queues = told(&EVERY_OUTPUT, "QueueConfigurations", "Queue");
    assert_eq!(queues, expected("QueueArn"));
    let fanout = [&EVERY_OUTPUT[..], &[("Fanout", "yes")]].concat();
    let topics = told(&fanout, "TopicConfigurations", "Topic");
    assert_eq!(topics, expected("TopicArn"));
    assert_eq!(told(&fanout, "QueueConfigurations", "Queue"), []);
    let siem = [("SiemOutput", "objects")];
    assert_eq!(told(&siem, "QueueConfigurations", "Queue").len(), 1);
    let none = Deployment::with(&[]).resources();
    assert!(
        none["Bucket"]["Properties"]
            .get("NotificationConfiguration")
            .is_none()
    );
}

#[test]
fn the_poll_function_may_write_what_it_is_told_to() {
    let resources = Deployment::with(&EVERY_OUTPUT).resources();
    let policy = resources["PollRole"]["Properties"]["Policies"][0].to_string();
    for format in drawbridge_record::names() {
        let version = drawbridge_record::format(format).unwrap().schema_version();
        let folder = format!("<Bucket.Arn>/{format}/v{version}/*");
        assert!(policy.contains(&folder), "{folder}");
        let queue = format!("<{}Messages.Outputs.QueueArn>", capital(format));
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
            &EVERY_OUTPUT[..],
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
    assert_eq!(mapping["EventSourceArn"], "<CefMessages.Outputs.QueueArn>");
    assert_eq!(
        mapping["FunctionResponseTypes"][0],
        "ReportBatchItemFailures"
    );
    let variables = &resources["Deliver"]["Properties"]["Environment"]["Variables"];
    assert_eq!(
        variables["DRAWBRIDGE_QUEUE_URL"],
        "<CefMessages.Outputs.QueueUrl>"
    );
    for format in FORMATS {
        let stack = &resources[&format!("{}Messages", capital(format))];
        let parameters = &stack["Properties"]["Parameters"];
        let patience = (
            &parameters["VisibilityTimeoutSeconds"],
            &parameters["MaxReceiveCount"],
            &parameters["OldestRecordSeconds"],
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
