//! What an alert means, as bytes: the same for every text of the same meaning.
//!
//! Graph is answered by replicas that disagree for some minutes: one leaves out what another gives
//! as `null`, and evidence comes in another order. In the canonical form a member that is null or
//! empty is absent, as it is everywhere here; members stand in the order of their names, and those of
//! one name in their own order, since readers differ in which of them counts; the items of a list
//! whose order says nothing stand in the order of their own canonical form; a text is what its
//! escapes stand for, a number is its value, however it is written. `lastUpdateDateTime` of the alert
//! itself is left out.
//!
//! Each value says how long it is, so that no two alerts of different meaning have the same form.

use std::borrow::Cow;

use drawbridge_alert::without_lone_surrogates;

use crate::scan::{Quoted, Scan};

/// The lists of `alerts_v2` whose order says nothing, from the types of Graph v1.0. Left out are the
/// words of a command line (`args`, `command`) and `initContainers`, which run one after the other.
/// Of a list that is not known, the order counts.
const UNORDERED: [&str; 33] = [
    "allowedResourceTypes",
    "allowedServices",
    "categories",
    "comments",
    "containers",
    "detailedRoles",
    "ephemeralContainers",
    "evidence",
    "externalIPs",
    "fileHashes",
    "files",
    "ipAddresses",
    "ipInterfaces",
    "loggedOnUsers",
    "mitreTechniques",
    "networkMessageIds",
    "nics",
    "owners",
    "permissions",
    "processes",
    "protocols",
    "recipients",
    "resourceAccessEvents",
    "roles",
    "servicePorts",
    "suspiciousRecipients",
    "systemTags",
    "tags",
    "threatDetectionMethods",
    "threats",
    "trustedDomains",
    "urls",
    "vlans",
];

/// The canonical form of an alert that was decoded before.
pub(crate) fn form(json: &str) -> Vec<u8> {
    let mut form = Form {
        scan: Scan::of(json),
        bytes: Vec::with_capacity(json.len() + json.len() / 4 + 64),
        parts: Vec::with_capacity(64),
        sorted: Vec::new(),
        depth: 0,
    };
    if form.value("").is_none() {
        // It is no JSON after all.
        form.bytes.clear();
        form.text(b'?', json);
    }
    form.bytes
}

struct Form<'a> {
    scan: Scan<'a>,
    bytes: Vec<u8>,
    /// The members and items of what has not ended yet.
    parts: Vec<Part>,
    /// For putting them in order.
    sorted: Vec<u8>,
    depth: usize,
}

/// A member of an object or an item of a list, by where it stands among the bytes.
struct Part {
    /// The first bytes of its name, which nearly always decide.
    prefix: u64,
    start: usize,
    /// Where a member's value begins.
    name_end: usize,
    end: usize,
}

/// A name or a text.
type Text<'a> = Cow<'a, str>;

impl<'a> Form<'a> {
    /// Adds the value of a member of that name; whether it is anything, and not null or empty.
    /// The decoder bounds how deep they are nested.
    fn value(&mut self, name: &str) -> Option<bool> {
        self.scan.skip_blanks();
        match self.scan.peek()? {
            b'"' => {
                let text = self.string()?;
                self.text(b'"', &text);
                Some(!text.is_empty())
            }
            b'{' => self.object(),
            b'[' => self.list(UNORDERED.binary_search(&name).is_ok()),
            b'n' => self.word(4, b'n', false),
            b't' => self.word(4, b't', true),
            b'f' => self.word(5, b'f', true),
            _ => {
                let number = self.scan.number()?;
                self.number(number);
                Some(true)
            }
        }
    }

    fn word(&mut self, length: usize, byte: u8, is_anything: bool) -> Option<bool> {
        self.scan.at += length;
        self.bytes.push(byte);
        Some(is_anything)
    }

    fn object(&mut self) -> Option<bool> {
        let (first, start) = (self.parts.len(), self.open(b'{'));
        self.depth += 1;
        while self.scan.more(b'}')? {
            let at = self.bytes.len();
            let name = self.string()?;
            self.length(name.len());
            let name_at = self.bytes.len();
            self.bytes.extend_from_slice(name.as_bytes());
            let name_end = self.bytes.len();
            self.scan.skip_colon();
            let is_anything = self.value(&name)?;
            if !is_anything || (self.depth == 1 && name == "lastUpdateDateTime") {
                self.bytes.truncate(at);
                continue;
            }
            let mut prefix = [0; 8];
            let known = name.len().min(8);
            prefix[..known].copy_from_slice(&self.bytes[name_at..name_at + known]);
            self.parts.push(Part {
                prefix: u64::from_be_bytes(prefix),
                start: at,
                name_end,
                end: self.bytes.len(),
            });
        }
        self.depth -= 1;
        let bytes = &self.bytes;
        let name = |part: &Part| &bytes[part.start..part.name_end];
        self.parts[first..].sort_by(|a, b| {
            let order = a.prefix.cmp(&b.prefix);
            order.then_with(|| name(a).cmp(name(b)))
        });
        Some(self.close(first, start))
    }

