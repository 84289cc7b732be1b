//! The metrics that alarms and dashboard read are those that the functions emit.

use std::collections::BTreeSet;

use drawbridge_telemetry::{Emf, METRICS, Metric, NAMESPACE};
use serde_json::{Value, json};

use crate::evaluate::Deployment;
use crate::outputs::EVERY_OUTPUT;
use crate::template::resources;

/// The one dimension that the functions emit.
fn dimension() -> String {
    let line = Emf::new("tenant", 0).with(Metric::Successes, 1.0).line();
    let line: Value = serde_json::from_str(&line).unwrap();
    let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
    let sets = dimensions.as_array().unwrap();
    assert_eq!(
        sets.len(),
        1,
        "the dashboard's searches expect one set of dimensions"
    );
    sets[0][0].as_str().unwrap().to_owned()
}

/// The dashboard of a deployment.
fn dashboard(parameters: &[(&str, &str)]) -> Value {
    let resources = Deployment::with(parameters).resources();
    let text = resources["Monitoring/Dashboard"]["Properties"]["DashboardBody"]
        .as_str()
        .unwrap();
    serde_json::from_str(text)
        .unwrap_or_else(|error| panic!("DashboardBody is no JSON: {error}: {text}"))
}

/// That of one with everything.
fn whole_dashboard() -> Value {
    let delivery = [
        ("DeliverTarget", "syslog"),
        ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
    ];
    dashboard(&[&EVERY_OUTPUT[..], &delivery].concat())
}

#[test]
fn the_dashboard_shows_the_queues_that_there_are() {
    let queues = |dashboard: &Value, metric: &str| {
        let widgets = dashboard["widgets"].as_array().unwrap().iter();
        let metrics = widgets.flat_map(|w| w["properties"]["metrics"].as_array().unwrap());
        metrics.filter(|shown| shown[1] == metric).count()
    };
    let age = "ApproximateAgeOfOldestMessage";
    let depth = "ApproximateNumberOfMessagesVisible";
    let least = dashboard(&[]);
    assert_eq!((queues(&least, age), queues(&least, depth)), (2, 4));
    let most = whole_dashboard();
    assert_eq!((queues(&most, age), queues(&most, depth)), (13, 26));
}

/// CloudFormation takes 4,096 bytes for a parameter, and a queue's name has up to 80 characters.
#[test]
fn what_the_dashboard_is_told_of_the_outputs_fits_into_parameters() {
    let resources = Deployment::with(&EVERY_OUTPUT).resources();
    let parameters = &resources["Monitoring"]["Properties"]["Parameters"];
    let mut longest = 0;
    for (name, value) in parameters.as_object().unwrap() {
        let mut text = value.as_str().unwrap().to_owned();
        while let Some((before, after)) = text.split_once('<') {
            let (_, after) = after.split_once('>').unwrap();
            text = format!("{before}{}{after}", "q".repeat(80));
        }
        assert!(text.len() <= 4096, "{name}: {} bytes", text.len());
        longest = longest.max(text.len());
    }
    assert!(longest > 1000, "no lines of outputs");
}

/// The metrics in the dashboard's searches.
fn searched() -> BTreeSet<String> {
    let start = format!("SEARCH('{{{NAMESPACE},{}}} MetricName=\"", dimension());
    let dashboard = whole_dashboard();
    let mut names = BTreeSet::new();
    for widget in dashboard["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            let Some(expression) = metric[0]["expression"].as_str() else {
                let namespace = metric[0].as_str().unwrap();
                assert!(["AWS/SQS", "AWS/Lambda"].contains(&namespace), "{metric}");
                continue;
            };
            let name = expression
                .strip_prefix(&start)
                .and_then(|rest| rest.split_once('"'))
                .unwrap_or_else(|| panic!("Dashboard: {expression} does not start with {start}"));
            names.insert(name.0.to_owned());
        }
    }
    names
}

/// The namespace of the stack's own metrics.
fn stack_namespace() -> Value {
    json!({"Fn::Sub": format!("{NAMESPACE}/${{StackName}}")})
}

#[test]
fn the_alarms_watch_this_stacks_metrics_and_tell_its_topic() {
    let resources = Deployment::with(&EVERY_OUTPUT).resources();
    let alarms = resources
        .iter()
        .filter(|(_, it)| it["Type"] == "AWS::CloudWatch::Alarm");
    let mut own = 0;
    for (id, alarm) in alarms {
        let properties = &alarm["Properties"];
        let namespace = properties["Namespace"].as_str().unwrap();
        if !namespace.starts_with("AWS/") {
            assert_eq!(namespace, format!("{NAMESPACE}/stack"), "{id}");
            own += 1;
        }
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(properties[actions], json!(["<AlarmTopic>"]), "{id}");
        }
    }
    // All but that of delivery.
    assert_eq!(own, alarmed().len() - 1);
}

