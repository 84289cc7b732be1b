//! One line of text out of a table of keys: what CEF and LEEF share.

use std::borrow::Cow;

use drawbridge_alert::Timestamp;

use super::entity::Kinds;
use super::{NOTHING_SENT, Property, Row, Synthesised, Value, from};
use crate::{ExplainedKey, Field};

/// All that a line can hold.
pub(crate) struct Table {
    /// What every line begins with.
    pub(crate) prefix: &'static str,
    /// What stands between the header and the keys.
    pub(crate) after_header: &'static str,
    /// What stands between two keys.
    pub(crate) separator: char,
    /// The fields of the header that an alert fills, in order.
    pub(crate) header: &'static [Key],
    pub(crate) header_style: Style,
    /// The keys after the header, in order.
    pub(crate) keys: &'static [Key],
    pub(crate) key_style: Style,
    /// The key that lists those whose values were cut; written last, and only then.
    pub(crate) truncated: &'static str,
    pub(crate) truncated_kind: &'static str,
    /// The key of the time of the last activity, which moves while nothing else does.
    pub(crate) volatile: &'static str,
}

/// One key of a line, or one field of its header.
pub(crate) struct Key {
    /// Its name on the wire.
    pub(crate) name: &'static str,
    /// The key that names it to readers, and that name: for the custom keys of CEF.
    pub(crate) labels: &'static [(&'static str, &'static str)],
    /// Its type and limit, for the documentation.
    pub(crate) kind: &'static str,
    /// How many characters it holds at most, before any escape.
    pub(crate) limit: usize,
    /// What it holds.
    pub(crate) property: Property,
    /// The kinds of entities whose records can have it.
    pub(crate) kinds: Kinds,
    /// What happens on the way.
    pub(crate) rule: &'static str,
}

/// A table of keys: name, label where it needs one, type, limit where it has one, property, and
/// the rule where it is not the property's own.
macro_rules! keys {
    ($($name:literal $(= $label:literal)? $kind:literal $($limit:literal)? $property:ident $($rule:literal)?;)*) => {
        &[$($crate::detection::line::Key {
            name: $name,
            labels: &[$((concat!($name, "Label"), $label))?],
            kind: concat!($kind $(, ", at most ", $limit)?),
            limit: [$($limit,)? usize::MAX][0],
            property: $crate::detection::properties::$property,
            kinds: $crate::detection::properties::$property.kinds(),
            rule: [$($rule,)? $crate::detection::properties::$property.rule][0],
        },)*]
    };
}
pub(crate) use keys;

/// How a format writes values.
pub(crate) struct Style {
    /// What becomes a blank.
    pub(crate) blanks: &'static [char],
    /// The words for false and true.
    pub(crate) flags: [&'static str; 2],
    /// A time.
    pub(crate) time: for<'t> fn(&'t Timestamp<'_>) -> Cow<'t, str>,
}

/// What a line weighs as a rule.
const USUAL_BYTES: usize = 2048;

const TRUNCATED: &str =
    "synthesised: the keys whose values were cut to their limits, joined with `,`";

impl Table {
    /// Every key, for the documentation.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let keys = self.header.iter().chain(self.keys);
        let truncated = Field {
            name: self.truncated,
            kind: self.truncated_kind,
            from: TRUNCATED.into(),
            rule: "only where something was cut",
        };
        keys.flat_map(Key::documented).chain([truncated]).collect()
    }

    /// The record as one line; the functions write the value of a header field, and that of a key.
    // A format's own table is a constant to it, which is worth some per cent.
    #[inline(always)]
    pub(crate) fn write(
        &self,
        row: &Row<'_, '_>,
        ids: &Synthesised,
        in_header: impl Fn(&str, &mut String),
        in_value: impl Fn(&str, &mut String),
    ) -> String {
        let mut line = String::with_capacity(USUAL_BYTES);
        let mut truncated = Vec::new();
        line.push_str(self.prefix);
        for field in self.header {
            let (value, was_cut) = field.value(row, ids, &self.header_style);
            in_header(&value, &mut line);
            line.push('|');
            truncated.extend(was_cut.then_some(field.name));
        }
        line.push_str(self.after_header);
        let mut is_first = true;
        let mut pair = |key: &str, value: &str| {
            if !is_first {
                line.push(self.separator);
            }
            is_first = false;
            line.push_str(key);
            line.push('=');
            in_value(value, &mut line);
        };
        for key in self.keys_of(row) {
            let (value, was_cut) = key.value(row, ids, &self.key_style);
            if value.is_empty() {
                continue;
            }
            pair(key.name, &value);
            for (name, label) in key.labels {
                pair(name, label);
            }
            truncated.extend(was_cut.then_some(key.name));
        }
        if !truncated.is_empty() {
            pair(self.truncated, &truncated.join(","));
        }
        line
    }

    /// Explains the keys of a record.
    pub(crate) fn explain(&self, row: &Row<'_, '_>, ids: &Synthesised) -> Vec<ExplainedKey> {
        let mut truncated = Vec::new();
        let header = self.header.iter().map(|key| (key, &self.header_style));
        let all = header.chain(self.keys.iter().map(|key| (key, &self.key_style)));
        let mut explained: Vec<_> = all
            .flat_map(|(key, style)| key.explain(row, ids, style, &mut truncated))
            .collect();
        if !truncated.is_empty() {
            explained.push(ExplainedKey {
                key: self.truncated.into(),
                value: truncated.join(",").into(),
                from: TRUNCATED.to_owned(),
            });
        }
        explained
    }

