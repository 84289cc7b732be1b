use serde::Deserialize;

use crate::Alert;
use crate::depth::{MAX_DEPTH, MAX_VALUES, has_more_values_than, is_deeper_than};

/// The most characters of an id that an error keeps; Graph's have about fifty.
const MAX_ID_CHARS: usize = 200;

/// The most characters of a path; the names in it may be anybody's.
const MAX_PATH_CHARS: usize = 200;

/// An alert that could not be read.
///
/// It holds no value of the alert but its id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
pub struct DecodeError {
    /// The alert's id, where that at least could be read; the first 200 characters of a longer one.
    pub alert_id: Option<String>,
    /// Where, such as `evidence[3].fileDetails.sha1`: printable ASCII, at most 200 characters.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

impl DecodeError {
    fn words(&self) -> String {
        let Self {
            alert_id,
            path,
            reason,
        } = self;
        match alert_id {
            Some(id) => format!(
                "the alert {id:?} cannot be read{}: {reason}; report the shape of this property, and \
                 map the alert again with a release that knows it",
                at(path)
            ),
            None => format!(
                "this is not an alert as Microsoft Graph's alerts_v2 has them, or its id cannot be \
                 read{}: {reason}",
                at(path)
            ),
        }
    }
}

/// Where in the alert, unless it is all of it.
fn at(path: &str) -> String {
    match path {
        "." => String::new(),
        path => format!(" at {path}"),
    }
}

impl<'a> Alert<'a> {
    /// Reads one alert from its JSON text.
    ///
    /// # Errors
    /// [`DecodeError`] when the text is not a JSON object, has no `id`, has a wrong type in a property
    /// that the records need, is nested so deeply that readers of the records would fail on it, or
    /// has so many values that reading it would take more memory than there may be.
    pub fn decode(json: &'a str) -> Result<Self, DecodeError> {
        // serde would take an array for a struct's fields in order.
        if !json.trim_ascii_start().starts_with('{') {
            return Err(DecodeError {
                alert_id: None,
                path: ".".into(),
                reason: "it is not a JSON object".into(),
            });
        }
        // Checked before anything is allocated for it.
        if has_more_values_than(MAX_VALUES, json) {
            return Err(DecodeError {
                alert_id: id_of(json),
                path: ".".into(),
                reason: format!("it has more than {MAX_VALUES} JSON values"),
            });
        }
        match serde_json::from_str::<Self>(json) {
            Ok(alert) if alert.id.is_empty() => Err(DecodeError {
                alert_id: None,
                path: "id".into(),
                reason: "it is empty".into(),
            }),
            Ok(alert) if is_deeper_than(MAX_DEPTH, json) => Err(DecodeError {
                alert_id: Some(shortened(&alert.id)),
                path: ".".into(),
                reason: TOO_DEEP.into(),
            }),
            Ok(alert) => Ok(Alert { raw: json, ..alert }),
            Err(_) => Err(explain(json)),
        }
    }
}

const TOO_DEEP: &str = "it is nested too deeply";

/// The alert's id, if that at least can be read.
fn id_of(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        id: Option<String>,
    }
    let found = serde_json::from_str::<Id>(json).ok()?;
    found.id.map(|id| shortened(&id))
}

/// Reads the alert again, slowly, to tell where it broke.
fn explain(json: &str) -> DecodeError {
    let alert_id = id_of(json);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let (path, reason) = match serde_path_to_error::deserialize::<_, Alert<'_>>(&mut deserializer) {
        Ok(_) => (".".to_owned(), "something follows it".to_owned()),
        Err(error) => (printable(error.path()), reason(error.inner())),
    };
    DecodeError {
        alert_id,
        path,
        reason,
    }
}

fn shortened(id: &str) -> String {
    id.chars().take(MAX_ID_CHARS).collect()
}

/// The path without what a name in it could do to a log.
fn printable(path: &serde_path_to_error::Path) -> String {
    let plain = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    let path = path.to_string();
    path.chars().take(MAX_PATH_CHARS).map(plain).collect()
}