/// The metrics that the filters read from the log, with their units.
fn filtered() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (id, filter) in resources("AWS::Logs::MetricFilter") {
        let properties = &filter["Properties"];
        let of_deliver = id.starts_with("monitoring/Deliver");
        let log = if of_deliver {
            "DeliverLogGroup"
        } else {
            "PollLogGroup"
        };
        assert_eq!(properties["LogGroupName"]["Ref"], log, "{id}");
        let made = &properties["MetricTransformations"][0];
        assert_eq!(made["MetricNamespace"], stack_namespace(), "{id}");
        let name = made["MetricName"].as_str().unwrap();
        // What the alarm gets is what the function printed under the same name.
        assert_eq!(made["MetricValue"], format!("$.{name}"), "{id}");
        let pattern = properties["FilterPattern"].as_str().unwrap();
        assert!(
            pattern.starts_with(&format!("{{ $.{name} >")),
            "{id}: {pattern} is not about {name}"
        );
        found.insert((name.to_owned(), made["Unit"].as_str().unwrap().to_owned()));
    }
    found
}

/// The functions' metrics that have an alarm.
fn alarmed() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        let namespace = &properties["Namespace"];
        if namespace == "AWS/SQS" || namespace == "AWS/Lambda" {
            continue;
        }
        assert_eq!(*namespace, stack_namespace(), "{id}: Namespace");
        names.insert(properties["MetricName"].as_str().unwrap().to_owned());
    }
    names
}

fn emitted() -> BTreeSet<String> {
    METRICS
        .iter()
        .map(|(_, name, _)| (*name).to_owned())
        .collect()
}

#[test]
fn the_dashboard_reads_only_what_is_emitted() {
    let emitted = emitted();
    for name in searched() {
        assert!(
            emitted.contains(&name),
            "Dashboard reads {name}, which drawbridge_telemetry::METRICS does not have"
        );
    }
}

#[test]
fn filters_read_what_is_printed_with_its_unit() {
    let emitted: BTreeSet<_> = METRICS
        .iter()
        .map(|(_, name, unit)| ((*name).to_owned(), unit.as_str().to_owned()))
        .collect();
    for metric in filtered() {
        assert!(
            emitted.contains(&metric),
            "a filter reads {metric:?}, which drawbridge_telemetry::METRICS does not have"
        );
    }
}

#[test]
fn every_filter_has_its_alarm_and_every_alarm_its_filter() {
    let filtered: BTreeSet<_> = filtered().into_iter().map(|(name, _)| name).collect();
    assert_eq!(filtered, alarmed(), "left: filters, right: alarms");
}

#[test]
fn filters_find_the_numbers_where_the_functions_print_them() {
    // `$.Name` is a member of the line itself.
    let line = Emf::new("tenant", 0).with(Metric::Gaps, 2.0).line();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["Gaps"], 2.0);
}

#[test]
fn everything_emitted_is_on_the_dashboard() {
    assert_eq!(
        searched(),
        emitted(),
        "left: on the dashboard in infra/monitoring.yaml, right: drawbridge_telemetry::METRICS"
    );
}

#[test]
fn what_calls_for_a_person_has_an_alarm() {
    let expected = [
        "AuthFailures",
        "ConfigErrors",
        "CountMismatches",
        "DeliverRefused",
        "Failures",
        "Gaps",
        "Overdue",
        "Quarantined",
        "StateWeight",
        "Successes",
        "Throttled",
        "WatermarkLag",
    ];
    assert!(alarmed().iter().map(String::as_str).eq(expected));
}

/// What is remembered of a tenant is bounded by the function's memory, and the alarm comes before the
/// bound does.
#[test]
fn the_alarm_on_the_states_weight_comes_in_time() {
    for memory in ["512", "1024"] {
        let resources = Deployment::with(&[("MemorySize", memory)]).resources();
        let given = &resources["Poll"]["Properties"]["MemorySize"];
        let given = given
            .as_str()
            .map_or_else(|| given.to_string(), str::to_owned);
        assert_eq!(given, memory, "the function has what the parameter says");
        let alarm = &resources["Monitoring/StateWeightAlarm"]["Properties"];
        let of = |name: &str| alarm[name].as_str().unwrap_or_default();
        assert_eq!(alarm["Threshold"], 80);
        assert_eq!(of("ComparisonOperator"), "GreaterThanOrEqualToThreshold");
        assert_eq!(of("Statistic"), "Maximum");
    }
}
