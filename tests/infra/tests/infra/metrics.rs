//! The dashboard shows what the functions tell, by tenant or of all together.

use std::collections::BTreeSet;

use drawbridge_telemetry::{METRICS, NAMESPACE};
use serde_json::Value;

use crate::evaluate::Deployment;
use crate::outputs::every_output;

const WITH_DASHBOARD: (&str, &str) = ("Dashboard", "yes");
const DELIVERY: [(&str, &str); 2] = [
    ("DeliverTarget", "syslog"),
    ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
];

/// The dashboard's widgets in a deployment.
fn widgets(parameters: &[(&str, &str)]) -> Vec<Value> {
    let resources = Deployment::with(&[parameters, &[WITH_DASHBOARD]].concat()).resources();
    let text = resources["Monitoring/Dashboard"]["Properties"]["DashboardBody"]
        .as_str()
        .unwrap();
    let body: Value = serde_json::from_str(text)
        .unwrap_or_else(|error| panic!("DashboardBody is no JSON: {error}: {text}"));
    body["widgets"].as_array().unwrap().clone()
}

/// Those of one with everything but metrics by tenant.
fn most_widgets() -> Vec<Value> {
    widgets(&[&every_output()[..], &DELIVERY].concat())
}

/// The lines of all widgets that show metrics.
fn shown(widgets: &[Value]) -> Vec<&Value> {
    let metrics = widgets.iter().filter(|widget| widget["type"] == "metric");
    metrics
        .flat_map(|widget| widget["properties"]["metrics"].as_array().unwrap())
        .collect()
}

fn emitted() -> BTreeSet<String> {
    let names = METRICS.iter().map(|(_, name, _)| (*name).to_owned());
    names.collect()
}

#[test]
fn there_is_a_dashboard_only_where_it_is_asked_for() {
    for (dashboard, is_there) in [("no", false), ("yes", true)] {
        let deployment = Deployment::with(&[("Dashboard", dashboard)]);
        let resources = deployment.resources();
        assert_eq!(resources.contains_key("Monitoring/Dashboard"), is_there);
        assert_eq!(deployment.outputs().contains_key("DashboardUrl"), is_there);
    }
    let by_default = Deployment::with(&[]).resources();
    assert!(!by_default.contains_key("Monitoring/Dashboard"));
}

#[test]
fn the_dashboard_shows_the_queues_that_there_are() {
    let queues = |widgets: &[Value]| {
        let of = |metric: &str| shown(widgets).iter().filter(|it| it[1] == metric).count();
        (
            of("ApproximateAgeOfOldestMessage"),
            of("ApproximateNumberOfMessagesVisible"),
        )
    };
    assert_eq!(queues(&widgets(&[])), (2, 4));
    assert_eq!(queues(&most_widgets()), (13, 26));
}

/// CloudFormation takes 4,096 bytes for a parameter, a queue's name has up to 80 characters, and a
/// region's up to 14.
#[test]
fn what_the_dashboard_is_told_of_the_outputs_fits_into_parameters() {
    let resources = Deployment::with(&every_output()).resources();
    let parameters = &resources["Monitoring"]["Properties"]["Parameters"];
    let mut longest = 0;
    for (name, value) in parameters.as_object().unwrap() {
        let mut text = value
            .as_str()
            .unwrap()
            .replace("us-east-1", "ap-southeast-1");
        while let Some((before, after)) = text.split_once('<') {
            let (_, after) = after.split_once('>').unwrap();
            text = format!("{before}{}{after}", "q".repeat(80));
        }
        assert!(text.len() <= 4096, "{name}: {} bytes", text.len());
        longest = longest.max(text.len());
    }
    assert!(longest > 1000, "no widgets of outputs");
}

/// The numbers that the dashboard reads out of the log.
#[test]
fn everything_emitted_is_on_the_dashboard() {
    let mut read = BTreeSet::new();
    for widget in most_widgets().iter().filter(|it| it["type"] == "log") {
        let query = widget["properties"]["query"].as_str().unwrap();
        for text in query.split("batch.").skip(1) {
            let name = text.split(')').next().unwrap_or_default();
            read.insert(name.to_owned());
            let is_delivery = name.starts_with("Deliver");
            let log = if is_delivery { "Deliver" } else { "Poll" };
            let source = format!("SOURCE '<{log}LogGroup>'");
            assert!(query.starts_with(&source), "{query}");
        }
    }
    let metrics = shown(&most_widgets())
        .into_iter()
        .filter(|it| it[0] == format!("{NAMESPACE}/stack"))
        .map(|it| it[1].as_str().unwrap().to_owned())
        .collect();
    let on_dashboard: BTreeSet<String> = read.union(&metrics).cloned().collect();
    assert_eq!(
        on_dashboard,
        emitted(),
        "left: on the dashboard in infra/monitoring.yaml, right: drawbridge_telemetry::METRICS"
    );
}

/// The members that `functions/poll/src/lambda/trouble.rs` logs.
#[test]
fn the_dashboard_names_the_tenants_in_trouble() {
    let widgets = widgets(&[]);
    let first = &widgets[0]["properties"];
    assert_eq!(first["view"], "table");
    let query = first["query"].as_str().unwrap();
    for member in ["ispresent(trouble)", "max(lag_secs)", "by tenant"] {
        assert!(query.contains(member), "{query}");
    }
}

/// What is searched for by tenant.
fn searched(widgets: &[Value]) -> Vec<String> {
    let start = format!("SEARCH('{{{NAMESPACE},Tenant}} MetricName=\"");
    let expressions = shown(widgets).into_iter();
    let expressions = expressions.filter_map(|it| it[0]["expression"].as_str());
    expressions
        .map(|expression| {
            let name = expression
                .strip_prefix(&start)
                .and_then(|rest| rest.split_once('"'))
                .unwrap_or_else(|| panic!("{expression} does not start with {start}"));
            name.0.to_owned()
        })
        .collect()
}

#[test]
fn tenants_are_searched_for_only_where_they_have_metrics() {
    assert_eq!(searched(&most_widgets()), [""; 0]);
    let by_tenant = widgets(&[("TenantMetrics", "yes")]);
    let searched = searched(&by_tenant);
    assert!(!searched.is_empty());
    for name in searched {
        assert!(emitted().contains(&name), "{name} is not emitted");
    }
}

#[test]
fn tenants_have_metrics_of_their_own_only_where_that_is_asked_for() {
    for (parameters, expected) in [
        (vec![], "no"),
        (vec![("TenantMetrics", "no")], "no"),
        (vec![("TenantMetrics", "yes")], "yes"),
    ] {
        let deployment = Deployment::with(&[&parameters[..], &DELIVERY].concat());
        for function in ["Poll", "Deliver"] {
            let variable = deployment.variable(function, "DRAWBRIDGE_TENANT_METRICS");
            assert_eq!(variable.as_deref(), Some(expected), "{function}");
        }
    }
}