    fn list(&mut self, is_unordered: bool) -> Option<bool> {
        let (first, start) = (self.parts.len(), self.open(b'['));
        while self.scan.more(b']')? {
            let at = self.bytes.len();
            self.value("")?;
            self.parts.push(Part {
                prefix: 0,
                start: at,
                name_end: at,
                end: self.bytes.len(),
            });
        }
        if is_unordered {
            let bytes = &self.bytes;
            let item = |part: &Part| &bytes[part.start..part.end];
            self.parts[first..].sort_by(|a, b| item(a).cmp(item(b)));
        }
        Some(self.close(first, start))
    }

    /// Begins an object or a list; where its count is to stand.
    fn open(&mut self, bracket: u8) -> usize {
        self.scan.at += 1;
        self.bytes.push(bracket);
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.len() - 4
    }

    /// Ends it with its parts in the order that they have now; whether there are any.
    fn close(&mut self, first: usize, start: usize) -> bool {
        let parts = &self.parts[first..];
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        if !parts.is_sorted_by_key(|part| part.start) {
            self.sorted.clear();
            for part in parts {
                let part = &self.bytes[part.start..part.end];
                self.sorted.extend_from_slice(part);
            }
            self.bytes[start + 4..].copy_from_slice(&self.sorted);
        }
        self.bytes[start..start + 4].copy_from_slice(&count.to_be_bytes());
        self.parts.truncate(first);
        count > 0
    }

    fn string(&mut self) -> Option<Text<'a>> {
        Some(match self.scan.string()? {
            Quoted::Plain(text) => Cow::Borrowed(text),
            Quoted::Escaped(quoted) => Cow::Owned(unescaped(quoted)),
        })
    }

    fn text(&mut self, kind: u8, text: &str) {
        self.bytes.push(kind);
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// One byte, or five of which the first is 255.
    fn length(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(length) if length < u8::MAX => self.bytes.push(length),
            _ => {
                let length = u32::try_from(length).unwrap_or(u32::MAX);
                self.bytes.push(u8::MAX);
                self.bytes.extend_from_slice(&length.to_be_bytes());
            }
        }
    }

    /// Adds a number: its sign, its digits without zeros around them, and the power of ten that they
    /// are to be multiplied by. One whose exponent fits no 64 bits is the text that it is.
    fn number(&mut self, number: &str) {
        let (is_negative, unsigned) = match number.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, number),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Cow<'_, str> = match fraction {
            "" => Cow::Borrowed(whole),
            _ => Cow::Owned(format!("{whole}{fraction}")),
        };
        let digits = digits.trim_start_matches('0');
        let short = digits.trim_end_matches('0');
        let zeros = digits.len() - short.len();
        let shift = i64::try_from(zeros)
            .ok()
            .zip(i64::try_from(fraction.len()).ok());
        let power = shift.and_then(|(zeros, fraction)| {
            let exponent: i64 = exponent.parse().ok()?;
            exponent.checked_add(zeros - fraction)
        });
        match power {
            _ if short.is_empty() => self.text(b'0', ""),
            Some(power) => {
                self.text(if is_negative { b'-' } else { b'+' }, short);
                self.bytes.extend_from_slice(&power.to_be_bytes());
            }
            None => self.text(b'#', number),
        }
    }
}

