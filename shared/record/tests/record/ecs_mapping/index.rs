//! An index of Elasticsearch as far as its mapping goes: which documents it takes, and what it
//! learns from each.

use std::collections::HashMap;

use serde_json::Value;

/// The fields of ECS that the format writes.
const ECS: &str = include_str!("../../ecs_facts/ecs-fields.txt");

/// What Elastic's own integration maps below `m365_defender.alert`.
const INTEGRATION: &str = include_str!("../../ecs_facts/elastic-mapping.txt");

/// The component template that gives fields a type by their path.
const TEMPLATE: &str = include_str!("../../ecs_facts/ecs-mappings.txt");

/// As many levels of objects as an index takes (`index.mapping.depth.limit`).
const MOST_LEVELS: usize = 20;

/// As many bytes as Lucene takes for a term: `keyword` without an `ignore_above`.
const MOST_KEYWORD_BYTES: usize = 32_766;

/// An index with `date_detection` off, as the data streams of logs have it, that takes nothing that
/// is malformed.
#[derive(Clone, Default)]
pub(crate) struct Index {
    types: HashMap<String, &'static str>,
    has_template: bool,
}

impl Index {
    /// An index that knows the fields of ECS and no others.
    pub(crate) fn of_ecs() -> Self {
        let mut types = HashMap::new();
        for line in facts(ECS) {
            let mut words = line.split(' ');
            let (path, of) = (words.next().unwrap(), words.next().unwrap());
            add_type(path, of, &mut types);
        }
        Self {
            types,
            has_template: false,
        }
    }

    /// An index with what Elastic's integration maps, and `ecs@mappings` for the rest.
    pub(crate) fn of_the_integration() -> Self {
        let mut types = HashMap::new();
        for line in facts(INTEGRATION) {
            let (of, paths) = line.split_once(": ").unwrap();
            for path in paths.split(' ') {
                add_type(&format!("m365_defender.alert.{path}"), of, &mut types);
            }
        }
        types.insert("@timestamp".to_owned(), "date");
        Self {
            types,
            has_template: true,
        }
    }

    /// Takes a document, or says why not.
    pub(crate) fn take(&mut self, document: &Value) -> Result<(), String> {
        self.take_object("", document, 0)
    }

    fn take_object(&mut self, path: &str, object: &Value, levels: usize) -> Result<(), String> {
        if levels > MOST_LEVELS {
            return Err(format!("{path} is too deep"));
        }
        for (name, value) in object.as_object().unwrap() {
            if name.split('.').any(str::is_empty) {
                return Err(format!("{path} has a name with an empty part: {name:?}"));
            }
            let dot = if path.is_empty() { "" } else { "." };
            self.take_value(&format!("{path}{dot}{name}"), value, levels + 1)?;
        }
        Ok(())
    }

    fn take_value(&mut self, path: &str, value: &Value, levels: usize) -> Result<(), String> {
        if let Value::Array(items) = value {
            let mut items = items.iter();
            return items.try_for_each(|item| self.take_value(path, item, levels));
        }
        if value.is_null() {
            return Ok(());
        }
        let of = match self.types.get(path) {
            Some(of) => of,
            None => {
                let of = self.type_of_new(path, value);
                self.types.insert(path.to_owned(), of);
                of
            }
        };
        match (of, value) {
            ("object", Value::Object(_)) => self.take_object(path, value, levels),
            (of, value) if takes(of, value) => Ok(()),
            (of, value) => {
                let value: String = value.to_string().chars().take(80).collect();
                Err(format!("{path} is a {of}, not {value}"))
            }
        }
    }

    /// The type that a field gets from its first value.
    fn type_of_new(&self, path: &str, value: &Value) -> &'static str {
        let by_template = || {
            facts(TEMPLATE).find_map(|line| {
                let (of, patterns) = line.split_once(": ")?;
                let (of, only_text) = match of.strip_suffix(" string") {
                    Some(of) => (of, true),
                    None => (of, false),
                };
                let fits = patterns.split(' ').any(|pattern| matches(pattern, path));
                (fits && (value.is_string() || !only_text)).then_some(of)
            })
        };
        if self.has_template
            && let Some(of) = by_template()
            // A field that holds objects is no keyword, whatever it is called.
            && (!value.is_object() || matches!(of, "geo_point" | "flattened"))
        {
            return of;
        }
        match value {
            Value::Object(_) => "object",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "long",
            _ => "keyword",
        }
    }
}

