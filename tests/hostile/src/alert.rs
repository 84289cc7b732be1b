use drawbridge_alert::Alert;
use drawbridge_record::{Body, Format, Record};
use serde::de::IgnoredAny;

use crate::marker::{MARKER, assert_discreet, assert_fit_for_a_log};
use crate::text;

/// The most that a record may weigh for each byte of its alert, and beside it. An alert's id and
/// links stand in a record twice, a device's name up to three times, and an escape may double them.
const RECORD_BYTES_PER_BYTE: usize = 16;
const RECORD_BYTES: usize = 16 * 1024;

/// One alert: read, mapped and explained in every format.
pub fn alert(bytes: &[u8]) {
    let Some(json) = text(bytes) else { return };
    let alert = match Alert::decode(json) {
        Ok(alert) => alert,
        Err(error) => {
            assert_fit_for_a_log(&error);
            // The id is named.
            if !error
                .alert_id
                .as_deref()
                .unwrap_or_default()
                .contains(MARKER)
            {
                assert_discreet(&error, json);
            }
            return;
        }
    };
    assert!(!alert.id.is_empty() && alert.raw == json);
    if !alert.id.contains(MARKER) {
        assert!(!format!("{alert:?}{:?}", alert.evidence).contains(MARKER));
    }
    for format in drawbridge_record::formats() {
        records(*format, &alert);
        let explained = format.explain(&alert);
        assert!(serde_json::to_string(&explained).is_ok());
    }
}

fn records(format: &dyn Format, alert: &Alert<'_>) {
    let name = format.name();
    for draft in format.drafts(alert) {
        // What outputs may ask for.
        let _content = draft.content();
    }
    let records: Vec<Record> = drawbridge_record::records(format, alert).collect();
    for record in &records {
        check(format, record, alert);
    }
    assert!(!records.is_empty(), "{name}: an alert without a record");
    assert!(records.len() <= alert.evidence.len() + 1);
}

fn check(format: &dyn Format, record: &Record, alert: &Alert<'_>) {
    let name = format.name();
    let body = &record.body;
    let breaks_lines = |c: char| matches!(c, '\n' | '\r' | '\0');
    assert!(
        !body.is_empty() && !body.contains(breaks_lines),
        "{name}: more than one line"
    );
    if format.body() == Body::Json {
        assert!(
            body.starts_with('{') && body.ends_with('}'),
            "{name}: no object"
        );
        assert!(
            serde_json::from_str::<IgnoredAny>(body).is_ok(),
            "{name}: no JSON"
        );
    }
    let most = RECORD_BYTES + RECORD_BYTES_PER_BYTE * alert.raw.len();
    assert!(body.len() <= most, "{name}: {} bytes", body.len());
    assert_eq!(record.alert_id, alert.id.as_str());
    if !alert.id.contains(MARKER) {
        assert!(
            !format!("{record:?}").contains(MARKER),
            "{name}: debug output shows content"
        );
    }
}
