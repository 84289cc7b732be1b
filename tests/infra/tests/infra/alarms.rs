//! The alarms: how many there are, what each watches, and that what calls for a person raises one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use drawbridge_config::ConfigError;
use drawbridge_graph::GraphError;
use drawbridge_http::Exchange;
use drawbridge_poll::{Ending, JobFailure, PollError, Report, job_numbers};
use drawbridge_telemetry::{Metric, NAMESPACE, Numbers};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::evaluate::Deployment;
use crate::outputs::every_output;

const DELIVERY: [(&str, &str); 2] = [
    ("DeliverTarget", "syslog"),
    ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
];

fn of_type(resources: &Map<String, Value>, kind: &str) -> Vec<(String, Value)> {
    let found = resources.iter().filter(|(_, it)| it["Type"] == kind);
    found
        .map(|(id, it)| (id.clone(), it["Properties"].clone()))
        .collect()
}

fn alarms(parameters: &[(&str, &str)]) -> Vec<(String, Value)> {
    let resources = Deployment::with(parameters).resources();
    of_type(&resources, "AWS::CloudWatch::Alarm")
}

/// What `docs/costs.md` counts. CloudWatch bills an alarm by the metrics that it watches, and each of
/// these has one.
#[test]
fn a_stack_with_one_output_has_at_most_ten_alarms() {
    let objects = [("SiemOutput", "objects")];
    for (parameters, count) in [
        (&[][..], 10),
        (&objects[..], 10),
        (&DELIVERY[..], 10),
        (&[("SiemOutput", "both")][..], 12),
        (&[("OcsfOutput", "messages")][..], 12),
    ] {
        let alarms = alarms(parameters);
        assert_eq!(alarms.len(), count, "{parameters:?}");
        for (id, alarm) in alarms {
            assert!(alarm["MetricName"].is_string(), "{id}: metrics");
        }
    }
}

#[test]
fn the_alarms_watch_this_stacks_metrics_and_tell_its_topic() {
    for (id, alarm) in alarms(&every_output()) {
        let namespace = alarm["Namespace"].as_str().unwrap();
        if !namespace.starts_with("AWS/") {
            assert_eq!(namespace, format!("{NAMESPACE}/stack"), "{id}");
        }
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[actions], json!(["<AlarmTopic>"]), "{id}");
        }
        let description = alarm["AlarmDescription"].as_str().unwrap();
        assert!(description.len() <= 1024, "{id}");
    }
}

/// Who is woken by an alarm on several tenants or causes is told how to find which.
#[test]
fn an_alarm_with_several_causes_says_how_to_find_the_one() {
    for (id, alarm) in alarms(&[]) {
        let description = alarm["AlarmDescription"].as_str().unwrap();
        if ["TenantAlarm", "FailuresAlarm", "MissingAlarm", "LagAlarm"].contains(&short(&id)) {
            let is_query = description.contains("trouble") && description.contains("by tenant");
            assert!(
                is_query && description.contains("<PollLogGroup>"),
                "{id}: {description}"
            );
        }
    }
}

/// Those of deliver keep its output's records waiting, and the alarm on the oldest one says so.
#[test]
fn the_functions_own_errors_are_watched() {
    let alarms = alarms(&DELIVERY);
    let of = |id: &str| &alarms.iter().find(|(it, _)| short(it) == id).unwrap().1;
    for function in ["Dispatch", "Poll"] {
        let alarm = of(&format!("{function}ErrorsAlarm"));
        assert_eq!(alarm["Namespace"], "AWS/Lambda");
        assert_eq!(alarm["MetricName"], "Errors");
        let watched = &alarm["Dimensions"][0];
        assert_eq!(watched["Name"], "FunctionName");
        assert_eq!(watched["Value"], format!("<{function}>"));
    }
    let oldest = of("OldestRecordAlarm");
    assert_eq!(oldest["Threshold"], 3600);
    let description = oldest["AlarmDescription"].as_str().unwrap();
    assert!(description.contains("deliver function"), "{description}");
}

