//! Alerts to serve, and what must come of them.

use jiff::Timestamp;
use serde_json::{Value, json};

/// Stands in what the alerts say, and must never show in a message.
pub(crate) const CONTENT: &str = "MARKER of the alerts";

/// Long before now, so that a poll reads it only until it has a watermark.
pub(crate) const LONG_AGO: &str = "2021-05-02T14:19:01.3266667Z";

/// Alert `n` with that many files, each with its own name.
pub(crate) fn alert(n: usize, files: usize) -> Value {
    alert_of(n, files, LONG_AGO)
}

/// The same, updated a little while ago: inside the overlap that every poll reads again.
pub(crate) fn recent_alert(n: usize, files: usize) -> Value {
    let minutes_ago = Timestamp::now() - jiff::SignedDuration::from_mins(5);
    alert_of(n, files, &minutes_ago.to_string())
}

/// The same, whose records are so large that a target is believed which says that they are too large.
pub(crate) fn large_alert(n: usize, files: usize) -> Value {
    let mut alert = alert(n, files);
    alert["title"] = format!("{CONTENT} {}", "x".repeat(70_000)).into();
    alert
}

fn alert_of(n: usize, files: usize, updated: &str) -> Value {
    let device = json!({
        "@odata.type": "#microsoft.graph.security.deviceEvidence",
        "mdeDeviceId": "d".repeat(40),
        "deviceDnsName": "ws-1.corp.example.com",
    });
    let evidence: Vec<Value> = std::iter::once(device)
        .chain((0..files).map(|file| {
            json!({
                "@odata.type": "#microsoft.graph.security.fileEvidence",
                "mdeDeviceId": "d".repeat(40),
                "fileDetails": {"fileName": file_name(file), "sha1": format!("{file:040x}")},
            })
        }))
        .collect();
    json!({
        "id": id(n),
        "serviceSource": "microsoftDefenderForEndpoint",
        "severity": "high",
        "title": CONTENT,
        "description": format!("{CONTENT}: a description"),
        "createdDateTime": updated,
        "lastUpdateDateTime": updated,
        "evidence": evidence,
    })
}

/// The alert and the file of every record of [`alert`], sorted as a folder's `files` are.
pub(crate) fn files_of(alerts: impl IntoIterator<Item = (usize, usize)>) -> Vec<(String, String)> {
    let mut files: Vec<_> = alerts
        .into_iter()
        .flat_map(|(n, files)| (0..files).map(move |file| (id(n), file_name(file))))
        .collect();
    files.sort();
    files
}

pub(crate) fn id(n: usize) -> String {
    format!("da{n:06}_1")
}

fn file_name(file: usize) -> String {
    format!("{CONTENT} {file:05}.exe")
}

/// The alerts as a text that the simulator serves.
pub(crate) fn list(alerts: &[Value]) -> String {
    Value::from(alerts.to_vec()).to_string()
}
