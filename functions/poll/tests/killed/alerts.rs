use std::collections::BTreeMap;

use drawbridge_alert::Alert;
use drawbridge_record::{format, records};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Stands in what the alerts say.
pub(crate) const CONTENT: &str = "MARKER of the alerts";

/// Alert `n` with two addresses, updated within the overlap that every poll reads again.
pub(crate) fn alert(n: usize) -> Value {
    let age = SignedDuration::from_secs(120 + i64::try_from(n % 60).unwrap());
    let time = (Timestamp::now() - age).to_string();
    let evidence = [1, 2].map(|address| {
        json!({
            "@odata.type": "#microsoft.graph.security.ipEvidence",
            "ipAddress": format!("192.0.2.{address}"),
        })
    });
    json!({
        "id": format!("da{n}"), "title": CONTENT, "severity": "high", "status": "new",
        "serviceSource": "microsoftDefenderForEndpoint", "createdDateTime": time,
        "lastUpdateDateTime": time, "evidence": evidence,
    })
}

/// Every record of the alerts by its key, without its place among those of its alert.
pub(crate) fn expected(alerts: &[Value]) -> BTreeMap<String, Value> {
    let mut expected = BTreeMap::new();
    for alert in alerts {
        let text = alert.to_string();
        let alert = Alert::decode(&text).unwrap();
        let records = records(format("siem").unwrap(), &alert);
        expected.extend(records.map(|record| (record.key, without_part(&record.body))));
    }
    expected
}

/// A body without its `AlertPart`: the guarantee says nothing of it when a record comes again.
pub(crate) fn without_part(body: &str) -> Value {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body.as_object_mut().unwrap().remove("AlertPart").unwrap();
    body
}
