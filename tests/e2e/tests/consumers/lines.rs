//! How each consumer splits an object into events, by its manual or its source, and what it refuses.

use std::collections::BTreeSet;

use drawbridge_record::{Body, Format};
use serde_json::Value;

/// The events of an object, or what the consumer would lose.
type Split = fn(key: &str, body: &str) -> Result<Vec<String>, String>;

/// How a consumer splits an object into events.
pub(crate) fn of(consumer: &str) -> Split {
    match consumer {
        "Splunk" => splunk,
        "Wazuh" => wazuh,
        "Elastic" => elastic,
        "Microsoft Sentinel" => sentinel,
        "IBM QRadar" | "Google SecOps" | "Cribl" | "Amazon Security Lake" | "Others" => by_line,
        _ => panic!("how does {consumer} split an object? Say it in lines.rs"),
    }
}

/// A record as it stands on a line: JSON has U+FFFE and U+FFFF as escapes, as in a queue.
pub(crate) fn escaped(format: &dyn Format, body: &str) -> String {
    match format.body() {
        Body::Json => body
            .replace('\u{fffe}', "\\ufffe")
            .replace('\u{ffff}', "\\uffff"),
        Body::Text => body.to_owned(),
    }
}

/// Line by line; a blank one would be an event.
fn by_line(_key: &str, body: &str) -> Result<Vec<String>, String> {
    let body = body.strip_suffix('\n').ok_or("the last line has no end")?;
    let lines = body.split('\n').map(str::to_owned);
    lines
        .map(|line| match line.is_empty() {
            true => Err("a blank line".to_owned()),
            false => Ok(line),
        })
        .collect()
}

/// `LINE_BREAKER = ([\r\n]+)`, Splunk's own, with `SHOULD_LINEMERGE = false`. The default
/// `TRUNCATE = 10000` cuts longer events: the page sets it to 0.
fn splunk(_key: &str, body: &str) -> Result<Vec<String>, String> {
    let events = body.split(['\r', '\n']).filter(|event| !event.is_empty());
    Ok(events.map(str::to_owned).collect())
}

/// `wodles/aws/subscribers/s3_log_handler.py`: of `.jsonl.gz`, `json.loads` a line, and each event
/// in one datagram, with a head of its own and nested under `aws`.
fn wazuh(key: &str, body: &str) -> Result<Vec<String>, String> {
    const DATAGRAM: usize = 65_535;
    const HEAD: usize = 512;
    if !key.ends_with(".jsonl.gz") {
        return Err(format!(
            "each line of {key} would be one text, aws.full_log"
        ));
    }
    let lines = by_line(key, body)?;
    for line in &lines {
        let Value::Object(event) = object(line)? else {
            return Err("no object".to_owned());
        };
        if line.len() > DATAGRAM - HEAD {
            return Err(format!("{} bytes are too many", line.len()));
        }
        if event.contains_key("detail") {
            return Err("`detail` would take the record's place".to_owned());
        }
    }
    Ok(lines)
}

/// The keys for which Wazuh would show the value of an earlier line: before 4.13.0, `process_file`
/// of `s3_log_handler.py` updates one dictionary with each event, without its nulls.
pub(crate) fn mixed_up_by_wazuh(lines: &[String]) -> BTreeSet<String> {
    let mut shown = serde_json::Map::new();
    let mut mixed_up = BTreeSet::new();
    for line in lines {
        let Ok(Value::Object(mut event)) = object(line) else {
            panic!("no object");
        };
        event.retain(|_, value| !value.is_null());
        shown.extend(event.clone());
        mixed_up.extend(
            shown
                .keys()
                .filter(|&key| !event.contains_key(key))
                .cloned(),
        );
    }
    mixed_up
}

/// The aws-s3 input of Filebeat and Elastic Agent: newline-delimited, 10 MiB a line.
fn elastic(key: &str, body: &str) -> Result<Vec<String>, String> {
    let lines = by_line(key, body)?;
    for line in &lines {
        if line.len() > 10 * 1024 * 1024 {
            return Err("a line is cut".to_owned());
        }
        object(line)?;
    }
    Ok(lines)
}

/// `"Format": "JsonLine"`: one object per line, its columns with names that Log Analytics takes and
/// values that it does not cut. Only `siem` has them; `infra/sentinel` makes the table for it.
fn sentinel(key: &str, body: &str) -> Result<Vec<String>, String> {
    const RESERVED: [&str; 7] = [
        "_ResourceId",
        "id",
        "_SubscriptionId",
        "TenantId",
        "Type",
        "UniqueId",
        "Title",
    ];
    let lines = by_line(key, body)?;
    for line in &lines {
        for (name, value) in object(line)?.as_object().into_iter().flatten() {
            let is_reserved = RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name));
            if is_reserved || name.len() > 45 {
                return Err(format!("{name} is no column"));
            }
            if value.as_str().is_some_and(|text| text.len() > 64 * 1024) {
                return Err(format!("{name} is cut"));
            }
        }
    }
    Ok(lines)
}

fn object(line: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(line).map_err(|_| "a line is no JSON")?;
    value
        .is_object()
        .then_some(value)
        .ok_or_else(|| "no object".to_owned())
}

/// The rules refuse what the readers would lose.
#[test]
fn the_rules_can_fail() {
    let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(70_000));
    for (split, key, body) in [
        (wazuh as Split, "a.log.gz", "{}\n"),
        (wazuh, "a.jsonl.gz", "[{}]\n"),
        (wazuh, "a.jsonl.gz", "{}\n\n{}\n"),
        (wazuh, "a.jsonl.gz", "{\"detail\":1}\n"),
        (wazuh, "a.jsonl.gz", &long),
        (elastic, "a", "{}\n[]\n"),
        (elastic, "a", "{}"),
        (sentinel, "a", "{\"title\":1}\n"),
        (sentinel, "a", &long),
        (by_line, "a", "\n"),
    ] {
        assert!(split(key, body).is_err(), "{key} {body:.40}");
    }
    assert_eq!(splunk("a", "1\r2\n\n3\n").unwrap().len(), 3);
}
