//! Writes JSON objects member by member, and leaves out what is empty.

use std::fmt::{Display, Write as _};
use std::ops::Range;

use serde_json::Number;

use super::codes;
use super::observable::{self, Kind, Observable};
use super::taken::Taken;
use super::trace::Trace;
use crate::json;
use crate::tree::{Member, Node, Object};

/// A JSON text in the making.
pub(super) struct Out {
    json: String,
    /// The members that are open, from the record down.
    open: Vec<Step>,
    /// The observables so far, and the text of their paths.
    found: Vec<Observable>,
    /// The kind and the length of each: what tells most of them apart.
    tags: Vec<u64>,
    paths: String,
    /// The path of the object that the last one stands in, and whether that is open still.
    place: Range<usize>,
    is_same_place: bool,
    /// Where the resources of the evidence are.
    resources: Vec<Range<usize>>,
    /// Records where values came from, if that was asked for.
    trace: Option<Box<Trace>>,
}

/// One step of a path: into a member, or to the next item of a list.
#[derive(Clone, Copy)]
enum Step {
    Member(&'static str),
    /// How many items of the list were begun.
    Items(usize),
}

impl Out {
    /// An object, and the trace with what was noted of its values.
    pub(super) fn object_of(
        capacity: usize,
        trace: Option<Box<Trace>>,
        members: impl FnOnce(&mut Self),
    ) -> (String, Option<Box<Trace>>) {
        let mut out = Self {
            trace,
            json: String::with_capacity(capacity),
            open: Vec::with_capacity(16),
            found: Vec::with_capacity(32),
            tags: Vec::with_capacity(32),
            paths: String::with_capacity(1024),
            place: 0..0,
            is_same_place: false,
            resources: Vec::new(),
        };
        out.json.push('{');
        members(&mut out);
        out.json.push('}');
        (out.json, out.trace)
    }

    /// Writes values that are made of those texts of the alert.
    pub(super) fn made_of<const N: usize>(
        &mut self,
        texts: [Option<&str>; N],
        values: impl FnOnce(&mut Self),
    ) {
        if let Some(trace) = &mut self.trace {
            trace.made_of(&texts);
        }
        values(self);
        if let Some(trace) = &mut self.trace {
            trace.made_of(&[]);
        }
    }

    /// Notes where the value of a member came from, or with no name that of an item.
    fn trace(&mut self, name: &'static str, text: &str) {
        if let Some(trace) = &mut self.trace {
            trace.note(path(&self.open, name), text);
        }
    }

    fn comma(&mut self) {
        if !matches!(self.json.as_bytes().last(), Some(b'{' | b'[')) {
            self.json.push(',');
        }
    }

    fn key(&mut self, name: &'static str) {
        self.json.reserve(name.len() + 4);
        self.comma();
        self.json.push('"');
        self.json.push_str(name);
        self.json.push_str("\":");
    }

    /// Writes a text if there is one.
    pub(super) fn text(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.trace(name, text);
            self.key(name);
            json::string(text, &mut self.json);
        }
    }

