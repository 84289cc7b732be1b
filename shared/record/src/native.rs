//! The alert as Graph sent it, whole and unchanged.

use drawbridge_alert::Alert;
use serde_json::Value as Json;

use crate::draft;
use crate::version::Writer;
use crate::{Change, Drafts, ExplainedKey, Field, Format, Layout, Notation, Rewrite, TimeNotation};

/// The format `native`.
#[derive(Debug, Clone, Copy)]
pub struct Native;

impl Format for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn about(&self) -> &'static str {
        "The `alerts_v2` object whole and unchanged: numbers, the order of keys and unknown \
         properties are Graph's own bytes, but for what is said below. For readers of Graph itself: Splunk's \
         `ms365:defender:incident:alerts`, QRadar's Microsoft 365 Defender DSM, Elastic's \
         m365_defender pipeline, Google SecOps' `MICROSOFT_GRAPH_ALERT`."
    }

    fn schema_version(&self) -> u32 {
        1
    }

    fn layout(&self) -> &'static Layout {
        &LAYOUT
    }

    fn rewrite(&self) -> Rewrite {
        Rewrite::Changes
    }

    fn fields(&self) -> Vec<Field> {
        vec![Field {
            name: "(every property)",
            kind: "as in Graph",
            from: "the property of that name".into(),
            rule: "a line break between two tokens becomes a space; what is no character, which is bytes that are not UTF-8 and half a surrogate pair (`\\ud800`), is U+FFFD (`\\ufffd`); in queues and objects, U+FFFE and U+FFFF in a text are written as `\\ufffe` and `\\uffff`, which is the same JSON",
        }]
    }

    fn drafts<'d>(&'d self, alert: &'d Alert<'d>) -> Drafts<'d> {
        draft::version(alert, self)
    }
}

static LAYOUT: Layout = Layout {
    notation: Notation::Json,
    times: &[
        ("lastUpdateDateTime", TimeNotation::Text),
        ("createdDateTime", TimeNotation::Text),
    ],
    key: None,
    key_suffix: "",
    truncated: None,
    alert_id: Some("id"),
    severity: "severity",
};

impl Writer for Native {
    fn write(&self, alert: &Alert<'_>, _key: &str, _change: Change) -> String {
        on_one_line(alert.raw)
    }

    fn keys(&self, alert: &Alert<'_>, _key: &str) -> Vec<ExplainedKey> {
        match serde_json::from_str::<serde_json::Map<String, Json>>(alert.raw) {
            Ok(members) => members
                .into_iter()
                .map(|(key, value)| ExplainedKey {
                    from: key.clone(),
                    key: key.into(),
                    value,
                })
                .collect(),
            // Half a surrogate pair or a number beyond all bounds: JSON by its grammar, passed on
            // as it is, and nothing that can be taken apart here.
            Err(_) => vec![ExplainedKey {
                key: "(every property)".into(),
                value: alert.raw.into(),
                from: "the alert's own text, which not every JSON parser takes".into(),
            }],
        }
    }
}

/// The text with a space for each line break. JSON has none inside of a string.
fn on_one_line(json: &str) -> String {
    let json = json.trim_ascii();
    // Graph's own has none, which is soon seen if nothing stops the look at it.
    let breaks = json.bytes().filter(|byte| matches!(byte, b'\n' | b'\r'));
    match breaks.count() {
        0 => json.to_owned(),
        _ => json.replace(['\n', '\r'], " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_taken_apart_is_explained_whole() {
        for json in [r#"{"id":"da1","n":1e999}"#, r#"{"id":"da1","x":"\ud800"}"#] {
            let explained = Native.explain(&Alert::decode(json).unwrap()).remove(0);
            assert_eq!(explained.keys[0].value, json);
        }
    }

    #[test]
    fn it_is_graphs_own_text() {
        let json = "{\"id\":\"da1\",\r\n \"n\":1.50e+10,\"x\":{\"b\":1,\"a\":null}}\n";
        let alert = Alert::decode(json).unwrap();
        let bodies: Vec<_> = crate::records(&Native, &alert)
            .map(|record| record.body)
            .collect();
        assert_eq!(
            bodies,
            ["{\"id\":\"da1\",   \"n\":1.50e+10,\"x\":{\"b\":1,\"a\":null}}"]
        );
    }
}
