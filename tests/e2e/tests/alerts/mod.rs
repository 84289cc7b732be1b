//! Alerts for the tests, and the records that the pure mapping makes of them.

use std::collections::BTreeMap;

use drawbridge_alert::Alert;
use drawbridge_record::{Record, format};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Alert `n`, last changed `n` seconds before `newest`, with these addresses.
pub(crate) fn alert(n: i64, newest: Timestamp, addresses: &[&str]) -> Value {
    let time = (newest - SignedDuration::from_secs(n)).to_string();
    let evidence: Vec<Value> = addresses
        .iter()
        .map(|address| json!({"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": address}))
        .collect();
    json!({
        "id": format!("da{n}"), "title": "Beacon", "severity": "high", "status": "new",
        "serviceSource": "microsoftDefenderForEndpoint", "detectionSource": "antivirus",
        "createdDateTime": time, "lastUpdateDateTime": time, "lastActivityDateTime": time,
        "evidence": evidence,
    })
}

/// The records of alerts that were never seen before, by their keys.
pub(crate) fn records(alerts: &[Value]) -> BTreeMap<String, Record> {
    let mut records = BTreeMap::new();
    for alert in alerts {
        let text = alert.to_string();
        let alert = Alert::decode(&text).unwrap();
        let of_alert = drawbridge_record::records(format("siem").unwrap(), &alert);
        records.extend(of_alert.map(|record| (record.key.clone(), record)));
    }
    records
}

/// The same, with the body alone.
pub(crate) fn bodies(alerts: &[Value]) -> BTreeMap<String, String> {
    let records = records(alerts).into_iter();
    records.map(|(key, record)| (key, record.body)).collect()
}
