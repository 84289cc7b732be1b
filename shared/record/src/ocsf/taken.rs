//! What of an alert has its place in the record, so that what has none can be told from it.

use bumpalo::Bump;
use drawbridge_alert::{Text, Timestamp};
use serde_json::Number;

use crate::tree::{self, Member, Node, Object};

/// What lies deeper is kept as text.
const MAX_DEPTH: u8 = 32;

impl<'a> Object<'a> {
    /// Reads an alert that was decoded before.
    pub(super) fn read(json: &'a str, arena: &'a Bump) -> Self {
        match tree::read(json, MAX_DEPTH, arena) {
            Node::Object(object) => object,
            _ => Self::default(),
        }
    }

    /// The text of a member, if it says anything.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.member(name).and_then(|member| member.value.says())
    }

    /// Whether any of these members is a text that says anything.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.text(name).is_some())
    }

    /// The text of a member, and it has its place now.
    pub(super) fn take(&self, name: &str) -> Option<&'a str> {
        self.take_if(name, |_| true)
    }

    /// The same, for a text that its place takes.
    pub(super) fn take_if(&self, name: &str, fits: impl Fn(&str) -> bool) -> Option<&'a str> {
        let member = self.member(name)?;
        let text = member.value.says().filter(|text| fits(text))?;
        member.taken.set(true);
        Some(text)
    }

    /// A member that is a whole number, which has its place now.
    pub(super) fn take_int(&self, name: &str) -> Option<Taken<'a, i64>> {
        self.take_int_if(name, |_| true)
    }

    /// The same, for a number that its place takes.
    pub(super) fn take_int_if(
        &self,
        name: &str,
        fits: impl Fn(i64) -> bool,
    ) -> Option<Taken<'a, i64>> {
        let member = self.member(name)?;
        let number = member.value.int().filter(|number| fits(*number))?;
        Some(member.take(number))
    }

    /// A member that is a whole number.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.member(name).and_then(|member| member.value.int())
    }

    /// A member that is any number, which has its place now.
    pub(super) fn take_number(&self, name: &str) -> Option<Taken<'a, Number>> {
        let member = self.member(name)?;
        let number = match &member.value {
            Node::Int(number) => (*number).into(),
            Node::Number(number) => number.clone(),
            _ => return None,
        };
        Some(member.take(number))
    }

    /// A time in milliseconds since 1970. Those cut Graph's digits off, so its text is not taken.
    pub(super) fn time(&self, name: &str) -> Option<Taken<'a, i64>> {
        let text = self.text(name)?;
        let it = millis(text)?;
        Some(Taken { it, from: text })
    }

    /// A member that is an object.
    pub(super) fn object(&self, name: &str) -> Option<&'a Self> {
        match &self.member(name)?.value {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> &'a [Node<'a>] {
        match self.member(name).map(|member| &member.value) {
            Some(Node::List(list)) => list,
            _ => &[],
        }
    }

    /// The items of a member that is a list, which have their place now.
    pub(super) fn take_list(&self, name: &str) -> &'a [Node<'a>] {
        if let Some(member) = self.member(name)
            && matches!(member.value, Node::List(_))
        {
            member.taken.set(true);
        }
        self.list(name)
    }

    /// The objects of a member that is a list.
    pub(super) fn objects(&self, name: &str) -> impl Iterator<Item = &'a Self> + use<'a> {
        self.list(name).iter().filter_map(|node| match node {
            Node::Object(object) => Some(object),
            _ => None,
        })
    }

    /// The texts of a member that is a list.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.list(name).iter().filter_map(Node::says)
    }

    /// The same, and they have their place now if every one of them fits.
    pub(super) fn take_texts(&self, name: &str, fits: impl Fn(&str) -> bool) -> Vec<&'a str> {
        let texts: Vec<&str> = self.texts(name).filter(|text| fits(text)).collect();
        if let Some(member) = self.member(name)
            && texts.len() == self.list(name).len()
        {
            member.taken.set(true);
        }
        texts
    }

    /// Whether nothing is left that says anything and has no place yet.
    pub(super) fn is_used_up(&self) -> bool {
        self.members().iter().all(Member::is_used_up)
    }
}

/// A number of the alert, and a text that stands where it came from.
#[derive(Clone, Copy)]
pub(super) struct Taken<'a, T> {
    pub(super) it: T,
    pub(super) from: &'a str,
}

impl<'a> Member<'a> {
    fn take<T>(&self, it: T) -> Taken<'a, T> {
        self.taken.set(true);
        Taken {
            it,
            from: self.name,
        }
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.taken.get() || self.value.is_used_up()
    }
}

impl<'a> Node<'a> {
    /// A text that says anything: not empty, and not the date of the year 1 that Graph sends where
    /// it has none.
    pub(super) fn says(&self) -> Option<&'a str> {
        self.text().filter(|text| !text.starts_with("0001-01-01T"))
    }

    fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether nothing is left of it; what says nothing is nothing.
    pub(super) fn is_used_up(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Flag(_) | Self::Int(_) | Self::Number(_) => false,
            Self::Text(_) => self.says().is_none(),
            Self::List(list) => list.iter().all(Node::is_used_up),
            Self::Object(object) => object.is_used_up(),
        }
    }
}

/// A time as milliseconds since 1970; none for the placeholder and for a text that is not a time.
fn millis(text: &str) -> Option<i64> {
    let instant = Timestamp::new(Text::from(text))?.instant?;
    Some(instant.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_nothing() {
        let arena = Bump::new();
        let read = |json| Object::read(json, &arena);
        let json = r#"{"a":null,"b":"","c":[],"d":{"e":[null,{}]},"f":"0001-01-01T00:00:00Z"}"#;
        assert!(read(json).is_used_up());
        assert!(!read(r#"{"a":[{"b":false}]}"#).is_used_up());
    }

    #[test]
    fn a_text_is_taken_once_it_has_its_place() {
        let arena = Bump::new();
        let object = Object::read(r#"{"a":"x","list":["1","2"],"mixed":["1",2]}"#, &arena);
        assert_eq!(object.take("a"), Some("x"));
        assert_eq!(object.take_texts("list", |_| true), ["1", "2"]);
        assert!(!object.is_used_up());
        assert_eq!(object.take_texts("mixed", |_| true), ["1"]);
        assert!(!object.is_used_up());
    }
}
