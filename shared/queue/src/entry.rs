//! A message as SQS wants it.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::{Message, Refused, code, escape};

/// The most attributes of a message's own: SQS takes ten, one is left for a pointer's.
pub(crate) const MAX_ATTRIBUTES: usize = 9;

/// The most characters of a group or deduplication id.
const MAX_ID_CHARS: usize = 128;

/// The most bytes of an attribute's value. SQS counts attributes to the message's size, and no
/// store takes them off: an alert id of a megabyte would make a message that no queue takes.
const MAX_VALUE_BYTES: usize = 1024;

/// More than the attributes of a message ever weigh: a value's replaced characters may be three
/// times as long as they were, and names and types are short.
pub(crate) const ATTRIBUTES_BYTES_AT_MOST: usize = MAX_ATTRIBUTES * 4 * MAX_VALUE_BYTES;

/// One entry of a batch, still without its id.
#[derive(Clone)]
pub(crate) struct Entry<'m> {
    /// Into the slice of messages that was sent.
    pub(crate) index: usize,
    pub(crate) body: Cow<'m, str>,
    pub(crate) group: Option<Cow<'m, str>>,
    pub(crate) deduplication: Option<Cow<'m, str>>,
    pub(crate) attributes: Vec<Attribute<'m>>,
}

/// A message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'m> {
    pub(crate) name: &'static str,
    /// `String` or `Number`.
    pub(crate) kind: &'static str,
    pub(crate) value: Cow<'m, str>,
}

impl<'m> Entry<'m> {
    /// Makes the entry for `message`, which is the `index`th of those sent, or says why no queue
    /// would take it. Size is not looked at: see [`Entry::bytes`].
    pub(crate) fn new(index: usize, message: &'m Message, fifo: bool) -> Result<Self, Refused> {
        let refuse = |code: &str| Refused {
            index,
            code: code.to_owned(),
            retryable: false,
        };
        let body = escape::for_queue(&message.body)
            .map_err(|escape::ControlCharacter| refuse(code::INVALID_CONTENTS))?;
        if body.is_empty() {
            return Err(refuse(code::EMPTY));
        }
        let group = (!message.group.is_empty()).then(|| id(&message.group));
        if fifo && group.is_none() {
            return Err(refuse(code::NO_GROUP));
        }
        // SQS takes no empty value.
        let attributes: Vec<_> = message
            .attributes
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Attribute {
                name,
                kind: "String",
                value: attribute_value(value),
            })
            .collect();
        if attributes.len() > MAX_ATTRIBUTES {
            return Err(refuse(code::ATTRIBUTES));
        }
        // A standard queue refuses the parameter.
        let deduplication = fifo.then(|| id(&message.key));
        Ok(Self {
            index,
            body,
            group,
            deduplication,
            attributes,
        })
    }

    /// The size as SQS counts it: the body, and each attribute's name, type and value.
    pub(crate) fn bytes(&self) -> usize {
        let attributes = self.attributes.iter();
        self.body.len()
            + attributes
                .map(|a| a.name.len() + a.kind.len() + a.value.len())
                .sum::<usize>()
    }
}

/// `text` in characters that SQS takes, or its SHA-256 in hexadecimal if it is too long: cut off,
/// the keys of an alert's records would all be the same.
fn attribute_value(text: &str) -> Cow<'_, str> {
    if text.len() > MAX_VALUE_BYTES {
        Cow::Owned(hex::encode(Sha256::digest(text)))
    } else {
        escape::replaced(text)
    }
}

