use super::settings::SyslogSettings;
use crate::Record;
use crate::event_time::event_time;
use crate::line::one_line;

/// Severities of RFC 5424 for those of Defender; whatever else there is counts as a notice (5).
const SEVERITIES: &[(&str, u64)] = &[
    ("informational", 6),
    ("low", 5),
    ("medium", 4),
    ("high", 3),
    ("critical", 2),
];

/// A message of RFC 5424: the header, no structured data, and the record on one line.
///
/// Without a byte order mark, which the RFC asks for before UTF-8 and which parsers of CEF and
/// LEEF take for a part of the record.
pub(super) fn message(settings: &SyslogSettings, record: &Record) -> Result<String, String> {
    let severity = SEVERITIES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(&record.severity))
        .map_or(5, |(_, severity)| *severity);
    let priority = settings.facility * 8 + severity;
    let time = event_time(record)
        .map(|time| format!("{time:.3}"))
        .unwrap_or_else(|| "-".to_owned());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let id = match record.format.as_str() {
        format if (1..=32).contains(&format.len()) && format.chars().all(is_plain) => format,
        _ => "-",
    };
    let SyslogSettings {
        hostname, app_name, ..
    } = settings;
    let line = one_line(record)?;
    Ok(format!(
        "<{priority}>1 {time} {hostname} {app_name} - {id} - {line}"
    ))
}

/// Appends a message in a frame of RFC 5425: its length in bytes, a blank, and itself.
pub(super) fn append(message: &str, frames: &mut Vec<u8>) {
    frames.extend_from_slice(message.len().to_string().as_bytes());
    frames.push(b' ');
    frames.extend_from_slice(message.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(format: &str, severity: &str, body: &str) -> String {
        let settings = json!({"address": "s:1", "hostname": "h", "app_name": "a"});
        let settings = serde_json::from_value(settings).unwrap();
        let record = Record {
            format: format.into(),
            severity: severity.into(),
            body: body.into(),
            ..Record::default()
        };
        super::message(&settings, &record).unwrap()
    }

    #[test]
    fn the_header_is_that_of_rfc_5424() {
        assert_eq!(
            message("cef", "High", "CEF:0|a|b|c|d|e|8|rt=1767323045000 msg=x\ny"),
            "<131>1 2026-01-02T03:04:05.000Z h a - cef - CEF:0|a|b|c|d|e|8|rt=1767323045000 msg=x y"
        );
        assert_eq!(
            message("odd one", "", "LEEF:2.0|a\tb"),
            "<133>1 - h a - - - LEEF:2.0|a\tb"
        );
    }

    #[test]
    fn frames_count_bytes_and_not_characters() {
        let mut frames = Vec::new();
        append("é", &mut frames);
        append("ab", &mut frames);
        assert_eq!(frames, "2 é2 ab".as_bytes());
    }
}
