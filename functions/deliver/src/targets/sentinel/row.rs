use serde_json::{Map, Value};

use super::column::column;
use crate::Record;
use crate::event_time::event_time;
use crate::line::is_json;

/// A field may have 64 KB; Log Analytics cuts a longer one without a word.
const MOST_FIELD_BYTES: usize = 64 * 1024;

/// A record as a row of a table.
pub(super) struct Row {
    pub(super) json: Vec<u8>,
    /// Which fields had to be cut, if any.
    pub(super) missing: Option<String>,
}

/// The row of a record: its members under names that a column can have, and `TimeGenerated`.
/// A line of text is the column `RawData`.
pub(super) fn row(record: &Record) -> Result<Row, String> {
    let body = record.body.trim();
    let members: Map<String, Value> = if is_json(record)? {
        serde_json::from_str(body).map_err(|_| "the record is not valid JSON".to_owned())?
    } else {
        Map::from_iter([("RawData".to_owned(), Value::from(body))])
    };
    let mut row = Map::with_capacity(members.len() + 1);
    let mut cut = Vec::new();
    if let Some(time) = event_time(record) {
        row.insert("TimeGenerated".to_owned(), Value::from(time.to_string()));
    }
    for (name, value) in members {
        let mut column = column(&name).into_owned();
        // Two members of one name: none of them is dropped.
        while row.contains_key(&column) {
            column.truncate(super::MAX_COLUMN_CHARS - 1);
            column.push('_');
            if column.ends_with("______") {
                return Err("too many members have the same name as a column".to_owned());
            }
        }
        let value = match fitted(value) {
            Ok(value) => value,
            Err(value) => {
                cut.push(column.clone());
                value
            }
        };
        row.insert(column, value);
    }
    let json = serde_json::to_vec(&row).map_err(|_| "the record has no JSON form".to_owned())?;
    let missing = (!cut.is_empty()).then(|| {
        format!(
            "delivered with {} cut to 64 KB, which is the most that Log Analytics keeps of a field",
            cut.join(", ")
        )
    });
    Ok(Row { json, missing })
}

/// The value, or as `Err` as much of it as fits.
fn fitted(value: Value) -> Result<Value, Value> {
    let text = match value {
        Value::String(text) if text.len() > MOST_FIELD_BYTES => text,
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() <= MOST_FIELD_BYTES {
                return Ok(value);
            }
            text
        }
        value => return Ok(value),
    };
    let end = text.floor_char_boundary(MOST_FIELD_BYTES);
    Err(Value::from(&text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_of(format: &str, body: &str) -> (Value, Option<String>) {
        let record = Record {
            format: format.into(),
            body: body.into(),
            ..Record::default()
        };
        let row = row(&record).unwrap();
        (serde_json::from_slice(&row.json).unwrap(), row.missing)
    }

    #[test]
    fn reserved_names_make_way() {
        let (row, missing) = row_of(
            "native",
            r#"{"id":"da1","AlertId":"x","tenantId":"t","lastUpdateDateTime":"2026-01-02T03:04:05Z"}"#,
        );
        assert_eq!(
            row.to_string(),
            r#"{"TimeGenerated":"2026-01-02T03:04:05Z","AlertId":"da1","AlertId_":"x","AlertTenantId":"t","lastUpdateDateTime":"2026-01-02T03:04:05Z"}"#
        );
        assert_eq!(missing, None);
    }

    #[test]
    fn long_fields_are_cut_and_told() {
        let long = "é".repeat(40_000);
        let body = serde_json::json!({"Description": long, "evidence": [long], "n": 1}).to_string();
        let (row, missing) = row_of("siem", &body);
        for name in ["Description", "evidence"] {
            let kept = row[name].as_str().unwrap().len();
            assert!((65_530..=65_536).contains(&kept), "{kept}");
        }
        let missing = missing.unwrap();
        assert!(missing.contains("Description, evidence cut"), "{missing}");
    }

    #[test]
    fn text_is_a_column() {
        let (row, _) = row_of("cef", "CEF:0|a|b|c|d|e|5|rt=1767323045000");
        assert_eq!(row["RawData"], "CEF:0|a|b|c|d|e|5|rt=1767323045000");
        assert_eq!(row["TimeGenerated"], "2026-01-02T03:04:05Z");
    }
}
