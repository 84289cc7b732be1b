//! One pass over an alert: what is kept is written under Elastic's names, and on the way the values
//! of the ECS fields are gathered.

use std::borrow::Cow;
use std::fmt;

use super::convert::{fraction, is_ip, whole};
use super::evidence;
use super::field::Ecs;
use super::made;
use super::name;
use super::property::{Holds, How, Made, Property, Shape};
use super::time;
use super::uri::Uri;
use super::value::Value;
use super::values::Values;
use super::write;
use crate::json::{float, int, string};
use crate::tree::{Member, Node};

/// Where a value stands, for those who want it explained.
#[derive(Clone, Copy)]
pub(super) struct JsonPath<'p> {
    up: Option<&'p JsonPath<'p>>,
    name: &'p str,
    index: Option<usize>,
}

impl<'p> JsonPath<'p> {
    /// The alert itself.
    pub(super) const ALERT: JsonPath<'static> = JsonPath {
        up: None,
        name: "",
        index: None,
    };

    /// Whether it is deeper than the alert's own properties.
    fn is_within(&self) -> bool {
        self.up.is_some_and(|up| up.up.is_some())
    }

    fn member(&'p self, name: &'p str) -> Self {
        Self {
            up: Some(self),
            name,
            index: None,
        }
    }
}

impl fmt::Display for JsonPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(up) = self.up.filter(|up| up.up.is_some()) {
            write!(f, "{up}.")?;
        }
        f.write_str(self.name)?;
        match self.index {
            Some(index) => write!(f, "[{index}]"),
            None => Ok(()),
        }
    }
}

/// What became of a value.
enum Outcome {
    Written,
    /// It is null or empty.
    Nothing,
    /// It does not have the type of Elastic's field.
    Unfit,
}

/// What is kept so far, and the values of the ECS fields.
pub(super) struct Walk<'n> {
    pub(super) json: String,
    pub(super) values: Values<'n>,
}