    /// Writes a text that a SIEM searches for, if there is one.
    pub(super) fn observed(&mut self, kind: Kind, name: &'static str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.trace(name, text);
            self.key(name);
            let start = self.json.len();
            json::string(text, &mut self.json);
            self.note(kind, name, start);
        }
    }

    /// Writes such a text as an item of a list.
    pub(super) fn observed_item(&mut self, kind: Kind, text: &str) {
        self.comma();
        self.next_item();
        self.trace("", text);
        let start = self.json.len();
        json::string(text, &mut self.json);
        self.note(kind, "", start);
    }

    /// Remembers what was written last, from `start` on.
    fn note(&mut self, kind: Kind, name: &'static str, start: usize) {
        let value = start..self.json.len();
        let text = &self.json[value.clone()];
        let tag = kind.tag(text);
        // The first place of a value tells of it.
        let is_known = |(other, found): (&u64, &Observable)| {
            *other == tag && self.json[found.value.clone()] == *text
        };
        if self.found.len() >= observable::MOST || self.tags.iter().zip(&self.found).any(is_known) {
            return;
        }
        self.tags.push(tag);
        let path = self.paths.len();
        // Most of them share their object with the one before.
        if self.is_same_place {
            self.paths.extend_from_within(self.place.clone());
        } else {
            render(&self.open, &mut self.paths);
            self.is_same_place = true;
        }
        self.place = path..self.paths.len();
        if !name.is_empty() {
            self.paths.push('.');
            self.paths.push_str(name);
        }
        self.found.push(Observable {
            kind,
            path: path..self.paths.len(),
            value,
        });
    }

    /// `observables`: each value once per kind, with the path of its first place.
    pub(super) fn observables(&mut self) {
        let found = std::mem::take(&mut self.found);
        self.list("observables", |out| {
            for found in found {
                out.comma();
                found.write(&out.paths, &mut out.json);
            }
        });
    }

    /// An item of `resources` of a piece of evidence.
    pub(super) fn resource(&mut self, members: impl FnOnce(&mut Self)) {
        let before = self.json.len();
        self.item(members);
        let start = before + usize::from(self.json.as_bytes().get(before) == Some(&b','));
        if self.json.len() > before {
            self.resources.push(start..self.json.len());
        }
    }

    /// The resources that the evidence has, each once.
    pub(super) fn resources_of_evidence(&mut self) {
        let ranges = std::mem::take(&mut self.resources);
        for (n, range) in ranges.iter().enumerate() {
            let is_same =
                |other: &Range<usize>| self.json[other.clone()] == self.json[range.clone()];
            if n < observable::MOST && !ranges[..n].iter().any(is_same) {
                self.comma();
                self.json.extend_from_within(range.clone());
            }
        }
    }

    fn next_item(&mut self) {
        if let Some(Step::Items(begun)) = self.open.last_mut() {
            *begun += 1;
            self.is_same_place = false;
        }
    }

    /// A number or a flag.
    pub(super) fn plain(&mut self, name: &'static str, value: impl Display) {
        self.key(name);
        let _ = write!(self.json, "{value}");
    }

    /// A whole number of our own.
    pub(super) fn int(&mut self, name: &'static str, number: i64) {
        self.trace(name, "");
        self.key(name);
        json::int(number, &mut self.json);
    }

    /// Writes a whole number of the alert if there is one.
    pub(super) fn taken(&mut self, name: &'static str, number: Option<Taken<'_, i64>>) {
        if let Some(Taken { it, from }) = number {
            self.trace(name, from);
            self.key(name);
            json::int(it, &mut self.json);
        }
    }

    /// Writes any number of the alert if there is one.
    pub(super) fn number(&mut self, name: &'static str, number: Option<Taken<'_, Number>>) {
        if let Some(Taken { it, from }) = number {
            self.trace(name, from);
            self.plain(name, it);
        }
    }

    /// Writes a whole number of the alert as text, if there is one.
    pub(super) fn int_text(&mut self, name: &'static str, number: Option<Taken<'_, i64>>) {
        if let Some(Taken { it, from }) = number {
            self.trace(name, from);
            self.key(name);
            self.json.push('"');
            json::int(it, &mut self.json);
            self.json.push('"');
        }
    }

    /// A number of an enumeration and its caption, as OCSF pairs them.
    pub(super) fn coded(&mut self, id: &'static str, caption: &'static str, code: (i64, &str)) {
        self.int(id, code.0);
        match code {
            (codes::OTHER, word) => self.text(caption, Some(word)),
            (_, known) => self.word(caption, known),
        }
    }

    /// A text of our own that needs no escape.
    pub(super) fn word(&mut self, name: &'static str, word: &str) {
        self.trace(name, word);
        self.key(name);
        self.json.push('"');
        self.json.push_str(word);
        self.json.push('"');
    }

    /// An object, unless it comes out empty.
    pub(super) fn object(&mut self, name: &'static str, members: impl FnOnce(&mut Self)) {
        let before = self.json.len();
        self.key(name);
        self.open.push(Step::Member(name));
        self.is_same_place = false;
        self.enclosed(before, '{', '}', members);
        self.open.pop();
        self.is_same_place = false;
    }

    /// A list, unless it comes out empty.
    pub(super) fn list(&mut self, name: &'static str, items: impl FnOnce(&mut Self)) {
        let before = self.json.len();
        self.key(name);
        self.open.extend([Step::Member(name), Step::Items(0)]);
        self.enclosed(before, '[', ']', items);
        self.open.truncate(self.open.len() - 2);
        self.is_same_place = false;
    }

    /// An object in a list, unless it comes out empty.
    pub(super) fn item(&mut self, members: impl FnOnce(&mut Self)) {
        let before = self.json.len();
        self.comma();
        self.next_item();
        if !self.enclosed(before, '{', '}', members)
            && let Some(Step::Items(begun)) = self.open.last_mut()
        {
            *begun -= 1;
        }
    }

    /// A text in a list.
    pub(super) fn item_text(&mut self, text: &str) {
        self.comma();
        self.next_item();
        self.trace("", text);
        json::string(text, &mut self.json);
    }

    /// A number of our own in a list.
    pub(super) fn item_int(&mut self, number: i64) {
        self.comma();
        self.next_item();
        self.trace("", "");
        json::int(number, &mut self.json);
    }

    /// Whether there was anything to enclose.
    fn enclosed(
        &mut self,
        before: usize,
        open: char,
        end: char,
        fill: impl FnOnce(&mut Self),
    ) -> bool {
        self.json.push(open);
        let inside = self.json.len();
        fill(self);
        let is_filled = self.json.len() > inside;
        if is_filled {
            self.json.push(end);
        } else {
            self.json.truncate(before);
        }
        is_filled
    }

    /// What of an object says anything and has no place yet, as Graph has it.
    pub(super) fn rest(&mut self, name: &'static str, object: &Object<'_>) {
        if !object.is_used_up() {
            if let Some(trace) = &mut self.trace {
                trace.note_rest(path(&self.open, name), object);
            }
            self.key(name);
            self.rest_of_object(object);
        }
    }

    fn rest_of_object(&mut self, object: &Object<'_>) {
        self.json.push('{');
        let left = |member: &&Member<'_>| !member.is_used_up();
        for member in object.members().iter().filter(left) {
            self.comma();
            json::string(member.name, &mut self.json);
            self.json.push(':');
            self.rest_of(&member.value);
        }
        self.json.push('}');
    }

    fn rest_of(&mut self, node: &Node<'_>) {
        match node {
            Node::Null => self.json.push_str("null"),
            Node::Flag(flag) => self.json.push_str(if *flag { "true" } else { "false" }),
            Node::Int(number) => json::int(*number, &mut self.json),
            Node::Number(number) => {
                let _ = write!(self.json, "{number}");
            }
            Node::Text(text) => json::string(text, &mut self.json),
            Node::Object(object) => self.rest_of_object(object),
            Node::List(list) => {
                self.json.push('[');
                for node in list.iter().filter(|node| !node.is_used_up()) {
                    self.comma();
                    self.rest_of(node);
                }
                self.json.push(']');
            }
        }
    }
}

