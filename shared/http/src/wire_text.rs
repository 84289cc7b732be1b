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

/// What stands in the place of a token.
const REMOVED: &str = "[removed]";

/// A service's own sentence: as [`printable`], without what may be a token in it or is called one, however
/// short, and fit to stand in quotation marks.
pub fn quotable(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c| !is_of_token(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end.max(c.len_utf8()));
        let before = text.get(..text.len() - rest.len()).unwrap_or_default();
        match word {
            "\"" => out.push('\''),
            word if end > 0 && (may_be_token(word) || is_announced(before, word)) => {
                out.push_str(REMOVED);
            }
            word => match named(word) {
                Some(name) => out.extend([name, REMOVED]),
                None => out.push_str(word),
            },
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

/// The schemes of `Authorization` that a secret stands behind.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// What stands behind a scheme in a sentence about it.
const BEHIND_A_SCHEME: [&str; 15] = [
    "token",
    "tokens",
    "authentication",
    "authorization",
    "auth",
    "scheme",
    "challenge",
    "header",
    "is",
    "was",
    "or",
    "and",
    "realm",
    "error",
    "authorization_uri",
];

/// Whether the text before a word says that it is a secret: `Bearer word`, `access_token: word`,
/// `'token':'word'` or `client_secret = word`.
fn is_announced(before: &str, word: &str) -> bool {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    let trimmed = before.trim_end_matches(is_between);
    let last = |text: &str| {
        let name = text.rsplit(|c| !is_of_token(c)).next();
        name.unwrap_or_default().to_ascii_lowercase()
    };
    if let Some(named) = trimmed.strip_suffix([':', '=']) {
        let unquoted = named.trim_end_matches(is_between);
        let name = last(unquoted);
        // In a sentence, a colon stands behind a single word, too: "Invalid token: it has expired".
        let is_member = trimmed.ends_with('=')
            || unquoted.len() < named.trim_end().len()
            || name.contains(['_', '-'])
            || name == "authorization";
        return is_member
            && is_of_secret(&name)
            && !SCHEMES.contains(&word.to_ascii_lowercase().as_str());
    }
    let plain = word.trim_end_matches(['.', '=']).to_ascii_lowercase();
    trimmed.len() < before.len()
        && SCHEMES.contains(&last(trimmed).as_str())
        && !BEHIND_A_SCHEME.contains(&plain.as_str())
}

/// The name in a word such as `access_token=value`, with its mark, if a secret stands behind it.
fn named(word: &str) -> Option<&str> {
    let (at, mark) = word
        .match_indices('=')
        .next()
        .or_else(|| word.match_indices("%3D").next())?;
    let (name, value) = word.split_at_checked(at + mark.len())?;
    let is_secret = is_of_secret(&word.get(..at)?.to_ascii_lowercase());
    (is_secret && !value.is_empty()).then_some(name)
}

/// Whether that is what a secret is called, in lower case.
fn is_of_secret(name: &str) -> bool {
    const PARTS: [&str; 6] = [
        "token",
        "secret",
        "passw",
        "assertion",
        "authorization",
        "signature",
    ];
    PARTS.iter().any(|part| name.contains(part))
        || ["key", "pwd", "pass", "sig"]
            .iter()
            .any(|end| name.ends_with(end))
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
    fn what_is_called_a_token_is_removed_however_short_it_is() {
        for text in [
            "access_token=short",
            "access_token=short&state=1",
            "https://x/?a=b&access_token=short",
            "access_token%3Dshort",
            "access_token = short",
            "access_token: short",
            "refresh_token:short",
            "{\"access_token\":\"short\"}",
            "{\"token\" : \"short\", \"a\": 1}",
            "'password':'short'",
            "client_secret='short'",
            "client-secret: short",
            "client_assertion=short",
            "x-api-key: short",
            "sig=short",
            "Bearer short",
            "the header bearer  short was refused",
            "Authorization: Bearer short",
            "Authorization: short",
            "Basic c2hvcnQ6short=",
        ] {
            let shown = quotable(text, 200);
            assert!(!shown.contains("short"), "{text}: {shown}");
            assert!(shown.contains("[removed]"), "{text}: {shown}");
        }
        // What is said about a token stays.
        for text in [
            "The bearer token is invalid.",
            "Bearer authentication was expected",
            "Bearer realm='', error='invalid_token'",
            "Invalid token: it has expired",
            "error code: 5000",
            "Invalid client secret provided",
            "a=b and c: d",
        ] {
            assert_eq!(quotable(text, 200), text);
        }
    }

    #[test]
    fn only_names_are_names() {
        assert_eq!(name("TooManyRequests").as_deref(), Some("TooManyRequests"));
        assert_eq!(name("two words"), None);
        assert_eq!(name(""), None);
        assert_eq!(name(&"x".repeat(65)), None);
    }
}
