//! Documents in which secrets are kept by name: JSON, XML, and files of several lines.

use serde_json::Value;

use crate::distinct::Distinct;

/// Where a text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// It is what was stored or given.
    Whole,
    /// What was stored stands for it, in hexadecimal or base64.
    Encoded,
}

/// What is expected, from the kind of text with the most freedom to the one with the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expected {
    /// A claim of a token: whatever its issuer writes into it, such as a list of names and values.
    Claim,
    /// A password or a passphrase that somebody made up.
    Bare,
    /// A token or a client secret that a service made up: no part of any document.
    Token,
}

/// The members of a token that is an object in base64: an API key of Grafana's, as it made them up to
/// version 9.
const API_KEY: [&str; 3] = ["k", "n", "id"];

/// The fewest characters that are a text and not there by chance, where what was stored stands for
/// them.
const MIN_TEXT_CHARS: usize = 24;

/// Whether a text is a JSON document, or has one in it, which begins with a name in quotation marks and
/// may be cut off. Secrets may hold brackets and quotation marks, too. `squeezed` is the same without
/// blanks.
pub(crate) fn is_json(text: &str, squeezed: &str, form: TextForm, expected: Expected) -> bool {
    // Also one whose quotation marks were lost in a shell, or are others than those of JSON.
    // Two ids of Bitbucket's stand in braces each, with a colon between them.
    let is_object = squeezed.starts_with('{')
        && squeezed.ends_with('}')
        && squeezed.contains(['"', ':'])
        && !squeezed.contains("}:{");
    let is_one = has_start(squeezed, '{', &[':', '='])
        || has_start(squeezed, '[', &[',', ']'])
        || is_text(text, form) && (is_object || is_whole(text));
    // The beginning was cut off, or the end of one whose quotation marks were lost.
    let is_part = expected >= Expected::Bare
        && is_text(text, form)
        && (is_cut_out(squeezed) || has_bare_start(squeezed));
    is_one || is_part
}

/// Whether what was stored stands for an API key of Grafana's, and for nothing else.
pub(crate) fn is_api_key(text: &str, form: TextForm) -> bool {
    let Ok(Distinct(Value::Object(object))) = serde_json::from_str(text) else {
        return false;
    };
    let [key, name, id] = API_KEY.map(|name| object.get(name));
    form == TextForm::Encoded
        && object.len() == API_KEY.len()
        && [key, name]
            .iter()
            .all(|text| text.is_some_and(Value::is_string))
        && id.is_some_and(Value::is_number)
}

/// Whether what was stored stands for a text of several lines, such as a file.
pub(crate) fn has_lines(text: &str, form: TextForm) -> bool {
    let text = text.trim();
    let is_printable = |c: char| !c.is_control() || c.is_ascii_whitespace();
    form == TextForm::Encoded
        && is_text(text, form)
        && text.contains('\n')
        && text.chars().all(is_printable)
}

pub(crate) fn is_text(text: &str, form: TextForm) -> bool {
    form == TextForm::Whole || text.len() >= MIN_TEXT_CHARS
}

/// The ends of elements that are looked at.
const MAX_ENDS: usize = 16;

/// Keys and metadata come as XML: an element with its end, wherever it stands, or the whole is one.
pub(crate) fn is_xml(squeezed: &str) -> bool {
    let is_closed = |rest: &str| {
        let name = rest.split_once('>').map_or("", |(name, _)| name);
        !name.is_empty() && name.split(':').all(is_name) && squeezed.contains(&format!("<{name}"))
    };
    let is_end = |(_, name): (&str, &str)| name.strip_suffix('>').is_some_and(is_long_name);
    squeezed.contains("<?xml")
        || squeezed.rsplit_once("</").is_some_and(is_end)
        || squeezed.starts_with('<') && squeezed.ends_with("/>")
        || squeezed.split("</").skip(1).take(MAX_ENDS).any(is_closed)
}

/// Whether an object or a list begins with a text in quotation marks, with one of `then` behind it.
fn has_start(squeezed: &str, bracket: char, then: &[char]) -> bool {
    let is_start = |rest: &str| {
        let mut rest = rest.chars();
        let Some(mark @ ('"' | '\'')) = rest.next() else {
            return false;
        };
        let behind = rest.as_str().split_once(mark).map(|(_, behind)| behind);
        behind.is_some_and(|behind| behind.starts_with(then))
    };
    squeezed
        .match_indices(bracket)
        .any(|(at, _)| squeezed.get(at + 1..).is_some_and(is_start))
}

/// What stands in the middle of a document, and of no secret that somebody would have without quotation marks.
const JOINTS: [&str; 4] = ["\":", "':", "\",\"", "','"];

/// How a part of a document ends that begins with a text.
const PART_ENDS: [&str; 6] = ["\"}", "\"]", "\",", "'}", "']", "',"];

/// Whether it is cut out of a document, which may have lost its quotation marks.
fn is_cut_out(squeezed: &str) -> bool {
    let bare =
        |name: &str| is_long_name(name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()));
    let is_member = |part: &str| part.split_once(':').is_some_and(|(name, _)| bare(name));
    JOINTS.iter().any(|joint| squeezed.contains(joint))
        || PART_ENDS.iter().any(|end| squeezed.ends_with(end))
        || squeezed.split(',').filter(|part| is_member(part)).count() > 1
}

/// Whether it begins as an object does whose quotation marks were lost.
fn has_bare_start(squeezed: &str) -> bool {
    let name = squeezed
        .strip_prefix('{')
        .and_then(|rest| rest.split_once(':'));
    name.is_some_and(|(name, _)| is_long_name(name))
}

/// The fewest characters of a name that is not there by chance.
const MIN_NAME_CHARS: usize = 3;

fn is_long_name(text: &str) -> bool {
    text.len() >= MIN_NAME_CHARS && is_name(text)
}

/// Whether a text has no other characters than names have.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// Whether all of it is an object, a list or a text in quotation marks.
fn is_whole(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim();
    // Copied with what comes after it in a list or an object.
    let text = match text.starts_with('"') {
        true => text.trim_end_matches([',', ']', '}', ' ']),
        false => text,
    };
    text.starts_with(['{', '[', '"']) && serde_json::from_str::<Value>(text).is_ok()
}