/// An id without the nested stack that it is in.
fn short(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The stack's metrics and their values that its filters make of a line in a function's log.
fn metrics(log_group: &str, line: &str) -> BTreeMap<String, f64> {
    let line: Value = serde_json::from_str(line).unwrap();
    let resources = Deployment::with(&DELIVERY).resources();
    let mut made = BTreeMap::new();
    for (id, filter) in of_type(&resources, "AWS::Logs::MetricFilter") {
        let pattern = filter["FilterPattern"].as_str().unwrap();
        if filter["LogGroupName"] != log_group || !matches(pattern, &line) {
            continue;
        }
        let transformation = &filter["MetricTransformations"][0];
        assert_eq!(
            transformation["MetricNamespace"],
            format!("{NAMESPACE}/stack"),
            "{id}"
        );
        let value = transformation["MetricValue"].as_str().unwrap();
        let value = match value.strip_prefix("$.") {
            Some(_) => member(value, &line).unwrap(),
            None => value.parse().unwrap(),
        };
        made.insert(
            transformation["MetricName"].as_str().unwrap().to_owned(),
            value,
        );
    }
    made
}

/// Whether a line matches a filter's pattern, a comparison or several of which one has to hold. One
/// with a member that is not there does not.
fn matches(pattern: &str, line: &Value) -> bool {
    let inner = pattern
        .strip_prefix("{ ")
        .and_then(|it| it.strip_suffix(" }"));
    inner.unwrap().split(" || ").any(|comparison| {
        let comparison = comparison.trim_start_matches('(').trim_end_matches(')');
        let parts: Vec<&str> = comparison.split(' ').collect();
        let [name, operator, bound] = parts[..] else {
            panic!("{pattern}")
        };
        let bound: f64 = bound.parse().unwrap();
        member(name, line).is_some_and(|value| match operator {
            ">" => value > bound,
            ">=" => value >= bound,
            _ => panic!("{pattern}"),
        })
    })
}

/// The number that `$.a.b` is in a line.
fn member(path: &str, line: &Value) -> Option<f64> {
    let path = path.strip_prefix('$').unwrap().replace('.', "/");
    line.pointer(&path)?.as_f64()
}

/// The alarms on the stack's own metrics that go off when each of their five minutes has these.
fn raised(metrics: &BTreeMap<String, f64>) -> BTreeSet<String> {
    let mut raised = BTreeSet::new();
    for (id, alarm) in alarms(&DELIVERY) {
        let own = alarm["Namespace"] == format!("{NAMESPACE}/stack");
        let value = alarm["MetricName"]
            .as_str()
            .and_then(|name| metrics.get(name));
        let Some(value) = value.filter(|_| own) else {
            if own && alarm["TreatMissingData"] == "breaching" {
                raised.insert(short(&id).to_owned());
            }
            continue;
        };
        let threshold = match &alarm["Threshold"] {
            Value::String(text) => text.parse().unwrap(),
            number => number.as_f64().unwrap(),
        };
        let goes_off = match alarm["ComparisonOperator"].as_str().unwrap() {
            "GreaterThanThreshold" => *value > threshold,
            "LessThanThreshold" => *value < threshold,
            other => panic!("{id}: {other}"),
        };
        if goes_off {
            raised.insert(short(&id).to_owned());
        }
    }
    raised
}

fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// The line of an invocation with a poll that found nothing wrong, and another one.
fn with_another(result: Result<&Report, &JobFailure>, overdue: Option<Timestamp>) -> String {
    let took = Duration::from_millis(400);
    let mut batch = job_numbers(Ok(&report(|_| ())), None, now(), took);
    batch.add(&job_numbers(result, overdue, now(), took));
    batch.batch_line("polled", ("jobs", 2))
}

/// An idle poll, but for that.
fn report(change: impl Fn(&mut Report)) -> Report {
    let mut report = Report {
        requests: 1,
        read_up_to: Some(now() - SignedDuration::from_secs(31)),
        ..Report::default()
    };
    change(&mut report);
    report
}

/// Everything that calls for a person raises its alarm, be it of one tenant of many, and no other.
#[test]
fn each_trouble_raises_its_alarm() {
    type Change = fn(&mut Report);
    let missing = || ConfigError::Missing {
        name: "X",
        meaning: "nothing",
    };
    let lost = now() - SignedDuration::from_mins(31);
    let reports: [(Change, &[&str]); 6] = [
        (|it| it.quarantined = 1, &["MissingAlarm"]),
        (|it| it.gaps = 1, &["MissingAlarm"]),
        (|it| it.count_mismatches = 1, &["MissingAlarm"]),
        (|it| it.throttled = 1, &["FailuresAlarm"]),
        (|it| it.state_percent = 80, &["TenantAlarm"]),
        (|it| it.state_percent = 79, &[]),
    ];
    let mut cases: Vec<(String, &[&str])> = reports
        .into_iter()
        .map(|(change, alarms)| (with_another(Ok(&report(change)), None), alarms))
        .collect();
    let late = report(|it| it.read_up_to = Some(now() - SignedDuration::from_secs(1801)));
    cases.push((with_another(Ok(&late), None), &["LagAlarm"]));
    let waits = report(|it| {
        it.ending = Ending::Postponed(Duration::from_secs(60));
        it.read_up_to = None;
    });
    cases.push((
        with_another(Ok(&waits), Some(lost)),
        &["FailuresAlarm", "LagAlarm", "TenantAlarm"],
    ));
    for (failure, overdue, alarms) in [
        (PollError::Circular.into(), None, &["FailuresAlarm"][..]),
        (
            JobFailure::Config(missing()),
            None,
            &["FailuresAlarm", "TenantAlarm"],
        ),
        (
            JobFailure::Poll(refused().into()),
            None,
            &["FailuresAlarm", "TenantAlarm"],
        ),
        (
            PollError::Circular.into(),
            Some(lost),
            &["FailuresAlarm", "LagAlarm", "TenantAlarm"],
        ),
    ] {
        cases.push((with_another(Err(&failure), overdue), alarms));
    }
    for (line, alarms) in cases {
        let raised = raised(&metrics("<PollLogGroup>", &line));
        assert_eq!(raised.iter().collect::<Vec<_>>(), *alarms, "{line}");
    }
    let refused = Numbers::default().with(Metric::DeliverRefused, 2.0);
    let made = metrics(
        "<DeliverLogGroup>",
        &refused.batch_line("delivered", ("records", 2)),
    );
    assert!(raised(&made).contains("MissingAlarm"), "{made:?}");
    // Nobody's poll ended well.
    let failed = job_numbers(
        Err(&PollError::Circular.into()),
        None,
        now(),
        Duration::ZERO,
    );
    let made = metrics("<PollLogGroup>", &failed.batch_line("polled", ("jobs", 1)));
    assert!(raised(&made).contains("NoPollAlarm"), "{made:?}");
}

/// Credentials that were refused.
fn refused() -> GraphError {
    let exchange = Exchange {
        method: "POST",
        host: "login.example".into(),
        path: "/".into(),
        tries: 1,
        elapsed: Duration::ZERO,
        request_id: None,
    };
    GraphError::Configuration {
        exchange: Box::new(exchange),
        problem: "no consent".into(),
    }
}

/// CloudWatch bills a metric by the hours in which it has a value; `docs/costs.md` counts these.
#[test]
fn an_hour_in_which_all_is_well_has_two_metrics() {
    let well = with_another(Ok(&report(|_| ())), None);
    let with_alerts = with_another(
        Ok(&report(|it| {
            (it.alerts, it.records, it.newest_alert) = (9, 18, Some(now()));
        })),
        None,
    );
    for line in [well, with_alerts] {
        let made = metrics("<PollLogGroup>", &line);
        assert!(made.keys().eq(["Successes", "WatermarkLag"]), "{made:?}");
        assert!(raised(&made).is_empty(), "{line}");
    }
}

/// What a filter makes costs money, and is of use to an alarm only.
#[test]
fn every_metric_of_the_stack_has_its_alarm_and_every_alarm_its_metric() {
    let resources = Deployment::with(&DELIVERY).resources();
    let made = of_type(&resources, "AWS::Logs::MetricFilter").into_iter();
    let made: BTreeSet<String> = made
        .map(|(_, filter)| filter["MetricTransformations"][0]["MetricName"].to_string())
        .collect();
    let watched: BTreeSet<String> = alarms(&DELIVERY)
        .into_iter()
        .filter(|(_, alarm)| alarm["Namespace"] == format!("{NAMESPACE}/stack"))
        .map(|(_, alarm)| alarm["MetricName"].to_string())
        .collect();
    assert_eq!(made, watched, "left: filters, right: alarms");
    assert_eq!(made.len(), 5);
}

/// What is remembered of a tenant is bounded by the function's memory, which is the parameter's; the
/// alarm at 80 % is among those above.
#[test]
fn the_function_has_the_memory_that_the_parameter_says() {
    for memory in ["512", "1024"] {
        let resources = Deployment::with(&[("MemorySize", memory)]).resources();
        let given = &resources["Poll"]["Properties"]["MemorySize"];
        let given = given
            .as_str()
            .map_or_else(|| given.to_string(), str::to_owned);
        assert_eq!(given, memory);
    }
}
