//! Alerts out of a text: one alert, an array, a Graph list response, an incident list with its
//! alerts, or NDJSON. Each alert keeps its bytes.

use serde::Deserialize;
use serde_json::value::RawValue;

/// One alert of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<'a> {
    /// Its place, counted from 1; in NDJSON the line.
    pub position: usize,
    /// Its text, or why that is not JSON.
    pub json: Result<&'a str, String>,
}

/// An input that holds no alerts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is empty.
    #[error("the input is empty: give one alert, an array, a Graph list response or NDJSON")]
    Empty,
    /// It is not text.
    #[error("the input is not UTF-8 text (byte {at})")]
    NotText {
        /// Where it breaks.
        at: usize,
    },
    /// It is not JSON.
    #[error(
        "the input is not JSON (line {line}, column {column}): give one alert, an array, a Graph \
         list response or NDJSON"
    )]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
}

/// A list response; in one of incidents, each may hold its alerts.
#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Incident<'a> {
    #[serde(borrow)]
    alerts: Vec<&'a RawValue>,
}

/// Splits an input into its alerts.
///
/// # Errors
/// [`InputError`] for an input without any. A line of NDJSON that is not JSON fails only itself.
pub fn split(text: &[u8]) -> Result<Vec<Element<'_>>, InputError> {
    let text = std::str::from_utf8(text)
        .map_err(|error| InputError::NotText {
            at: error.valid_up_to(),
        })?
        .trim_start_matches('\u{feff}')
        .trim_ascii();
    if text.is_empty() {
        return Err(InputError::Empty);
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) => Ok(one_document(text)),
        // More than one document: lines, if the first is one whole document by itself.
        Err(error) => {
            let first = text.lines().next().unwrap_or_default();
            if text.lines().nth(1).is_some() && is_object(first) {
                return Ok(lines(text));
            }
            Err(InputError::NotJson {
                line: error.line(),
                column: error.column(),
            })
        }
    }
}

fn is_object(line: &str) -> bool {
    line.trim_start().starts_with('{') && serde_json::from_str::<&RawValue>(line).is_ok()
}

fn one_document(text: &str) -> Vec<Element<'_>> {
    if let Ok(array) = serde_json::from_str::<Vec<&RawValue>>(text) {
        return numbered(array);
    }
    let Ok(List { value }) = serde_json::from_str(text) else {
        return vec![Element {
            position: 1,
            json: Ok(text),
        }];
    };
    let incidents: Result<Vec<Incident<'_>>, _> = value
        .iter()
        .map(|item| serde_json::from_str(item.get()))
        .collect();
    match incidents {
        Ok(incidents) if !incidents.is_empty() => numbered(
            incidents
                .into_iter()
                .flat_map(|incident| incident.alerts)
                .collect(),
        ),
        _ => numbered(value),
    }
}

fn numbered(alerts: Vec<&RawValue>) -> Vec<Element<'_>> {
    let numbered = (1..).zip(alerts);
    numbered
        .map(|(position, raw)| Element {
            position,
            json: Ok(raw.get()),
        })
        .collect()
}

fn lines(text: &str) -> Vec<Element<'_>> {
    let lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(position, line)| {
            let json = match serde_json::from_str::<&RawValue>(line) {
                Ok(raw) => Ok(raw.get()),
                Err(error) => Err(format!("not JSON (column {})", error.column())),
            };
            Element { position, json }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(input: &str) -> Vec<&str> {
        split(input.as_bytes())
            .unwrap()
            .into_iter()
            .map(|e| e.json.unwrap())
            .collect()
    }

    #[test]
    fn every_shape_gives_its_alerts_byte_for_byte() {
        let (a, b) = (r#"{"id": "1",  "n":1.50}"#, r#"{"id":"2"}"#);
        assert_eq!(texts(a), [a]);
        assert_eq!(texts(&format!(" [{a} , {b}]\n")), [a, b]);
        assert_eq!(
            texts(&format!(r#"{{"@odata.context":"x","value":[{a},{b}]}}"#)),
            [a, b]
        );
        assert_eq!(texts(&format!("{a}\n\n{b}\r\n")), [a, b]);
        assert_eq!(
            texts(&format!(
                r#"{{"value":[{{"alerts":[{a}]}},{{"alerts":[{b}]}}]}}"#
            )),
            [a, b]
        );
        assert_eq!(texts("{\n  \"id\": \"1\"\n}"), ["{\n  \"id\": \"1\"\n}"]);
        assert!(texts(r#"{"value":[]}"#).is_empty());
    }

    #[test]
    fn a_bad_line_fails_alone() {
        let elements = split(b"{\"id\":\"1\"}\nnonsense\n{\"id\":\"3\"}").unwrap();
        assert_eq!(elements.len(), 3);
        assert_eq!((elements[1].position, elements[1].json.is_err()), (2, true));
        assert!(elements[2].json.is_ok());
    }

    #[test]
    fn what_holds_no_alerts_is_refused() {
        assert_eq!(split(b"  \n"), Err(InputError::Empty));
        assert_eq!(split(b"{\"a\":\xff}"), Err(InputError::NotText { at: 5 }));
        assert_eq!(
            split(b"{\"a\":"),
            Err(InputError::NotJson { line: 1, column: 5 })
        );
        assert!(split(b"nonsense").is_err());
    }
}
