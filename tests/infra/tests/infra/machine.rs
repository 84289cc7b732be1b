//! The dashboard and the alerts of one machine: they name what `drawbridge poll --metrics-file` writes,
//! and Prometheus' own tool takes every expression.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use drawbridge_poll::{PollError, Report, job_numbers};
use drawbridge_telemetry::openmetrics;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::packages::empty;
use crate::template::{folder, run};

const DASHBOARD: &str = "machine/grafana-dashboard.json";
const RULES: &str = "machine/prometheus-rules.yaml";
/// What Prometheus' node exporter adds to the file that it reads.
const OF_THE_EXPORTER: &str = "node_textfile_mtime_seconds";

fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap()
}

fn dashboard() -> Value {
    serde_json::from_str(&text(DASHBOARD)).unwrap_or_else(|error| panic!("{DASHBOARD}: {error}"))
}

/// The names of the samples that polls write, whatever becomes of them.
fn written() -> BTreeSet<String> {
    let report = Report {
        read_up_to: Some(Timestamp::UNIX_EPOCH),
        newest_alert: Some(Timestamp::UNIX_EPOCH),
        ..Report::default()
    };
    let of = |result| job_numbers(result, None, Timestamp::UNIX_EPOCH, Duration::ZERO);
    let mut numbers = of(Ok(&report));
    numbers.follow(&of(Err(&PollError::Circular.into())));
    let text = openmetrics(&BTreeMap::from([("contoso".to_owned(), numbers)]));
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.split('{').next().unwrap().to_owned())
        .collect()
}

/// The words of an expression that may be the name of a metric of this project or of the exporter.
fn named(expression: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expression.split(|c| !is_word(c));
    let names = words.filter(|word| {
        ["drawbridge_", "node_textfile_"]
            .iter()
            .any(|of| word.starts_with(of))
    });
    let mut names: BTreeSet<String> = names.map(str::to_owned).collect();
    // The beginning of a pattern.
    names.remove("drawbridge_");
    names
}

#[test]
fn the_dashboard_and_the_alerts_name_what_polls_write() {
    let mut known = written();
    assert!(known.contains("drawbridge_watermark_lag_seconds"));
    assert!(known.insert(OF_THE_EXPORTER.to_owned()));
    for (file, at_least) in [(DASHBOARD, 14), (RULES, 9)] {
        let named = named(&text(file));
        assert!(named.len() >= at_least, "{file}: {named:?}");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{file}: nothing writes {unknown:?}");
    }
    // The page says it of the same metrics.
    let page = text("../docs/operations.md");
    let unknown: Vec<String> = named(&page).difference(&known).cloned().collect();
    assert!(unknown.is_empty(), "nothing writes {unknown:?}");
}

/// What Grafana needs to import it: no data source of somebody else's, and panels that do not overlap.
#[test]
fn the_dashboard_can_be_imported() {
    let dashboard = dashboard();
    assert!(dashboard.get("id").is_none(), "an id of somebody else's");
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert_eq!(variables[0]["type"], "datasource");
    assert_eq!(variables[0]["query"], "prometheus");
    let source = json!({"type": "prometheus", "uid": format!("${{{}}}", variables[0]["name"].as_str().unwrap())});
    assert_eq!(variables[1]["datasource"], source);
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    let panels = dashboard["panels"].as_array().unwrap();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(!panel["title"].as_str().unwrap().is_empty(), "{panel}");
        assert_eq!(panel["datasource"], source, "{panel}");
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"], source, "{panel}");
        }
        let at = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{panel} overlaps");
            }
        }
    }
}

/// Prometheus' own tool, of Debian's package.
fn promtool() -> Command {
    let packages = drawbridge_emulator::debian_packages("prometheus", &[], &["prometheus"]);
    let packages =
        packages.unwrap_or_else(|error| panic!("promtool of Debian's prometheus: {error}"));
    let mut command = Command::new(packages.join("usr/bin/promtool"));
    command.current_dir(folder());
    command
}

/// Each alert goes off when it should, and none while all is well.
#[test]
fn the_alerts_go_off_when_they_should() {
    run(promtool().args(["check", "rules", RULES]), "promtool check");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("prometheus_rules_test.yaml");
    run(
        promtool().args(["test", "rules"]).arg(&tests),
        "promtool test",
    );
    let tests = fs::read_to_string(tests).unwrap();
    for line in text(RULES).lines() {
        if let Some((_, alert)) = line.split_once("- alert: ") {
            assert!(
                tests.contains(&format!("\"{alert}\"")),
                "{alert} has no test"
            );
        }
    }
}

#[test]
fn prometheus_takes_every_expression_of_the_dashboard() {
    let mut rules = Vec::new();
    for panel in dashboard()["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            // As Grafana fills its variables in.
            let expression = target["expr"].as_str().unwrap();
            let expression = expression
                .replace("$tenant", "contoso|fabrikam")
                .replace("$__rate_interval", "4m");
            rules.push(json!({"record": format!("panel:{}", rules.len()), "expr": expression}));
        }
    }
    // YAML takes JSON.
    let file = empty("dashboard").join("rules.yaml");
    let groups = json!({"groups": [{"name": "panels", "rules": rules}]});
    fs::write(&file, groups.to_string()).unwrap();
    run(
        promtool().args(["check", "rules"]).arg(file),
        "promtool check",
    );
}