/// The kind of trouble; serde's own message would repeat the value.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") || text.starts_with("duplicate field") {
        // Where that was seen is the end of the alert.
        return text
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    if text.contains("recursion limit") {
        return TOO_DEEP.into();
    }
    match error.classify() {
        serde_json::error::Category::Data => "it has a type that this property never had".into(),
        serde_json::error::Category::Eof => "it is cut off".into(),
        _ => format!("it is not valid JSON (column {})", error.column()),
    }
}

#[cfg(test)]
mod tests {
    use crate::depth::MAX_VALUES;
    use crate::{Alert, Evidence};

    fn failing(json: &str) -> super::DecodeError {
        Alert::decode(json).unwrap_err()
    }

    #[test]
    fn an_id_is_enough() {
        let alert = Alert::decode(r#"{"id":"da1","unknown":[1,{"a":null}]}"#).unwrap();
        assert_eq!(&*alert.id, "da1");
        assert!(alert.evidence.is_empty());
    }

    #[test]
    fn null_is_absent() {
        let json = r#"{"id":"da1","title":null,"evidence":null,"mitreTechniques":[null,"T1"],
            "lastUpdateDateTime":null}"#;
        let alert = Alert::decode(json).unwrap();
        assert!(alert.title.is_none() && alert.last_update.is_none());
        assert_eq!(alert.mitre_techniques.len(), 1);
        assert_eq!(alert.raw, json);
    }

