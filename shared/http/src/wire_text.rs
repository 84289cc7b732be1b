//! Text from the wire made fit for an error or an event: short, printable, on one line.

/// Printable ASCII of `text`, at most `max_chars`, anything else replaced by a space and the
/// spaces folded.
pub fn printable(text: &str, max_chars: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let c = if c.is_ascii_graphic() { c } else { ' ' };
        if c == ' ' && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        if out.len() >= max_chars {
            break;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// A service's own sentence: as [`printable`], without what may be a token in it, and fit to stand
/// in quotation marks.
pub fn quotable(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c| !is_of_token(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end.max(c.len_utf8()));
        match word {
            "\"" => out.push('\''),
            word if may_be_token(word) => out.push_str("[removed]"),
            word => out.push_str(word),
        }
        rest = behind;
    }
    printable(&out, max_chars)
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=' | '~' | '%')
}

/// A JSON Web Token or a part of one, or anything as long as a secret that no word is made like.
fn may_be_token(word: &str) -> bool {
    const LONG: usize = 40;
    word.contains("eyJ") || (word.len() >= LONG && word.bytes().any(|b| b.is_ascii_digit()))
}

/// A machine-readable name such as `TooManyRequests` or a request id: `[A-Za-z0-9._-]`, at most 64
/// characters; `None` for anything else, since then it is not a name.
pub fn name(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (!text.is_empty() && text.len() <= 64 && text.chars().all(allowed)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_other_scripts_become_one_space() {
        assert_eq!(
            printable("  a\r\n\u{1b}[31mb\u{202e} ü c ", 50),
            "a [31mb c"
        );
        assert_eq!(printable("abcdef", 3), "abc");
        assert_eq!(printable("ab cd", 3), "ab");
    }

    #[test]
    fn a_sentence_is_quoted_without_tokens() {
        for (said, shown) in [
            ("Access denied.", "Access denied."),
            ("The \"x\"\nis\u{202e} bad", "The 'x' is bad"),
            (
                "Bad token 'eyJhbGciOiJub25lIn0.e30.c2ln' given",
                "Bad token '[removed]' given",
            ),
            (
                "secret abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456 is wrong",
                "secret [removed] is wrong",
            ),
            (
                "of type microsoft.graph.security.oauthApplicationEvidence",
                "of type microsoft.graph.security.oauthApplicationEvidence",
            ),
            (
                "SecurityAlert.Read.All,SecurityAlert.ReadWrite.All",
                "SecurityAlert.Read.All,SecurityAlert.ReadWrite.All",
            ),
        ] {
            assert_eq!(quotable(said, 200), shown);
        }
        let cut = format!("{} eyJhbGciOiJub25lIn0.e30", "x ".repeat(95));
        assert!(!quotable(&cut, 200).contains("eyJ"));
    }

    #[test]
    fn only_names_are_names() {
        assert_eq!(name("TooManyRequests").as_deref(), Some("TooManyRequests"));
        assert_eq!(name("two words"), None);
        assert_eq!(name(""), None);
        assert_eq!(name(&"x".repeat(65)), None);
    }
}
