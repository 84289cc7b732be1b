use std::io::Write as _;

use serde_json::{Map, Value, json};

use crate::{METRICS, Metric, NAMESPACE};

/// One line of metrics in CloudWatch's embedded metric format, which CloudWatch turns into metrics
/// when a function prints it.
///
/// A value of 0 stands in the line, for whoever reads the log, but is no metric: CloudWatch bills
/// each metric by the hours in which it has values, and most are nearly always 0.
///
/// The format: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
#[derive(Debug, Clone)]
pub struct Emf {
    time_ms: i64,
    tenant: String,
    values: Vec<(Metric, f64)>,
}

impl Emf {
    /// Metrics of `tenant`, with the time in milliseconds since 1970.
    #[must_use]
    pub fn new(tenant: &str, time_ms: i64) -> Self {
        Self {
            time_ms,
            tenant: tenant.to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, metric: Metric, value: f64) -> Self {
        self.values.push((metric, value));
        self
    }

    /// The line: one JSON object without a line break.
    #[must_use]
    pub fn line(&self) -> String {
        let given = || {
            METRICS
                .iter()
                .filter_map(|&(m, name, unit)| Some((self.value(m)?, name, unit)))
        };
        let definitions: Vec<Value> = given()
            .filter(|(value, ..)| *value != 0.0)
            .map(|(_, name, unit)| json!({"Name": name, "Unit": unit.as_str()}))
            .collect();
        let mut line = Map::new();
        line.insert(
            "_aws".into(),
            json!({
                "Timestamp": self.time_ms,
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Tenant"]],
                    "Metrics": definitions,
                }],
            }),
        );
        line.insert("Tenant".into(), self.tenant.as_str().into());
        for (value, name, _) in given() {
            line.insert(name.into(), value.into());
        }
        Value::Object(line).to_string()
    }

    /// Prints the line on standard output, which is how metrics travel from a function. One that is
    /// full or closed costs the line and nothing else: `println!` would panic.
    pub fn print(&self) {
        let _ = writeln!(std::io::stdout(), "{}", self.line());
    }

    fn value(&self, metric: Metric) -> Option<f64> {
        self.values
            .iter()
            .find(|(m, _)| *m == metric)
            .map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_metrics_with_their_units() {
        let line = Emf::new("contoso", 1_700_000_000_000)
            .with(Metric::Duration, 12.5)
            .with(Metric::AlertsFetched, 3.0)
            .line();
        assert_eq!(
            line,
            concat!(
                r#"{"_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"Drawbridge","#,
                r#""Dimensions":[["Tenant"]],"Metrics":[{"Name":"AlertsFetched","Unit":"Count"},"#,
                r#"{"Name":"Duration","Unit":"Milliseconds"}]}]},"Tenant":"contoso","#,
                r#""AlertsFetched":3.0,"Duration":12.5}"#
            )
        );
    }

    #[test]
    fn a_zero_is_told_and_not_billed() {
        let emf = Emf::new("t", 0)
            .with(Metric::Gaps, 0.0)
            .with(Metric::Duration, 1.0);
        let line: Value = serde_json::from_str(&emf.line()).unwrap();
        let metrics = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(metrics[0]["Name"], "Duration");
        assert_eq!(
            (metrics.as_array().unwrap().len(), &line["Gaps"]),
            (1, &json!(0.0))
        );
    }

    #[test]
    fn every_metric_is_in_the_table_once() {
        let emf = METRICS
            .iter()
            .fold(Emf::new("t", 0), |emf, &(metric, ..)| emf.with(metric, 1.0));
        let line: Value = serde_json::from_str(&emf.line()).unwrap();
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
                .as_array()
                .unwrap()
                .len(),
            METRICS.len()
        );
        assert_eq!(line.as_object().unwrap().len(), METRICS.len() + 2);
    }
}
