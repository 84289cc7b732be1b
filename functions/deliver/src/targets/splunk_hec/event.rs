use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::settings::SplunkHecSettings;
use crate::Record;
use crate::event_time::event_time;
use crate::format::format;
use crate::line::is_json;

#[derive(Serialize)]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Box<RawValue>>,
    host: &'a str,
    source: &'a str,
    sourcetype: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'a str>,
    event: Content<'a>,
    fields: Fields<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

/// Indexed fields, so that duplicates can be told by key whatever the format.
#[derive(Serialize)]
struct Fields<'a> {
    tenant: &'a str,
    key: &'a str,
    alert_id: &'a str,
}

/// The event object of a record, or why there can be none.
pub(super) fn event(settings: &SplunkHecSettings, record: &Record) -> Result<Vec<u8>, String> {
    let body = record.body.trim();
    let event = if is_json(record)? {
        let json = serde_json::from_str(body);
        Content::Json(json.map_err(|_| "the record is not valid JSON".to_owned())?)
    } else {
        Content::Text(body)
    };
    let event = Event {
        time: event_time(record).and_then(epoch_secs),
        host: &settings.host,
        source: &settings.source,
        sourcetype: match &settings.sourcetype {
            Some(given) => Cow::Borrowed(given),
            None => sourcetype(&record.format),
        },
        index: settings.index.as_deref(),
        event,
        fields: Fields {
            tenant: &record.tenant,
            key: &record.key,
            alert_id: &record.alert_id,
        },
    };
    serde_json::to_vec(&event).map_err(|_| "the record has no JSON form".to_owned())
}

/// The sourcetype of a format's records, unless the settings name one. The searches of the Splunk Add-on
/// for Microsoft Security read Graph's alerts, so `native` has its sourcetype.
#[must_use]
pub fn sourcetype(name: &str) -> Cow<'static, str> {
    match format(name) {
        None => "drawbridge".into(),
        Some(format) if format.name == "native" => "ms365:defender:incident:alerts".into(),
        Some(format) => format!("drawbridge:{}", format.name).into(),
    }
}

/// Seconds since 1970 with three decimals, as a JSON number.
fn epoch_secs(time: Timestamp) -> Option<Box<RawValue>> {
    let millis = time.as_millisecond();
    let text = format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000));
    RawValue::from_string(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn whatever_a_record_holds_it_is_one_event(body in prop_oneof![
            any::<String>(),
            "[{}\\[\\]\"\\\\,:a\\n\u{0}-\u{1f}]{0,40}",
            Just("{\"a\":1}".to_owned()),
        ]) {
            let settings = json!({"url": "https://s", "secret": "s", "host": "h"});
            let settings = serde_json::from_value(settings).unwrap();
            let record = Record { body: body.clone(), ..Record::default() };
            if let Ok(event) = super::event(&settings, &record) {
                let events: Vec<Value> = serde_json::Deserializer::from_slice(&event)
                    .into_iter()
                    .collect::<Result<_, _>>()
                    .unwrap();
                prop_assert_eq!(events.len(), 1);
                prop_assert_eq!(&events[0]["host"], "h");
                if !body.trim().starts_with('{') {
                    prop_assert_eq!(&events[0]["event"], body.trim());
                }
            }
        }
    }
}
