//! Text from the wire made fit for an error or an event: short, printable, on one line.

/// Printable ASCII of `text`, at most `max_chars`, anything else replaced by a space and the
/// spaces folded.
pub(crate) fn printable(text: &str, max_chars: usize) -> String {
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

/// A machine-readable name such as `TooManyRequests` or a request id: `[A-Za-z0-9._-]`, at most 64
/// characters; `None` for anything else, since then it is not a name.
pub(crate) fn name(text: &str) -> Option<String> {
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
    fn only_names_are_names() {
        assert_eq!(name("TooManyRequests").as_deref(), Some("TooManyRequests"));
        assert_eq!(name("two words"), None);
        assert_eq!(name(""), None);
        assert_eq!(name(&"x".repeat(65)), None);
    }
}