/// Adds a field and the objects that it is in.
fn add_type(path: &str, of: &'static str, types: &mut HashMap<String, &'static str>) {
    types.insert(path.to_owned(), of);
    for (at, _) in path.match_indices('.') {
        types.insert(path[..at].to_owned(), "object");
    }
}

fn facts(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// Whether a path is as a pattern with asterisks has it.
fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => path.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| matches(after, &rest[at..]))
        }),
    }
}

/// Whether a field of that type takes a value.
fn takes(of: &str, value: &Value) -> bool {
    match of {
        // Without an `ignore_above`.
        "keyword" | "constant_keyword" => match value {
            Value::String(text) => text.len() <= MOST_KEYWORD_BYTES,
            value => !value.is_object(),
        },
        "wildcard" | "match_only_text" => !value.is_object(),
        "long" => match value {
            Value::Number(number) => number.as_f64().unwrap().abs() < i64::MAX as f64,
            Value::String(text) => text.parse::<i64>().is_ok(),
            _ => false,
        },
        "float" => match value {
            Value::Number(number) => number.as_f64().unwrap().abs() <= f64::from(f32::MAX),
            Value::String(text) => text.parse::<f32>().is_ok_and(f32::is_finite),
            _ => false,
        },
        "boolean" => value.is_boolean() || matches!(value.as_str(), Some("true" | "false")),
        "date" => value.as_str().is_some_and(|text| {
            text.len() == 24 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
        }),
        "ip" => value
            .as_str()
            .is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
        "geo_point" => value.as_object().is_some_and(|point| {
            let within = |name: &str, most: f64| {
                let degrees = point.get(name).and_then(Value::as_f64);
                degrees.is_some_and(|degrees| degrees.abs() <= most)
            };
            point.len() == 2 && within("lat", 90.0) && within("lon", 180.0)
        }),
        "flattened" => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(mut index: Index, documents: &[Value]) -> String {
        let mut taken = documents.iter().map(|document| index.take(document));
        taken.find_map(Result::err).unwrap_or_default()
    }

    #[test]
    fn a_clash_is_refused() {
        for clash in [
            [json!({"a": "text"}), json!({"a": {"b": 1}})],
            [json!({"a": {"b": 1}}), json!({"a": ["text"]})],
            [json!({"a": 1}), json!({"a": "text"})],
            [json!({"a": true}), json!({"a": "text"})],
            [json!({"a": 1}), json!({"a": 1e300})],
            [json!({}), json!({"a": "x".repeat(40_000)})],
            [json!({}), json!({"a..b": 1})],
        ] {
            assert_ne!(refusal(Index::of_ecs(), &clash), "", "{clash:?}");
        }
        let fits = [json!({"a": "text"}), json!({"a": [1, "b"], "c": 1.5})];
        assert_eq!(refusal(Index::of_ecs(), &fits), "");
    }

    #[test]
    fn what_a_template_says_holds() {
        for refused in [
            json!({"labels": {"location": "here"}}),
            json!({"x": {"risk_score": "high"}}),
            json!({"x": {"start": "soon"}}),
            json!({"x": {"their_ip": "none"}}),
            json!({"m365_defender": {"alert": {"evidence": {"ip_address": {"a": 1}}}}}),
            json!({"source": {"geo": {"location": {"lat": 91.0, "lon": 0.0}}}}),
        ] {
            let refusal = refusal(Index::of_the_integration(), &[refused]);
            assert_ne!(refusal, "");
        }
        let fits = json!({
            "m365_defender": {"alert": {"evidence": [{"risk_score": "high"}]}},
            "source": {"geo": {"location": [{"lat": 1.5, "lon": -180}]}, "ip": ["192.0.2.1"]},
        });
        assert_eq!(refusal(Index::of_the_integration(), &[fits]), "");
    }
}