/// The path of a member of the object that is open, or without a name that of what is open.
fn path(open: &[Step], name: &str) -> String {
    let mut path = String::new();
    render(open, &mut path);
    if !(path.is_empty() || name.is_empty()) {
        path.push('.');
    }
    path + name
}

/// Adds the path of what is open to a text of paths.
fn render(open: &[Step], paths: &mut String) {
    for (n, step) in open.iter().enumerate() {
        match *step {
            Step::Items(begun) => {
                paths.push('[');
                json::int(i64::try_from(begun).unwrap_or(1) - 1, paths);
                paths.push(']');
            }
            Step::Member(name) => {
                if n > 0 {
                    paths.push('.');
                }
                paths.push_str(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::*;

    #[test]
    fn what_is_empty_is_left_out() {
        let (json, _) = Out::object_of(0, None, |out| {
            out.text("none", None);
            out.text("empty", Some(""));
            out.object("object", |out| out.list("list", |out| out.item(|_| ())));
            out.int("n", 1);
            out.list("list", |out| {
                out.item_text("[");
                out.item(|out| out.text("a", Some("{")));
                out.item_text("x");
            });
            out.plain("flag", true);
        });
        assert_eq!(json, r#"{"n":1,"list":["[",{"a":"{"},"x"],"flag":true}"#);
    }

    #[test]
    fn the_rest_is_what_was_not_taken() {
        let arena = Bump::new();
        let object = Object::read(
            r#"{"a":"x","b":{"c":1,"d":null},"e":[null,{"f":""},{"g":true}],"h":1.5}"#,
            &arena,
        );
        object.take("a");
        let (json, _) = Out::object_of(0, None, |out| out.rest("data", &object));
        assert_eq!(json, r#"{"data":{"b":{"c":1},"e":[{"g":true}],"h":1.5}}"#);
    }
}
