//! Values of which nothing is known, written as Graph sent them but for what is empty.

use super::name;
use super::time;
use crate::json::{int, string};
use crate::tree::Node;

/// Writes a value; false, and nothing written, where it is null, empty or the date of no time.
pub(super) fn any(node: &Node<'_>, json: &mut String) -> bool {
    plain(node, Style::Free, json)
}

/// What becomes of the names of members.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// They are made fit for Elasticsearch.
    Free,
    /// They stay as they are.
    Graphs,
}

fn plain(node: &Node<'_>, style: Style, json: &mut String) -> bool {
    match node {
        Node::Null => return false,
        Node::Flag(flag) => json.push_str(if *flag { "true" } else { "false" }),
        Node::Int(number) => int(*number, json),
        Node::Number(number) => json.push_str(&number.to_string()),
        Node::Text(text) if text.is_empty() || time::is_placeholder(text) => return false,
        Node::Text(text) => string(text, json),
        Node::List(items) => return list(json, *items, |item, json| plain(item, style, json)),
        Node::Object(object) => {
            let start = json.len();
            json.push('{');
            let mut names = name::Names::default();
            for of in object.members() {
                let member = match style {
                    Style::Free => member(&names.free(of.name, |_| false), json),
                    Style::Graphs => member(of.name, json),
                };
                let is_there = plain(&of.value, style, json);
                end(member, is_there, json);
            }
            return close(start, '}', json);
        }
    }
    true
}

/// Writes a list of what `item` writes; false where that is nothing.
pub(super) fn list<T>(
    json: &mut String,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(T, &mut String) -> bool,
) -> bool {
    let start = json.len();
    json.push('[');
    for value in items {
        if item(value, json) {
            json.push(',');
        }
    }
    close(start, ']', json)
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

/// A value as JSON text, with Graph's names; empty where the value is.
pub(super) fn as_text(node: &Node<'_>) -> String {
    let mut json = String::new();
    plain(node, Style::Graphs, &mut json);
    json
}