/// What a string with its quotes and escapes stands for. Half a surrogate pair is what the poll
/// makes of it.
fn unescaped(quoted: &str) -> String {
    let repaired = without_lone_surrogates(quoted);
    serde_json::from_str(&repaired).unwrap_or_else(|_| quoted.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn what_means_the_same_has_one_form() {
        for (one, other) in [
            (
                r#"{"id":"a","b":null,"c":[],"d":{"e":""}}"#,
                r#"{"id":"a"}"#,
            ),
            (r#"{"a":1,"b":2}"#, " { \"b\" : 2 ,\n\"a\" : 1 } "),
            (r#"{"a\u0062":"c\u0064\/"}"#, r#"{"ab":"cd/"}"#),
            (r#"{"a":"\ud83d\ude00"}"#, "{\"a\":\"\u{1f600}\"}"),
            (r#"{"a":"\ud800"}"#, r#"{"a":"\ufffd"}"#),
            (
                r#"{"evidence":[{"a":1},{"b":2}]}"#,
                r#"{"evidence":[{"b":2},{"a":1,"c":null}]}"#,
            ),
            (r#"{"x":{"tags":["a","b"]}}"#, r#"{"x":{"tags":["b","a"]}}"#),
            (
                r#"{"n":[1e2,-0,0.50,12.0E-1]}"#,
                r#"{"n":[100,0.0e7,5e-1,1.2]}"#,
            ),
            (
                r#"{"id":"a","lastUpdateDateTime":"2026"}"#,
                r#"{"lastUpdateDateTime":"2027","id":"a"}"#,
            ),
        ] {
            assert_eq!(form(one), form(other), "{one} {other}");
        }
    }

    #[test]
    fn what_means_something_else_has_another_form() {
        let all = [
            r#"{}"#,
            r#"{"a":0}"#,
            r#"{"a":false}"#,
            r#"{"a":true}"#,
            r#"{"a":"0"}"#,
            r#"{"a":[0]}"#,
            r#"{"a":[null]}"#,
            r#"{"a":[{}]}"#,
            r#"{"a":[[]]}"#,
            r#"{"a":[""]}"#,
            r#"{"a":[0,0]}"#,
            r#"{"a":{"b":0}}"#,
            r#"{"a":1}"#,
            r#"{"a":10}"#,
            r#"{"a":-1}"#,
            r#"{"a":0.1}"#,
            r#"{"a":1e99999999999999999999}"#,
            r#"{"a":123456789012345678901234567890}"#,
            r#"{"a":123456789012345678901234567891}"#,
            r#"{"a":[1,2]}"#,
            // Of a list that is not known, and of a command line, the order counts.
            r#"{"a":[2,1]}"#,
            r#"{"args":["a","b"]}"#,
            r#"{"args":["b","a"]}"#,
            r#"{"args":["ab"]}"#,
            r#"{"tags":["a","b"]}"#,
            r#"{"tags":["a","b","b"]}"#,
            r#"{"tags":[["a","b"]]}"#,
            r#"{"tags":[["b","a"]]}"#,
            // Which of two counts is up to the reader.
            r#"{"a":1,"a":2}"#,
            r#"{"a":2,"a":1}"#,
            r#"{"a":"b\u0000c"}"#,
            r#"{"a":"b","c":"d"}"#,
            r#"{"a":"d","c":"b"}"#,
            r#"{"a":"bc","d":""}"#,
            r#"{"x":{"lastUpdateDateTime":"2026"}}"#,
            r#"{"x":{"lastUpdateDateTime":"2027"}}"#,
            r#"{"evidence":[{"a":1,"b":2},{"a":3,"b":4}]}"#,
            r#"{"evidence":[{"a":1,"b":4},{"a":3,"b":2}]}"#,
        ];
        let long = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length));
        let long = [253, 254, 255, 256, 300].map(long);
        let mut known = std::collections::HashMap::new();
        for json in all.into_iter().chain(long.iter().map(String::as_str)) {
            let other = known.insert(form(json), json);
            assert_eq!(other, None, "{json}");
        }
    }

    #[test]
    fn the_names_of_lists_are_in_order() {
        assert!(UNORDERED.is_sorted());
    }

    /// The same with its members turned round, with its lists turned round whose order says nothing,
    /// and with nulls in between.
    fn turned(json: &Json, name: &str, out: &mut String) {
        match json {
            Json::Array(items) => {
                let mut items: Vec<_> = items.iter().collect();
                if UNORDERED.contains(&name) {
                    items.reverse();
                }
                out.push('[');
                for (n, item) in items.into_iter().enumerate() {
                    out.push_str(if n > 0 { " , " } else { "" });
                    turned(item, "", out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push_str("{\"null\":null");
                for (name, value) in members.iter().rev() {
                    out.push_str(",\n");
                    for unit in Json::from(name.as_str()).to_string().chars() {
                        match unit {
                            'e' => out.push_str("\\u0065"),
                            unit => out.push(unit),
                        }
                    }
                    out.push(':');
                    turned(value, name, out);
                }
                out.push('}');
            }
            json => out.push_str(&json.to_string()),
        }
    }

    /// What a form must tell apart: the value without what is nothing, lists in an order of their own.
    fn meaning(json: Json, name: &str) -> Json {
        let is_nothing = |json: &Json| match json {
            Json::Null => true,
            Json::String(text) => text.is_empty(),
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => false,
        };
        match json {
            Json::Array(items) => {
                let mut items: Vec<_> = items.into_iter().map(|item| meaning(item, "")).collect();
                if UNORDERED.contains(&name) {
                    items.sort_by_key(ToString::to_string);
                }
                items.into()
            }
            Json::Object(members) => {
                let members = members.into_iter().map(|(name, value)| {
                    let value = meaning(value, &name);
                    (name, value)
                });
                members.filter(|(_, value)| !is_nothing(value)).collect()
            }
            json => json,
        }
    }

    fn json() -> impl Strategy<Value = Json> {
        let scalar = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            (-3i64..3).prop_map(Json::from),
            "[a-c\"\\\\é]{0,2}".prop_map(Json::from),
        ];
        scalar.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::hash_map("[a-c]|tags|evidence|nine_bytes_[ab]", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_form_is_the_meaning(one in json(), other in json()) {
            let mut text = String::new();
            turned(&one, "", &mut text);
            prop_assert_eq!(form(&one.to_string()), form(&text));
            let is_same = form(&one.to_string()) == form(&other.to_string());
            prop_assert_eq!(is_same, meaning(one, "") == meaning(other, ""));
        }

        #[test]
        fn what_is_no_json_is_no_trouble(text in "[\\[\\]{}\",:\\\\0-9a-z é]{0,32}") {
            form(&text);
        }
    }
}