    /// The keys after the header that a record may have a value for.
    fn keys_of(&self, row: &Row<'_, '_>) -> impl Iterator<Item = &'static Key> {
        let kinds = row.kinds();
        self.keys.iter().filter(move |key| key.kinds.meets(kinds))
    }

    /// What [`crate::Identity::content`] gives.
    pub(crate) fn content(&self, row: &Row<'_, '_>) -> [u8; 32] {
        let keys = self.header.iter().chain(self.keys);
        let steady = keys.filter(|key| key.name != self.volatile);
        super::content(steady.map(|key| &key.property.value), row)
    }
}

impl Key {
    /// The value before escaping, and whether it was cut to the limit. A missing value is empty.
    pub(crate) fn value<'r>(
        &self,
        row: &Row<'r, 'r>,
        ids: &'r Synthesised,
        style: &Style,
    ) -> (Cow<'r, str>, bool) {
        let value = match self.property.value {
            Value::Text(value) => value(row),
            Value::Time(value) => value(row).map_or(Cow::Borrowed(""), |time| (style.time)(time)),
            Value::Flag(value) => {
                Cow::Borrowed(value(row).map_or("", |on| style.flags[usize::from(on)]))
            }
            Value::Id(value) => Cow::Borrowed(value(ids)),
            Value::Number(value) => Cow::Owned(value(ids).to_string()),
            Value::Empty => Cow::Borrowed(""),
        };
        cut(clean(value, style.blanks), self.limit)
    }

    /// The key, and its label's, as the documentation shows them.
    fn documented(&self) -> impl Iterator<Item = Field> {
        let field = Field {
            name: self.name,
            kind: self.kind,
            from: self.property.source.documented().into(),
            rule: self.rule,
        };
        let labels = self.labels.iter().map(|&(name, label)| Field {
            name,
            kind: "string",
            from: "constant".into(),
            rule: label,
        });
        std::iter::once(field).chain(labels)
    }

    /// Explains the key, and its label where it is written; adds its name to `truncated` if its
    /// value was cut.
    fn explain(
        &self,
        row: &Row<'_, '_>,
        ids: &Synthesised,
        style: &Style,
        truncated: &mut Vec<&'static str>,
    ) -> Vec<ExplainedKey> {
        let (value, was_cut) = self.value(row, ids, style);
        let (missing, rule) = match self.rule {
            "" => (NOTHING_SENT.to_owned(), String::new()),
            rule => (format!("no value ({rule})"), format!(" ({rule})")),
        };
        let mut from = if value.is_empty() {
            from(self.property.source, row, Some(&missing))
        } else {
            from(self.property.source, row, None) + &rule
        };
        if was_cut {
            truncated.push(self.name);
            from = format!("{from}, cut to {} characters", self.limit);
        }
        let labels = self.labels.iter().filter(|_| !value.is_empty());
        let labels = labels.map(|&(key, label)| ExplainedKey {
            key: key.into(),
            value: label.into(),
            from: "constant".to_owned(),
        });
        let labels: Vec<_> = labels.collect();
        let key = ExplainedKey {
            key: self.name.into(),
            value: value.into_owned().into(),
            from,
        };
        std::iter::once(key).chain(labels).collect()
    }
}

/// The text without what has no place in a line or a queue: what is in `blanks` becomes a blank;
/// other control characters, U+2028, U+2029, U+FFFE and U+FFFF become U+FFFD, so that it shows that
/// there was something. Tabs and line breaks that are not in `blanks` stay.
fn clean<'t>(text: Cow<'t, str>, blanks: &[char]) -> Cow<'t, str> {
    // Paths are full of backslashes, which have to go from a header only.
    let backslash = blanks.contains(&'\\') && text.contains('\\');
    if !backslash && !text.bytes().any(|byte| SUSPECT[usize::from(byte)]) {
        return text;
    }
    let clean = |c: char| match c {
        c if blanks.contains(&c) => ' ',
        '\t' | '\n' | '\r' => c,
        '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(clean).collect()
}

/// The bytes with which begins what may have to go.
static SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = true;
        control += 1;
    }
    table[b'|' as usize] = true;
    table[0x7f] = true;
    table[0xc2] = true; // U+0080 to U+009F
    table[0xe2] = true; // U+2028, U+2029
    table[0xef] = true; // U+FFFE, U+FFFF
    table
};

/// The first `limit` characters of the text, and whether there were more.
fn cut(text: Cow<'_, str>, limit: usize) -> (Cow<'_, str>, bool) {
    if text.len() <= limit {
        return (text, false);
    }
    let Some((end, _)) = text.char_indices().nth(limit) else {
        return (text, false);
    };
    let cut = match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    };
    (cut, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_line_may_hold_is_replaced() {
        let text = "a\0b\u{7f}c\u{85}d\u{2028}e\u{ffff}f\tg\r\nh\u{202e}i\u{a0}\u{2026}\u{feff}|";
        let kept = "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\tg\r\nh\u{202e}i\u{a0}\u{2026}\u{feff}|";
        assert_eq!(clean(text.into(), &[]), kept);
        let blanks = ['\t', '\r', '\n', '|'];
        assert_eq!(
            clean(text.into(), &blanks),
            kept.replace(blanks, " ").as_str()
        );
    }

    #[test]
    fn a_text_is_cut_after_a_whole_character() {
        let cut = |text: &'static str, limit| {
            let (borrowed, was_cut) = cut(text.into(), limit);
            assert_eq!(super::cut(text.to_owned().into(), limit).0, borrowed);
            (borrowed.into_owned(), was_cut)
        };
        assert_eq!(cut("äöü", 3), ("äöü".to_owned(), false));
        assert_eq!(cut("äöü", 2), ("äö".to_owned(), true));
        assert_eq!(cut("abc", 3), ("abc".to_owned(), false));
        assert_eq!(cut("abcd", 3), ("abc".to_owned(), true));
    }
}
