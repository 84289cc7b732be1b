use serde::Serialize;
use serde_json::{Map, Value};

use crate::Record;
use crate::line::is_json;

/// Keys of the `siem` record, which no other format has at its top, with the CEF key that playbooks
/// look for, and what it contains in SOAR's words ("contains"), by which actions are offered.
const CEF: &[(&str, &str, &[&str])] = &[
    ("ComputerDnsName", "deviceHostname", &["host name"]),
    ("UserName", "destinationUserName", &["user name"]),
    ("UserDomain", "destinationNtDomain", &["domain"]),
    ("IpAddress", "sourceAddress", &["ip"]),
    ("Url", "requestURL", &["url"]),
    ("FileName", "fileName", &["file name"]),
    ("FilePath", "filePath", &["file path"]),
    ("FileHash", "fileHash", &["hash"]),
    ("Sha1", "fileHashSha1", &["hash", "sha1"]),
    ("Sha256", "fileHashSha256", &["hash", "sha256"]),
    ("Md5", "fileHashMd5", &["hash", "md5"]),
    ("CommandLine", "cmdLine", &["process name"]),
    ("LinkToMTP", "externalLink", &["url"]),
];

/// Characters of a name that SOAR shows whole.
const MOST_NAME_CHARS: usize = 250;

/// An alert, as SOAR's container.
#[derive(Serialize)]
pub(super) struct Container<'a> {
    label: &'a str,
    name: String,
    source_data_identifier: &'a str,
    severity: &'static str,
    description: String,
    run_automation: bool,
}

/// A record, as an artifact of a container.
#[derive(Serialize)]
pub(super) struct Artifact<'a> {
    container_id: u64,
    /// The label, as in Splunk's own app for Defender.
    label: &'static str,
    name: String,
    source_data_identifier: &'a str,
    severity: &'static str,
    cef: Map<String, Value>,
    cef_types: Map<String, Value>,
    run_automation: bool,
}

impl<'a> Container<'a> {
    pub(super) fn of(record: &'a Record, label: &'a str) -> Self {
        Self {
            label,
            name: name(&members(record).unwrap_or_default(), record),
            source_data_identifier: alert_id(record),
            severity: severity(record),
            description: format!("Microsoft Defender alert of {}", record.tenant),
            // Playbooks start with the last artifact: a container alone tells them nothing.
            run_automation: false,
        }
    }
}

impl<'a> Artifact<'a> {
    /// The artifact, or why there can be none.
    pub(super) fn of(
        record: &'a Record,
        container_id: u64,
        run_automation: bool,
    ) -> Result<Self, String> {
        let mut cef = members(record)?;
        let name = name(&cef, record);
        let mut cef_types = Map::new();
        for (key, cef_key, contains) in CEF {
            let value = cef.get(*key).filter(|value| value.as_str() != Some(""));
            if let Some(value) = value.cloned() {
                cef.insert((*cef_key).to_owned(), value);
                cef_types.insert((*cef_key).to_owned(), Value::from(contains.to_vec()));
            }
        }
        Ok(Self {
            container_id,
            label: "alert",
            name,
            source_data_identifier: &record.key,
            severity: severity(record),
            cef,
            cef_types,
            run_automation,
        })
    }
}

/// Whether there can be an artifact of the record.
pub(super) fn check(record: &Record) -> Result<(), String> {
    members(record).map(drop)
}

/// What identifies the alert: its id, or the record's key where nobody said which alert it is of.
pub(super) fn alert_id(record: &Record) -> &str {
    match record.alert_id.as_str() {
        "" => &record.key,
        id => id,
    }
}

/// The record's members; a line of text is one, `message`.
fn members(record: &Record) -> Result<Map<String, Value>, String> {
    let body = record.body.trim();
    if is_json(record)? {
        return serde_json::from_str(body).map_err(|_| "the record is not valid JSON".to_owned());
    }
    let message = ("message".to_owned(), Value::from(body));
    Ok(Map::from_iter([message]))
}

fn name(members: &Map<String, Value>, record: &Record) -> String {
    let title = ["AlertTitle", "title"]
        .iter()
        .find_map(|key| members.get(*key)?.as_str())
        .filter(|title| !title.is_empty())
        .unwrap_or(alert_id(record));
    title.chars().take(MOST_NAME_CHARS).collect()
}

/// SOAR's own three severities.
fn severity(record: &Record) -> &'static str {
    match record.severity.to_ascii_lowercase().as_str() {
        "high" | "critical" => "high",
        "informational" | "low" => "low",
        _ => "medium",
    }
}
