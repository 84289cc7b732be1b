use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::{Map, Value, json};

use crate::{METRICS, Metric, NAMESPACE};

/// Numbers of a job, of a delivery, or of a whole invocation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Numbers(BTreeMap<Metric, f64>);

impl Numbers {
    /// Adds a value.
    #[must_use]
    pub fn with(mut self, metric: Metric, value: f64) -> Self {
        self.0.insert(metric, value);
        self
    }

    /// Takes others in: counts are added up, and of times and shares the worst stays.
    pub fn add(&mut self, others: &Self) {
        for (metric, _, unit) in METRICS {
            let Some(&other) = others.0.get(metric) else {
                continue;
            };
            let value = self.0.entry(*metric).or_default();
            *value = if unit.is_count() {
                *value + other
            } else {
                value.max(other)
            };
        }
    }

    /// A value, if it is there.
    pub(crate) fn get(&self, metric: Metric) -> Option<f64> {
        self.0.get(&metric).copied()
    }

    /// Takes in those that came later: counts are added up, and of times and shares the last stays.
    pub fn follow(&mut self, later: &Self) {
        for (metric, _, unit) in METRICS {
            let Some(&last) = later.0.get(metric) else {
                continue;
            };
            let value = self.0.entry(*metric).or_default();
            *value = if unit.is_count() { *value + last } else { last };
        }
    }

    /// The line that says what an invocation did with so many `jobs`, or what else there is: one JSON
    /// object without a line break. The numbers are whole, those of 0 are left out but for times, and they stand in a member of their
    /// own, where the stack's metric filters find them.
    #[must_use]
    pub fn batch_line(&self, message: &str, (what, count): (&str, usize)) -> String {
        let told = self
            .given()
            .filter(|(value, _, unit)| *value != 0.0 || unit.is_time())
            .map(|(value, name, _)| (name.to_owned(), whole(value)));
        let batch: Map<String, Value> = told.collect();
        json!({"level": "INFO", "message": message, what: count, "batch": batch}).to_string()
    }

    /// One line of a tenant's metrics in CloudWatch's embedded metric format, which CloudWatch turns
    /// into metrics when a function prints it. The time is in milliseconds since 1970.
    ///
    /// A value of 0 stands in the line, for whoever reads the log, but is no metric: CloudWatch bills
    /// each metric by the hours in which it has values, and most are nearly always 0.
    ///
    /// The format: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
    #[must_use]
    pub fn tenant_line(&self, tenant: &str, time_ms: i64) -> String {
        let definitions: Vec<Value> = self
            .given()
            .filter(|(value, ..)| *value != 0.0)
            .map(|(_, name, unit)| json!({"Name": name, "Unit": unit.as_str()}))
            .collect();
        let mut line = Map::new();
        line.insert(
            "_aws".into(),
            json!({
                "Timestamp": time_ms,
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Tenant"]],
                    "Metrics": definitions,
                }],
            }),
        );
        line.insert("Tenant".into(), tenant.into());
        for (value, name, _) in self.given() {
            line.insert(name.into(), value.into());
        }
        Value::Object(line).to_string()
    }

    fn given(&self) -> impl Iterator<Item = (f64, &'static str, crate::Unit)> {
        let value = |metric| self.0.get(metric).copied();
        METRICS
            .iter()
            .filter_map(move |(metric, name, unit)| Some((value(metric)?, *name, *unit)))
    }
}

/// Prints a line on standard output, which is how metrics travel from a function. One that is full or
/// closed costs the line and nothing else: `println!` would panic.
pub fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "counts and times of one invocation are far below 2^63"
)]
fn whole(value: f64) -> Value {
    (value.round() as i64).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_polls_one_after_the_other_counts_add_up_and_the_last_time_counts() {
        let poll = |alerts, lag| {
            Numbers::default()
                .with(Metric::AlertsFetched, alerts)
                .with(Metric::WatermarkLag, lag)
        };
        let mut all = poll(3.0, 900.0);
        all.follow(&poll(4.0, 31.0));
        all.follow(&Numbers::default().with(Metric::Failures, 1.0));
        assert_eq!(all, poll(7.0, 31.0).with(Metric::Failures, 1.0));
    }

    #[test]
    fn a_tenants_line_names_its_metrics_with_their_units() {
        let line = Numbers::default()
            .with(Metric::Duration, 12.5)
            .with(Metric::AlertsFetched, 3.0)
            .tenant_line("contoso", 1_700_000_000_000);
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
        let numbers = Numbers::default()
            .with(Metric::Gaps, 0.0)
            .with(Metric::Duration, 1.0);
        let line: Value = serde_json::from_str(&numbers.tenant_line("t", 0)).unwrap();
        let metrics = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(metrics[0]["Name"], "Duration");
        assert_eq!(
            (metrics.as_array().unwrap().len(), &line["Gaps"]),
            (1, &json!(0.0))
        );
    }

    #[test]
    fn every_metric_is_in_the_table_once() {
        let every = METRICS
            .iter()
            .fold(Numbers::default(), |all, &(metric, ..)| {
                all.with(metric, 1.0)
            });
        let line: Value = serde_json::from_str(&every.tenant_line("t", 0)).unwrap();
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
                .as_array()
                .unwrap()
                .len(),
            METRICS.len()
        );
        assert_eq!(line.as_object().unwrap().len(), METRICS.len() + 2);
    }

    #[test]
    fn of_a_batch_counts_are_added_up_and_the_worst_of_the_rest_is_told() {
        let mut batch = Numbers::default();
        for (alerts, lag, percent) in [(2.0, 30.4, 0.0), (3.0, 4000.6, 81.0), (0.0, 31.0, 50.0)] {
            let job = Numbers::default()
                .with(Metric::AlertsFetched, alerts)
                .with(Metric::Gaps, 0.0)
                .with(Metric::WatermarkLag, lag)
                .with(Metric::StateWeight, percent);
            batch.add(&job);
        }
        assert_eq!(
            batch.batch_line("polled", ("jobs", 3)),
            concat!(
                r#"{"level":"INFO","message":"polled","jobs":3,"#,
                r#""batch":{"AlertsFetched":5,"StateWeight":81,"WatermarkLag":4001}}"#
            )
        );
        // One that is on time is told: the alarm on missing polls counts on it.
        let on_time = Numbers::default().with(Metric::WatermarkLag, 0.2);
        let line = on_time.batch_line("polled", ("jobs", 1));
        assert!(line.contains(r#""WatermarkLag":0"#), "{line}");
    }
}
