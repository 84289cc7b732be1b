//! An alert's JSON as a tree that borrows from its text and lies in one arena: no value of it is
//! allocated or dropped by itself.

mod read;

use std::cell::Cell;

use serde_json::Number;

pub(crate) use read::read;

/// One value.
#[derive(PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Flag(bool),
    Int(i64),
    /// A number that is no `i64`.
    Number(Number),
    Text(&'a str),
    List(&'a [Node<'a>]),
    Object(Object<'a>),
}

/// The members of an object, in Graph's order; those that are null or empty are left out.
#[derive(Default, PartialEq)]
pub(crate) struct Object<'a>(&'a [Member<'a>]);

/// One member of an object.
#[derive(PartialEq)]
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Node<'a>,
    /// Set by a format once the value has a place in a record.
    pub(crate) taken: Cell<bool>,
}

impl<'a> Node<'a> {
    /// Whether it is null or empty, which is the same as absent.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Object(object) => object.members().is_empty(),
            _ => false,
        }
    }

    /// The text, if it is one and not empty.
    pub(crate) fn text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The member of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Node<'a>> {
        match self {
            Self::Object(object) => object.member(name).map(|member| &member.value),
            _ => None,
        }
    }
}

impl<'a> Object<'a> {
    pub(crate) fn members(&self) -> &'a [Member<'a>] {
        self.0
    }

    pub(crate) fn member(&self, name: &str) -> Option<&'a Member<'a>> {
        self.0.iter().find(|member| member.name == name)
    }
}
