//! The alerts that are polled, and the records that the pure mapping makes of them.

use std::fs;

use drawbridge_alert::Alert;
use drawbridge_record::{Format, Record};
use drawbridge_simulator::{Alerts, GenerateOptions};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The clock of the poll.
pub(crate) const NOW: &str = "2026-03-02T04:00:00Z";

/// The alert that the pages of the consumers show.
pub(crate) const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/consumers/alert.json"
);

/// The sample, generated alerts over all evidence types, and a hostile one.
pub(crate) fn all() -> Vec<String> {
    let mut alerts = vec![sample(), hostile().to_string()];
    alerts.extend(generated(60).iter().map(Value::to_string));
    alerts
}

/// Generated alerts; every evidence type is among 192 of them.
pub(crate) fn generated(count: usize) -> Vec<Value> {
    let to: Timestamp = NOW.parse().unwrap();
    let to = to - SignedDuration::from_mins(30);
    let generated = Alerts::generate(&GenerateOptions {
        count,
        seed: 6,
        from: to - SignedDuration::from_hours(20),
        to,
    });
    let read = |text: &[u8]| serde_json::from_slice(text).unwrap();
    generated.texts().map(read).collect()
}

pub(crate) fn sample() -> String {
    let alert: Value = serde_json::from_str(&fs::read_to_string(SAMPLE).unwrap()).unwrap();
    alert.to_string()
}

/// What an attacker may write where an alert quotes it: ends of lines, delimiters, forged records.
fn hostile() -> Value {
    let text = "a]},{\"id\":1}\r\n{\"detail\":{}}\u{2028}\u{85}\u{b}\t|k=v\\ \u{ffff} \"é 🦀\" + %2B cs1=x";
    json!({
        "id": "da-hostile", "title": text, "description": text, "severity": "high", "status": "new",
        "detectorId": "1|2\\", "category": text, "serviceSource": "microsoftDefenderForEndpoint",
        "detectionSource": "antivirus", "createdDateTime": "2026-03-01T22:00:00Z",
        "lastUpdateDateTime": "2026-03-01T22:00:01Z",
        "evidence": [{
            "@odata.type": "#microsoft.graph.security.processEvidence", "processId": 7,
            "processCommandLine": text,
            "imageFile": {"fileName": text, "filePath": "C:\\x|y"},
            "userAccount": {"accountName": text, "domainName": "D\\"},
        }],
    })
}

/// The records of an alert that was never seen before.
pub(crate) fn records(format: &dyn Format, alert: &str) -> Vec<Record> {
    drawbridge_record::records(format, &Alert::decode(alert).unwrap()).collect()
}
