//! The metrics of a single machine, as Prometheus' own client reads them.

use std::collections::BTreeMap;

use drawbridge_telemetry::{METRICS, Numbers, Unit, openmetrics};
use serde_json::Value;

#[test]
fn prometheus_reads_every_metric_of_the_table() {
    let mut numbers = Numbers::default();
    for (n, (metric, ..)) in (0_u32..).zip(METRICS) {
        numbers = numbers.with(*metric, f64::from(n) * 100.0);
    }
    let odd = "odd \"name\\ of\na tenant";
    let tenants = BTreeMap::from([
        ("contoso".to_owned(), numbers.clone()),
        (odd.to_owned(), numbers),
    ]);
    let read = drawbridge_readers::run("openmetrics.py", &[], &openmetrics(&tenants));
    let read: Value = serde_json::from_str(&read).unwrap();
    let samples = read["samples"].as_object().unwrap();
    assert_eq!(samples.len(), 2 * METRICS.len());
    for tenant in ["contoso", odd] {
        let written = &samples[&format!("drawbridge_records_written_total {tenant}")];
        assert_eq!(written.as_f64(), Some(100.0), "{tenant}");
    }
    let counters = METRICS
        .iter()
        .filter(|(.., unit)| *unit == Unit::Count)
        .count();
    let types = read["types"].as_object().unwrap();
    assert_eq!(
        types.values().filter(|kind| **kind == "counter").count(),
        counters
    );
    assert_eq!(types["drawbridge_watermark_lag_seconds"], "gauge");
    assert_eq!(types.len(), METRICS.len());
}
