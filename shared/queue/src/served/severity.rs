//! The words of a severity that readers of the retired API take.

use std::borrow::Cow;

/// The format that has one.
const FORMAT: &str = "siem";

/// How the member begins. A quote inside of a JSON text is escaped, so that this is found nowhere else.
const OPENING: &str = "\"Severity\":\"";

/// All words that the retired API had. There is a reader that fails on any other.
const ACCEPTED: [&str; 5] = ["UnSpecified", "Informational", "Low", "Medium", "High"];

/// A line with a severity of these words: of any other, such as one that Graph has had since, it is
/// `UnSpecified`. Other formats, and the same record in a queue, have the word itself.
pub(super) fn accepted<'l>(format: &str, line: &'l str) -> Cow<'l, str> {
    let Some(begin) = line.find(OPENING).filter(|_| format == FORMAT) else {
        return Cow::Borrowed(line);
    };
    let (before, word) = line.split_at(begin + OPENING.len());
    let Some(end) = end_of_text(word) else {
        return Cow::Borrowed(line);
    };
    let (word, after) = word.split_at(end);
    match ACCEPTED.contains(&word) {
        true => Cow::Borrowed(line),
        false => Cow::Owned([before, ACCEPTED[0], after].concat()),
    }
}

/// Where the quote is that ends a JSON text.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_no_reader_knows_is_unspecified() {
        let line =
            |word: &str| format!(r#"{{"Title":"\"Severity\":\"x","Severity":"{word}","A":"b"}}"#);
        for word in ACCEPTED {
            assert_eq!(accepted("siem", &line(word)), line(word));
        }
        for word in ["FutureSeverity", "", "high", "Unknown", r#"a\"b\\"#] {
            assert_eq!(accepted("siem", &line(word)), line("UnSpecified"), "{word}");
            assert_eq!(accepted("ecs", &line(word)), line(word));
        }
    }

    #[test]
    fn what_has_no_severity_stays_as_it_is() {
        for line in [
            "{}",
            r#"{"Severity":null}"#,
            r#"{"Severity":"x"#,
            r#"{"A":"\"Severity\":\""}"#,
        ] {
            assert_eq!(accepted("siem", line), line);
        }
    }
}
