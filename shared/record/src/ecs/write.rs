//! Values as text, and the members of objects.

use std::borrow::Cow;

use super::time;
use crate::json::{int, string};
use crate::tree::Node;

/// As many bytes as Lucene takes for one term. A keyword that is longer makes Elasticsearch refuse
/// the whole document, unless its field has an `ignore_above`.
pub(super) const MOST_KEYWORD_BYTES: usize = 32_766;

/// Writes any value as text, or as a list of texts: a number or a truth value as Graph writes it,
/// an object as JSON. False, and nothing written, where it is null, empty or the date of no time.
pub(super) fn text(node: &Node<'_>, json: &mut String) -> bool {
    match node {
        Node::Text(text) if is_empty(text) => return false,
        Node::Text(text) => keyword(text, json),
        Node::List(items) => {
            let start = json.len();
            json.push('[');
            for item in *items {
                if add_text(item, json) {
                    json.push(',');
                }
            }
            return close(start, ']', json);
        }
        node => {
            let text = as_text(node);
            if text.is_empty() {
                return false;
            }
            keyword(&text, json);
        }
    }
    true
}

/// Adds a value to a list of texts; false, and nothing added, where it is nothing.
fn add_text(node: &Node<'_>, json: &mut String) -> bool {
    match scalar(node) {
        Some(text) if is_empty(&text) => return false,
        Some(text) => pieces(&text, json),
        None => match as_text(node) {
            text if text.is_empty() => return false,
            text => pieces(&text, json),
        },
    }
    true
}

fn is_empty(text: &str) -> bool {
    text.is_empty() || time::is_placeholder(text)
}

/// Writes a text; as a list of its pieces where a keyword cannot be that long.
pub(super) fn keyword(text: &str, json: &mut String) {
    if text.len() <= MOST_KEYWORD_BYTES {
        string(text, json);
        return;
    }
    json.push('[');
    pieces(text, json);
    json.push(']');
}

/// Writes the pieces of a text, with commas between them.
fn pieces(mut text: &str, json: &mut String) {
    while text.len() > MOST_KEYWORD_BYTES {
        let (piece, rest) = text.split_at(text.floor_char_boundary(MOST_KEYWORD_BYTES));
        string(piece, json);
        json.push(',');
        text = rest;
    }
    string(text, json);
}

/// The text of a value that is neither a list nor an object, nor nothing.
pub(super) fn scalar<'n>(node: &'n Node<'_>) -> Option<Cow<'n, str>> {
    Some(match node {
        Node::Text(text) if !text.is_empty() => Cow::Borrowed(text),
        Node::Int(number) => Cow::Owned(number.to_string()),
        Node::Number(number) => Cow::Owned(number.to_string()),
        Node::Flag(true) => Cow::Borrowed("true"),
        Node::Flag(false) => Cow::Borrowed("false"),
        _ => return None,
    })
}

/// A value as JSON text, with Graph's names; empty where the value is.
pub(super) fn as_text(node: &Node<'_>) -> String {
    let mut json = String::new();
    // What is no list and no object is its own text.
    match scalar(node) {
        Some(text) if is_empty(&text) => {}
        Some(text) => json.push_str(&text),
        None => {
            plain(node, &mut json);
        }
    }
    json
}

/// Writes a value as Graph sent it, but for what is empty.
fn plain(node: &Node<'_>, json: &mut String) -> bool {
    match node {
        Node::Null => return false,
        Node::Flag(flag) => json.push_str(if *flag { "true" } else { "false" }),
        Node::Int(number) => int(*number, json),
        Node::Number(number) => json.push_str(&number.to_string()),
        Node::Text(text) if is_empty(text) => return false,
        Node::Text(text) => string(text, json),
        Node::List(items) => {
            let start = json.len();
            json.push('[');
            for item in *items {
                if plain(item, json) {
                    json.push(',');
                }
            }
            return close(start, ']', json);
        }
        Node::Object(object) => {
            let start = json.len();
            json.push('{');
            for of in object.members() {
                let member = member(of.name, json);
                let is_there = plain(&of.value, json);
                end(member, is_there, json);
            }
            return close(start, '}', json);
        }
    }
    true
}

/// Ends a list or an object after the comma of its last part; takes it back where it is empty.
pub(super) fn close(start: usize, bracket: char, json: &mut String) -> bool {
    if json.len() == start + 1 {
        json.truncate(start);
        return false;
    }
    json.pop();
    json.push(bracket);
    true
}

/// Begins a member: its name; the answer is for [`end`].
pub(super) fn member(name: &str, json: &mut String) -> usize {
    let start = json.len();
    string(name, json);
    json.push(':');
    start
}

/// Begins a member whose name is one of the tables', which need no escape.
pub(super) fn known(name: &str, json: &mut String) -> usize {
    let start = json.len();
    json.push('"');
    json.push_str(name);
    json.push_str("\":");
    start
}

/// Ends a member with a comma, or takes it back.
pub(super) fn end(start: usize, is_there: bool, json: &mut String) {
    if is_there {
        json.push(',');
    } else {
        json.truncate(start);
    }
}
