use std::borrow::Cow;

use crate::tree::Node;

/// One value of a field.
#[derive(PartialEq)]
pub(super) enum Value<'n> {
    Text(Cow<'n, str>),
    Long(i64),
    Flag(bool),
    /// Degrees.
    Point {
        lat: f64,
        lon: f64,
    },
    /// A member of `labels`.
    Label(&'n str, &'n Node<'n>),
}
