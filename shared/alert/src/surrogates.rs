//! Halves of surrogate pairs that stand alone.

use std::borrow::Cow;

use memchr::memmem;

/// The bytes of `\ud800`.
const ESCAPE_BYTES: usize = 6;

/// Which half of a pair an escape is.
#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Replaces each escape of half a surrogate pair that stands alone, such as `\ud800`, by that of
/// U+FFFD, in place: it is as long. Whether there was one.
///
/// It is JSON by the grammar and stands for no character: most parsers refuse all of an alert for
/// one. Whoever can name a file or a window's title can put one there, as software that cuts off text
/// in the middle of a pair does without meaning to.
pub fn repair_surrogates(json: &mut [u8]) -> bool {
    if !may_have_halves(json) {
        return false;
    }
    let escapes = memmem::Finder::new(br"\u");
    let (mut from, mut is_repaired) = (0, false);
    while let Some(found) = json.get(from..).and_then(|rest| escapes.find(rest)) {
        let at = from + found;
        from = at + 2;
        let half = half_at(json, at).filter(|_| begins_an_escape(json, at));
        let is_pair =
            half == Some(Half::High) && half_at(json, at + ESCAPE_BYTES) == Some(Half::Low);
        if is_pair {
            from = at + 2 * ESCAPE_BYTES;
        } else if half.is_some()
            && let Some(escape) = json.get_mut(at..at + ESCAPE_BYTES)
        {
            escape.copy_from_slice(br"\ufffd");
            is_repaired = true;
        }
    }
    is_repaired
}

/// The text with those halves replaced, as [`repair_surrogates`] does.
#[must_use]
pub fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    if !may_have_halves(json.as_bytes()) {
        return Cow::Borrowed(json);
    }
    let mut bytes = json.as_bytes().to_vec();
    match repair_surrogates(&mut bytes) {
        true => String::from_utf8(bytes).map_or(Cow::Borrowed(json), Cow::Owned),
        false => Cow::Borrowed(json),
    }
}

/// Nearly always false, and known at a fraction of what it takes to look at each escape.
fn may_have_halves(json: &[u8]) -> bool {
    memmem::find(json, br"\ud").is_some() || memmem::find(json, br"\uD").is_some()
}

/// The half of a pair whose escape begins at `at`, if one does.
fn half_at(json: &[u8], at: usize) -> Option<Half> {
    match json.get(at..at + ESCAPE_BYTES)? {
        [b'\\', b'u', b'd' | b'D', second, third, fourth]
            if third.is_ascii_hexdigit() && fourth.is_ascii_hexdigit() =>
        {
            match second {
                b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::High),
                b'c'..=b'f' | b'C'..=b'F' => Some(Half::Low),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether the backslash at `at` is not itself escaped by one before it.
fn begins_an_escape(json: &[u8], at: usize) -> bool {
    let before = json.get(..at).unwrap_or_default();
    let backslashes = before.iter().rev().take_while(|&&byte| byte == b'\\');
    backslashes.count() % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_that_stand_alone_become_the_replacement_character() {
        for (json, repaired) in [
            (r#""\ud800""#, r#""\ufffd""#),
            (r#""a\uDBFFb""#, r#""a\ufffdb""#),
            (r#""\udc00""#, r#""\ufffd""#),
            (r#""\uDFFF\ud800""#, r#""\ufffd\ufffd""#),
            (r#""\ud800\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\ude00\ude00""#, r#""\ud83d\ude00\ufffd""#),
            (r#""\ud83d \ude00""#, r#""\ufffd \ufffd""#),
            (r#""\ud83dx\ude00""#, r#""\ufffdx\ufffd""#),
            (r#""\ud83d\\ude00""#, r#""\ufffd\\ude00""#),
            (r#""\\\ud800""#, r#""\\\ufffd""#),
            (r#"{"\ud800":1}"#, r#"{"\ufffd":1}"#),
        ] {
            assert_eq!(without_lone_surrogates(json), repaired, "{json}");
            serde_json::from_str::<serde_json::Value>(json).unwrap_err();
            serde_json::from_str::<serde_json::Value>(repaired).unwrap();
        }
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for json in [
            "",
            r#""\ud83d\ude00""#,
            r#""\uD83D\uDE00\uD83D\uDE00""#,
            r#""\u00e4\ud7ff\ue000\uffff""#,
            // Backslashes, not escapes.
            r#""C:\\ud800\\udc00""#,
            r#""\\\\ud800""#,
            // What is no escape at all is the parser's affair.
            r#""\ud8"#,
            r#""\ud8zz""#,
            r"\u",
        ] {
            let unchanged = without_lone_surrogates(json);
            assert!(
                matches!(unchanged, Cow::Borrowed(same) if same == json),
                "{json}"
            );
        }
    }
}