impl<'n> Walk<'n> {
    /// Writes an object; false, and nothing written, where nothing is left of it.
    pub(super) fn object(
        &mut self,
        node: &'n Node<'n>,
        shape: &'static Shape,
        at: &JsonPath<'_>,
    ) -> bool {
        let Node::Object(object) = node else {
            return false;
        };
        let start = self.json.len();
        self.json.push('{');
        let mut others: Vec<&'n Member<'n>> = Vec::new();
        let (mut seen, mut next) = (0u64, 0);
        let mut grouped: Vec<(&'static Property, &'n Member<'n>)> = Vec::new();
        for member in object.members() {
            let Some((number, property)) = shape.find(member.name, &mut next) else {
                others.push(member);
                continue;
            };
            if seen >> number & 1 != 0 {
                continue;
            }
            seen |= 1 << number;
            let at = at.member(member.name);
            let taken = self.gather(property.to, &member.value, &at);
            if !property.group.is_empty() {
                grouped.push((property, member));
            } else if property.name.is_empty() {
                if !taken {
                    others.push(member);
                }
            } else if self.member(property, &member.value, &at) {
                others.push(member);
            }
        }
        if !grouped.is_empty() {
            for group in shape.groups {
                let of_group = grouped.iter().filter(|(p, _)| p.group == *group);
                self.group(group, of_group, &mut others, at);
            }
        }
        self.others(&others, shape);
        self.of_the_whole(node, shape, at);
        write::close(start, '}', &mut self.json)
    }

    /// Writes the properties of one of Elastic's own objects.
    fn group<'p>(
        &mut self,
        group: &str,
        properties: impl Iterator<Item = &'p (&'static Property, &'n Member<'n>)>,
        others: &mut Vec<&'n Member<'n>>,
        at: &JsonPath<'_>,
    ) where
        'n: 'p,
    {
        let member = write::known(group, &mut self.json);
        let start = self.json.len();
        self.json.push('{');
        for (property, member) in properties {
            if self.member(property, &member.value, &at.member(member.name)) {
                others.push(member);
            }
        }
        let is_there = write::close(start, '}', &mut self.json);
        write::end(member, is_there, &mut self.json);
    }

    /// Writes one property under Elastic's name; true where its value does not fit there.
    fn member(&mut self, property: &Property, node: &'n Node<'n>, at: &JsonPath<'_>) -> bool {
        let member = write::known(property.name, &mut self.json);
        let outcome = match node {
            Node::List(items) if !property.holds.is_text() => self.list(property.holds, items, at),
            node => self.value(property.holds, node, at),
        };
        write::end(member, matches!(outcome, Outcome::Written), &mut self.json);
        matches!(outcome, Outcome::Unfit)
    }

    fn list(&mut self, holds: Holds, items: &'n [Node<'n>], at: &JsonPath<'_>) -> Outcome {
        let start = self.json.len();
        self.json.push('[');
        for (index, item) in items.iter().enumerate() {
            let at = JsonPath {
                index: Some(index),
                ..*at
            };
            match self.value(holds, item, &at) {
                Outcome::Written => self.json.push(','),
                Outcome::Nothing => {}
                Outcome::Unfit => {
                    self.json.truncate(start);
                    return Outcome::Unfit;
                }
            }
        }
        written(write::close(start, ']', &mut self.json))
    }

    fn value(&mut self, holds: Holds, node: &'n Node<'n>, at: &JsonPath<'_>) -> Outcome {
        if node.is_nothing() {
            return Outcome::Nothing;
        }
        let json = &mut self.json;
        match holds {
            Holds::Text => return written(write::text(node, json)),
            Holds::Long => match whole(node) {
                Some(number) => int(number, json),
                None => return Outcome::Unfit,
            },
            Holds::Float => match fraction(node) {
                Some(number) => float(number, json),
                None => return Outcome::Unfit,
            },
            Holds::Flag => match node {
                Node::Flag(flag) => json.push_str(if *flag { "true" } else { "false" }),
                _ => return Outcome::Unfit,
            },
            Holds::Date => match node.text() {
                Some(text) if time::is_placeholder(text) => return Outcome::Nothing,
                text => match text.and_then(time::millis) {
                    Some(millis) => string(&millis, json),
                    None => return Outcome::Unfit,
                },
            },
            Holds::Ip => match node.text().filter(|text| is_ip(text)) {
                Some(address) => string(address, json),
                None => return Outcome::Unfit,
            },
            Holds::Uri => match node.text() {
                Some(url) => uri(url, json),
                None => return Outcome::Unfit,
            },
            Holds::Json => match write::as_text(node) {
                text if text.is_empty() => return Outcome::Nothing,
                text => write::keyword(&text, json),
            },
            Holds::Object(shape) if matches!(node, Node::Object(_)) => {
                return written(self.object(node, shape, at));
            }
            Holds::Evidence(kind) if matches!(node, Node::Object(_)) => {
                let shape = evidence::shape(node, kind, at.is_within());
                return written(self.object(node, shape, at));
            }
            Holds::Object(_) | Holds::Evidence(_) => return Outcome::Unfit,
        }
        Outcome::Written
    }

    /// Writes what has no place of its own as text, under Graph's names.
    fn others(&mut self, others: &[&'n Member<'n>], shape: &'static Shape) {
        let mut names = name::Names::default();
        for of in others {
            let name = names.free(
                of.name,
                |name| evidence::is_no_text(shape, name),
                |name| shape.keeps(name),
            );
            let member = write::member(&name, &mut self.json);
            let is_there = write::text(&of.value, &mut self.json);
            write::end(member, is_there, &mut self.json);
        }
    }

    /// Gathers the values of a property; false unless every field has taken all of it.
    fn gather(&mut self, to: &[Ecs], node: &'n Node<'n>, at: &JsonPath<'_>) -> bool {
        let items = match node {
            Node::List(items) => *items,
            node => std::slice::from_ref(node),
        };
        let mut taken = true;
        for field in to {
            for item in items {
                let values = &mut self.values;
                let mut has_room = true;
                let fits = (field.field().convert)(item, &mut |value| {
                    has_room &= values.add(*field, value, || at.to_string());
                });
                taken &= fits && has_room;
            }
        }
        taken
    }

    /// Gathers what follows from an object as a whole.
    fn of_the_whole(&mut self, node: &'n Node<'n>, shape: &'static Shape, at: &JsonPath<'_>) {
        self.gather(shape.whole, node, at);
        for (field, value) in shape.constants {
            let value = Value::Text(Cow::Borrowed(value));
            self.values.add(*field, value, || at.to_string());
        }
        for made in shape.made {
            self.make(made, node, at);
        }
    }

    /// Gathers a value that is made of several properties.
    fn make(&mut self, made: &Made, node: &'n Node<'n>, at: &JsonPath<'_>) {
        let value = match made.how {
            How::First => {
                if let Some((of, first)) = made::first(node, made.of) {
                    self.gather(&[made.to], first, &at.member(of));
                }
                return;
            }
            How::Path => made::path(node, made.of),
            How::Fingerprint => made::fingerprint(node, made.of),
        };
        if let Some(value) = value {
            self.values.add(made.to, Value::Text(value.into()), || {
                let parts = made.of.iter().map(|of| at.member(of).to_string());
                parts.collect::<Vec<_>>().join(", ")
            });
        }
    }
}

fn written(is_there: bool) -> Outcome {
    if is_there {
        Outcome::Written
    } else {
        Outcome::Nothing
    }
}

/// Writes a URL in its parts.
fn uri(url: &str, json: &mut String) {
    json.push_str("{\"original\":");
    write::keyword(url, json);
    if let Some(uri) = Uri::parse(url) {
        let parts = [
            ("domain", uri.domain),
            ("path", uri.path),
            ("query", uri.query),
            ("scheme", uri.scheme),
        ];
        for (name, part) in parts.iter().filter(|(_, part)| !part.is_empty()) {
            json.push(',');
            string(name, json);
            json.push(':');
            write::keyword(part, json);
        }
    }
    json.push('}');
}