    #[test]
    fn the_type_is_found_wherever_and_however_it_is_written() {
        for evidence in [
            r##"{"@odata.type":"#microsoft.graph.security.fileEvidence","mdeDeviceId":"d"}"##,
            r##"{"mdeDeviceId":"d","@odata.type":"#microsoft.graph.security.FILEevidence"}"##,
            r#"{"@odata.type":"fileEvidence","mdeDeviceId":"d"}"#,
        ] {
            let json = format!(r#"{{"id":"da1","evidence":[{evidence}]}}"#);
            let alert = Alert::decode(&json).unwrap();
            let Evidence::File(file) = &alert.evidence[0] else {
                panic!("{evidence}")
            };
            assert_eq!(file.mde_device_id.as_deref(), Some("d"));
        }
    }

    #[test]
    fn evidence_of_no_known_type_keeps_its_place() {
        let json = r#"{"id":"da1","evidence":[null,{},{"a":1},{"@odata.type":null},
            {"@odata.type":"x.newEvidence","fileDetails":7},{"@odata.type":"urlEvidence","url":"u"}]}"#;
        let alert = Alert::decode(json).unwrap();
        assert_eq!(alert.evidence.len(), 6);
        assert!(matches!(alert.evidence[5], Evidence::Url(_)));
        assert!(
            matches!(&alert.evidence[4], Evidence::Other(Some(kind)) if &**kind == "x.newEvidence")
        );
    }

    #[test]
    fn the_place_is_named_and_no_value_repeated() {
        for (json, path, id) in [
            (
                r#"{"id":"da1","title":{"hunter2":1}}"#,
                "title",
                Some("da1"),
            ),
            (
                r#"{"id":"da1","evidence":[{},{"@odata.type":"fileEvidence","fileDetails":{"sha1":["hunter2"]}}]}"#,
                "evidence[1].fileDetails.sha1",
                Some("da1"),
            ),
            (
                r#"{"id":"da1","evidence":[{"@odata.type":"deviceEvidence","loggedOnUsers":[["hunter2"]]}]}"#,
                "evidence[0].loggedOnUsers[0]",
                Some("da1"),
            ),
            (
                r#"{"id":"da1","evidence":[{"@odata.type":"fileEvidence","fileDetails":["hunter2"]}]}"#,
                "evidence[0].fileDetails",
                Some("da1"),
            ),
            (r#"{"title":"hunter2"}"#, ".", None),
            (r#"{"id":""}"#, "id", None),
            (r#"{"id":"da1","title":"hunter2"#, "title", None),
            (
                r#"{"id":"da1","title":"\ud800 hunter2"}"#,
                "title",
                Some("da1"),
            ),
            (r#"{"id":"a","id":"hunter2"}"#, ".", None),
            (r#"["hunter2"]"#, ".", None),
            ("hunter2", ".", None),
        ] {
            let error = failing(json);
            assert_eq!(
                (error.path.as_str(), error.alert_id.as_deref()),
                (path, id),
                "{json}"
            );
            assert!(
                !format!("{error} {error:?}").contains("hunter2"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn debug_output_holds_no_content() {
        let alert = Alert::decode(r#"{"id":"da1","title":"hunter2"}"#).unwrap();
        assert_eq!(
            format!("{alert:?}"),
            "Alert { id: \"da1\", raw_bytes: 30, evidence: 0, .. }"
        );
    }

    #[test]
    fn an_error_is_one_short_line_whatever_the_names_are() {
        let name = format!("a\\nb\\u202e{}", "k".repeat(5000));
        let id = "i".repeat(5000);
        let json = format!(
            r#"{{"id":"{id}","evidence":[{{"{name}":1e400,"@odata.type":"fileEvidence"}}]}}"#
        );
        let error = failing(&json);
        assert!(
            error.path.starts_with("evidence[0].a?b?k"),
            "{}",
            error.path
        );
        assert_eq!(error.path.len(), 200);
        assert_eq!(error.alert_id.as_deref(), Some(&id[..200]));
        assert!(error.to_string().len() < 1000);
    }

    /// Eleven million of these fit in a page, and each takes far more memory than its two bytes.
    #[test]
    fn an_alert_of_countless_values_is_refused_with_its_id() {
        let list = |count: usize, value: &str| vec![value; count].join(",");
        for (evidence, other) in [
            (list(MAX_VALUES, "{}"), String::new()),
            (list(MAX_VALUES, "null"), String::new()),
            (String::new(), list(MAX_VALUES, "0")),
            (
                list(MAX_VALUES / 6, r#"{"a":[1,2,3],"b":{}}"#),
                String::new(),
            ),
        ] {
            let json = format!(r#"{{"evidence":[{evidence}],"x":[{other}],"id":"da1"}}"#);
            let error = failing(&json);
            assert_eq!(error.alert_id.as_deref(), Some("da1"));
            assert!(error.to_string().contains("150000 JSON values"), "{error}");
        }
        // The alert, its id and the list are three.
        let most = MAX_VALUES - 3;
        let large = format!(r#"{{"id":"da1","evidence":[{}]}}"#, list(most, "{}"));
        assert_eq!(Alert::decode(&large).unwrap().evidence.len(), most);
        let text = format!(r#"{{"id":"da1","title":"{}"}}"#, list(MAX_VALUES, "[0"));
        assert!(
            Alert::decode(&text).is_ok(),
            "commas in a text are no values"
        );
    }

    #[test]
    fn hostile_shapes_end_in_an_alert_or_an_error() {
        let deep = format!(
            r#"{{"id":"da1","x":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let deep_evidence = format!(
            r#"{{"id":"da1","evidence":[{{"a":{}{}}}]}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let error = failing(&deep);
        assert_eq!(error.alert_id.as_deref(), Some("da1"));
        assert!(error.reason.contains("deeply"), "{error}");
        assert_eq!(failing(&deep_evidence).alert_id.as_deref(), Some("da1"));
        for fine in [
            r#"{"id":"da1","osBuild":1e999999,"n":-0.0,"huge":123456789012345678901234567890}"#,
            r#"{"id":"da1","title":"\u0000\u202e\uffff"}"#,
            r#"{"id":"da1","x":1,"x":2}"#,
        ] {
            assert!(Alert::decode(fine).is_ok(), "{fine}");
        }
    }
}