/// `text` if it can be a group or deduplication id (1 to 128 of the printable ASCII characters
/// without the blank), else its SHA-256 in hexadecimal: the same each time, and as good a name.
fn id(text: &str) -> Cow<'_, str> {
    let fits =
        (1..=MAX_ID_CHARS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(hex::encode(Sha256::digest(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message() -> Message {
        Message {
            key: "full-id".to_owned(),
            group: "alert".to_owned(),
            time: None,
            body: "{}".to_owned(),
            attributes: vec![
                ("tenant", "contoso".to_owned()),
                ("severity", String::new()),
            ],
        }
    }

    fn refusal(message: &Message, fifo: bool) -> String {
        Entry::new(3, message, fifo).err().unwrap().code
    }

    #[test]
    fn a_fifo_entry_has_group_and_deduplication_id() {
        let message = message();
        let entry = Entry::new(0, &message, true).unwrap_or_else(|_| panic!());
        assert_eq!(entry.group.as_deref(), Some("alert"));
        assert_eq!(entry.deduplication.as_deref(), Some("full-id"));
        // "{}" and "tenant" "String" "contoso"; the empty value is left out.
        assert_eq!(entry.bytes(), 2 + 6 + 6 + 7);
    }

    #[test]
    fn a_standard_entry_has_a_group_only() {
        let message = message();
        let entry = Entry::new(0, &message, false).unwrap_or_else(|_| panic!());
        assert_eq!(entry.group.as_deref(), Some("alert"));
        assert_eq!(entry.deduplication, None);
        let ungrouped = Message {
            group: String::new(),
            ..message
        };
        assert!(Entry::new(0, &ungrouped, false).is_ok_and(|entry| entry.group.is_none()));
    }

    #[test]
    fn what_no_queue_takes_is_refused_with_its_index() {
        let with = |change: &dyn Fn(&mut Message)| {
            let mut message = message();
            change(&mut message);
            message
        };
        assert_eq!(refusal(&with(&|m| m.body.clear()), false), "EmptyMessage");
        assert_eq!(
            refusal(&with(&|m| m.body = "\"\u{1}\"".into()), false),
            "InvalidMessageContents"
        );
        assert_eq!(
            refusal(&with(&|m| m.group.clear()), true),
            "MissingMessageGroupId"
        );
        let ten = with(&|m| m.attributes = vec![("a", "b".to_owned()); 10]);
        assert_eq!(refusal(&ten, false), "TooManyAttributes");
        assert_eq!(Entry::new(3, &ten, false).err().map(|r| r.index), Some(3));
        let nine = with(&|m| m.attributes = vec![("a", "b".to_owned()); 9]);
        assert!(Entry::new(3, &nine, false).is_ok());
    }

    #[test]
    fn attribute_values_lose_the_characters_that_sqs_refuses() {
        let mut message = message();
        message.attributes = vec![("key", "a\u{0}b\u{ffff}".to_owned())];
        let entry = Entry::new(0, &message, false).unwrap_or_else(|_| panic!());
        assert_eq!(entry.attributes[0].value, "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn attribute_values_that_are_too_long_become_their_digest() {
        let id = "i".repeat(1 << 20);
        let message = Message {
            time: None,
            key: format!("{id}:a"),
            group: id.clone(),
            body: "{}".to_owned(),
            attributes: vec![
                ("alert-id", id.clone()),
                ("key", format!("{id}:a")),
                ("other-key", format!("{id}:b")),
                ("fits", "f".repeat(1024)),
            ],
        };
        let entry = Entry::new(0, &message, true).unwrap_or_else(|_| panic!());
        let values: Vec<&str> = entry.attributes.iter().map(|a| &*a.value).collect();
        assert!(values[..3].iter().all(|value| value.len() == 64));
        assert_ne!(values[1], values[2]);
        assert_eq!(values[3].len(), 1024);
        assert_eq!(entry.group.as_deref(), Some(values[0]));
        assert_eq!(entry.deduplication.as_deref(), Some(values[1]));
        assert!(entry.bytes() < 2048);
    }

    #[test]
    fn ids_are_kept_where_they_fit() {
        assert_eq!(id("a:b/c_1"), "a:b/c_1");
        assert_eq!(id(&"x".repeat(128)), "x".repeat(128));
        // SHA-256 of the empty text.
        assert_eq!(
            id(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn every_id_is_one_that_sqs_takes(text in prop_oneof![any::<String>(), "[ -~]{0,200}"]) {
            let id = id(&text);
            prop_assert!((1..=128).contains(&id.len()));
            prop_assert!(id.bytes().all(|b| b.is_ascii_graphic()));
        }
    }
}
