//! What a stack has that costs by the month, as `docs/costs.md` is worked out of it.

use drawbridge_costs::Facts;
use serde_json::Value;

use crate::evaluate::Deployment;

/// The stack's own metrics that have values in an hour in which all is well.
const IF_WELL: [&str; 2] = ["Successes", "WatermarkLag"];

/// The metrics that an alarm watches, which is what it is billed by: those of its expressions are
/// metrics too, an expression is none.
fn watched(alarm: &Value) -> u64 {
    let of_expressions = alarm["Properties"]["Metrics"].as_array();
    of_expressions.map_or(1, |metrics| {
        let watched = metrics.iter().filter(|it| it.get("MetricStat").is_some());
        watched.count() as u64
    })
}

/// With one output of messages and no delivery, as everybody begins.
#[test]
fn a_stack_has_what_its_costs_are_worked_out_of() {
    let stack = Facts::read().unwrap().measured.stack;
    let resources = Deployment::with(&[]).resources();
    let alarms = resources.values();
    let alarms: Vec<&Value> = alarms
        .filter(|it| it["Type"] == "AWS::CloudWatch::Alarm")
        .collect();
    let if_well = alarms.iter().filter(|alarm| {
        let name = alarm["Properties"]["MetricName"].as_str();
        name.is_some_and(|name| IF_WELL.contains(&name))
    });
    let if_well = if_well.count() as u64;
    stack.metrics_if_well.check(if_well).unwrap();
    let alarm_metrics = alarms.iter().map(|alarm| watched(alarm)).sum();
    println!("the alarms watch {alarm_metrics} metrics");
    stack.alarm_metrics.check(alarm_metrics).unwrap();
    for (function, count) in [
        ("Poll", &stack.poll_memory_mb),
        ("Dispatch", &stack.dispatch_memory_mb),
    ] {
        let memory = &resources[function]["Properties"]["MemorySize"];
        let memory = memory
            .as_str()
            .map_or_else(|| memory.to_string(), str::to_owned);
        count.check(memory.parse().unwrap()).unwrap();
    }
}

#[test]
fn an_alarm_is_billed_by_the_metrics_of_its_expressions() {
    let plain = serde_json::json!({"Properties": {"MetricName": "Errors"}});
    assert_eq!(watched(&plain), 1);
    let expression = serde_json::json!({"Properties": {"Metrics": [
        {"Id": "sum", "Expression": "a + b"},
        {"Id": "a", "MetricStat": {}},
        {"Id": "b", "MetricStat": {}},
    ]}});
    assert_eq!(watched(&expression), 2);
}
