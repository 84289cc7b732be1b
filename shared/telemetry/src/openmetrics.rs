//! The numbers of tenants as OpenMetrics text, for a Prometheus.

use std::collections::BTreeMap;

use crate::{METRICS, Numbers, Unit};

/// What begins the name of each metric.
const PREFIX: &str = "drawbridge";

/// The numbers of each tenant, by its name, as OpenMetrics text: counts as counters, for `rate()`, and
/// times and shares as gauges in seconds and ratios. Prometheus' older text format takes it as well.
///
/// `Metric::WatermarkLag` is `drawbridge_watermark_lag_seconds{tenant="contoso"}`, and
/// `Metric::AlertsFetched` is `drawbridge_alerts_fetched_total`.
///
/// The format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>
#[must_use]
pub fn openmetrics(tenants: &BTreeMap<String, Numbers>) -> String {
    let mut text = String::new();
    for (metric, name, unit) in METRICS {
        let values = tenants
            .iter()
            .filter_map(|(tenant, numbers)| Some((tenant, numbers.get(*metric)?)));
        let values: Vec<(&String, f64)> = values.collect();
        if values.is_empty() {
            continue;
        }
        let Form {
            kind,
            ends_in,
            sample_ends_in,
            factor,
        } = Form::of(*unit);
        let family = format!("{PREFIX}_{}{ends_in}", snake(name));
        text.push_str(&format!("# TYPE {family} {kind}\n"));
        for (tenant, value) in values {
            let tenant = escaped(tenant);
            let value = value * factor;
            text.push_str(&format!(
                "{family}{sample_ends_in}{{tenant=\"{tenant}\"}} {value}\n"
            ));
        }
    }
    text.push_str("# EOF\n");
    text
}

/// How a unit is written.
struct Form {
    kind: &'static str,
    /// What ends the name of the metric, and that of its samples besides.
    ends_in: &'static str,
    sample_ends_in: &'static str,
    factor: f64,
}

impl Form {
    fn of(unit: Unit) -> Self {
        let (kind, ends_in, sample_ends_in, factor) = match unit {
            Unit::Count => ("counter", "", "_total", 1.0),
            Unit::Seconds => ("gauge", "_seconds", "", 1.0),
            Unit::Milliseconds => ("gauge", "_seconds", "", 0.001),
            Unit::Percent => ("gauge", "_ratio", "", 0.01),
        };
        Self {
            kind,
            ends_in,
            sample_ends_in,
            factor,
        }
    }
}

/// `WatermarkLag` as `watermark_lag`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// A label's value between its quotes.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metric;

    #[test]
    fn each_metric_is_a_family_with_a_line_for_each_tenant() {
        let numbers = |alerts, lag| {
            Numbers::default()
                .with(Metric::AlertsFetched, alerts)
                .with(Metric::WatermarkLag, lag)
        };
        let tenants = [
            ("contoso", numbers(3.0, 31.5).with(Metric::Duration, 1500.0)),
            ("fabrikam", numbers(0.0, 7.0)),
            ("it\"s", Numbers::default().with(Metric::StateWeight, 75.0)),
        ];
        let tenants = tenants.map(|(name, numbers)| (name.to_owned(), numbers));
        assert_eq!(
            openmetrics(&tenants.into()),
            "# TYPE drawbridge_alerts_fetched counter\n\
             drawbridge_alerts_fetched_total{tenant=\"contoso\"} 3\n\
             drawbridge_alerts_fetched_total{tenant=\"fabrikam\"} 0\n\
             # TYPE drawbridge_state_weight_ratio gauge\n\
             drawbridge_state_weight_ratio{tenant=\"it\\\"s\"} 0.75\n\
             # TYPE drawbridge_watermark_lag_seconds gauge\n\
             drawbridge_watermark_lag_seconds{tenant=\"contoso\"} 31.5\n\
             drawbridge_watermark_lag_seconds{tenant=\"fabrikam\"} 7\n\
             # TYPE drawbridge_duration_seconds gauge\n\
             drawbridge_duration_seconds{tenant=\"contoso\"} 1.5\n\
             # EOF\n"
        );
        assert_eq!(openmetrics(&BTreeMap::new()), "# EOF\n");
    }
}
