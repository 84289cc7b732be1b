use serde::{Deserialize, Deserializer};

use crate::Text;

/// What Graph sends where it has no time.
const PLACEHOLDER_YEAR: &str = "0001-01-01T";

/// A time of an alert: Graph's own text, and the instant that it names.
///
/// Graph writes up to seven fractional digits and cuts trailing zeros, so that texts do not sort;
/// compare the instants. A text that is not a time has no instant and fails nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp<'a> {
    /// As Graph wrote it.
    pub text: Text<'a>,
    /// The instant, if the text is a time.
    pub instant: Option<jiff::Timestamp>,
}

impl<'a> Timestamp<'a> {
    /// Reads a time; `None` for the placeholder of the year 1.
    #[must_use]
    pub fn new(text: Text<'a>) -> Option<Self> {
        if text.starts_with(PLACEHOLDER_YEAR) || text.is_empty() {
            return None;
        }
        let instant = text.parse().ok();
        Some(Self { text, instant })
    }
}

/// Reads a property that is a time, absent or the placeholder.
pub(crate) fn optional<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp<'a>>, D::Error> {
    Ok(Option::<Text<'a>>::deserialize(deserializer)?.and_then(Timestamp::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> jiff::Timestamp {
        Timestamp::new(Text::from(text)).unwrap().instant.unwrap()
    }

    #[test]
    fn fractions_of_any_length_compare_as_instants() {
        assert!(instant("2026-01-01T00:00:09.99Z") < instant("2026-01-01T00:00:10Z"));
        assert_eq!(
            instant("2026-01-01T00:00:00.5Z"),
            instant("2026-01-01T00:00:00.5000000Z")
        );
        assert!(instant("2026-01-01T00:00:00.1234567Z") > instant("2026-01-01T00:00:00.123456Z"));
    }

    #[test]
    fn the_placeholder_is_absent_and_nonsense_has_no_instant() {
        assert_eq!(Timestamp::new(Text::from("0001-01-01T00:00:00Z")), None);
        assert_eq!(Timestamp::new(Text::from("soon")).unwrap().instant, None);
    }
}
