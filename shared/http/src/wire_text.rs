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
    // As JSON within JSON and HTML write a quotation mark.
    let text = text.replace("\\u0022", "\"").replace("&quot;", "\"");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c| !is_of_token(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end.max(c.len_utf8()));
        let before = text.get(..text.len() - rest.len()).unwrap_or_default();
        rest = behind;
        if word == "\"" {
            out.push('\'');
        } else if end > 0 && is_announced(before, word) {
            out.push_str(REMOVED);
            rest = behind_value(before, behind);
            if is_cookie(&name_before(before).0.to_ascii_lowercase()) {
                rest = behind_cookies(rest);
            }
        } else if end > 0 && may_be_token(word) {
            out.push_str(REMOVED);
        } else if let Some(name) = named(word) {
            out.extend([name, REMOVED]);
            rest = behind_value(before, behind);
        } else {
            out.push_str(word);
        }
    }
    printable(&out, max_chars)
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=' | '~' | '%')
}

/// What is left behind a value that began with a word: one in quotation marks ends with them.
fn behind_value<'a>(before: &str, behind: &'a str) -> &'a str {
    let ends = |c: char| match before.ends_with(is_quotation_mark) {
        true => is_quotation_mark(c) || c == '\\',
        false => c.is_whitespace() || "\"',;&<>(){}[]\\".contains(c),
    };
    behind
        .find(ends)
        .map_or("", |at| behind.get(at..).unwrap_or_default())
}

/// What is left behind the others of several cookies, as in `a=1; b=2; path=/`.
fn behind_cookies(mut rest: &str) -> &str {
    while let Some(next) = rest.strip_prefix(';') {
        let next = next.trim_start();
        let end = next.find(|c: char| c.is_whitespace() || c == ';' || is_quotation_mark(c));
        let (cookie, behind) = next.split_at(end.unwrap_or(next.len()));
        if !cookie.contains('=') {
            break;
        }
        rest = behind;
    }
    rest
}

fn is_quotation_mark(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
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

/// What gives a value to a name, as `:` does, which stands in sentences, too.
const MARKS: [char; 3] = ['=', '|', '>'];

/// Whether the text before a word says that it is a secret: `Bearer word`, `access_token: word`,
/// `'token':'word'`, `client_secret = word`, `<token>word`, `secret is Word1` or `token Word1`. A sentence about
/// a token goes on with a word in small letters.
fn is_announced(before: &str, word: &str) -> bool {
    let (name, between) = name_before(before);
    let lower = name.to_ascii_lowercase();
    let is_scheme = |word: &str| SCHEMES.contains(&word.to_ascii_lowercase().as_str());
    let is_spaced = between.contains(char::is_whitespace);
    if is_scheme(name) && is_spaced && !between.contains(':') {
        let plain = word.trim_end_matches(['.', '=']).to_ascii_lowercase();
        return !BEHIND_A_SCHEME.contains(&plain.as_str());
    }
    let is_end_tag = between.starts_with('>') && name.starts_with('/');
    if is_end_tag || is_scheme(word) {
        return false;
    }
    // One alone ends what is quoted, or is an apostrophe.
    let is_quoted = between.ends_with(is_quotation_mark) && between.len() > 1;
    if between.contains(MARKS) || between.contains(':') {
        let is_member = between.contains(MARKS)
            || between.contains(is_quotation_mark)
            || !is_spaced
            || lower.contains(['_', '-'])
            || lower == "authorization";
        // In a sentence, a colon stands behind a single word, too: "Invalid token: it has expired".
        return is_of_secret(&lower) && (is_member || !is_plain_word(word));
    }
    let is_called = match lower == "is" {
        true => is_secret(
            name_before(
                before
                    .strip_suffix(between)
                    .map_or("", |all| &all[..all.len() - name.len()]),
            )
            .0,
        ),
        false => is_secret(name),
    };
    is_called && is_spaced && (is_quoted || !is_plain_word(word))
}

/// The last name in a text, and what stands behind it.
fn name_before(text: &str) -> (&str, &str) {
    let is_between = |c: char| {
        c.is_whitespace() || is_quotation_mark(c) || MARKS.contains(&c) || ":\\([{".contains(c)
    };
    let named = text.trim_end_matches(is_between);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let start = named.trim_end_matches(is_of_name).len();
    let name = named.get(start..).unwrap_or_default();
    (name, text.get(named.len()..).unwrap_or_default())
}

/// The most letters of a word that a sentence goes on with.
const MAX_WORD: usize = 20;

/// Whether a sentence may go on with that: letters, of which the first one alone may be a capital, or an error
/// code of Entra's.
fn is_plain_word(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    let letters = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_lowercase() || "_-/".contains(c))
    };
    let is_capitalised = || {
        let mut chars = word.chars();
        let first = chars.next().is_some_and(|c| c.is_ascii_uppercase());
        first && !chars.as_str().is_empty() && letters(chars.as_str())
    };
    word.len() <= MAX_WORD && (letters(word) || is_capitalised() || word.starts_with("AADSTS"))
}

/// The name in a word such as `access_token=value` or `accessToken%22%3A%22value`, with its mark, if a secret
/// stands behind it.
fn named(word: &str) -> Option<&str> {
    let marks = word.match_indices(['=', '%']);
    let found = marks.filter_map(|(at, _)| {
        let (name, behind) = word.split_at_checked(at)?;
        let name = name.rsplit(['=', '%']).next()?;
        let value = without_marks(behind);
        // In an encoded sentence about it, blanks stand there.
        let mark = behind.get(..behind.len() - value.len())?;
        let is_sentence = mark.trim_start_matches("%20").is_empty()
            && is_plain_word(value.split('%').next().unwrap_or_default());
        let is_secret = is_of_secret(&name.to_ascii_lowercase());
        (is_secret && !value.is_empty() && !is_sentence).then(|| word.len() - value.len())
    });
    found.min().and_then(|at| word.get(..at))
}

/// The text behind equals signs and percent-encoded characters at its beginning.
fn without_marks(mut text: &str) -> &str {
    loop {
        text = match text.as_bytes() {
            [b'=', ..] => &text[1..],
            [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => &text[3..],
            _ => return text,
        };
    }
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
    const ENDS: [&str; 8] = [
        "key",
        "pwd",
        "pass",
        "sig",
        "jwt",
        "session",
        "sessionid",
        "session_id",
    ];
    is_cookie(name)
        || PARTS.iter().any(|part| name.contains(part))
        || ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether that is what a cookie is called, or its header, in lower case.
fn is_cookie(name: &str) -> bool {
    name.ends_with("cookie") || name.ends_with("cookies")
}

/// Whether a sentence calls a secret so.
fn is_secret(name: &str) -> bool {
    const ENDS: [&str; 8] = [
        "token",
        "secret",
        "password",
        "passphrase",
        "assertion",
        "pwd",
        "passwd",
        "jwt",
    ];
    let name = name.to_ascii_lowercase();
    ENDS.iter().any(|end| name.ends_with(end))
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
            r#"{\"access_token\":\"short\"}"#,
            r#"{\u0022access_token\u0022:\u0022short\u0022}"#,
            "{&quot;access_token&quot;:&quot;short&quot;}",
            "{\"token\":[\"short\"]}",
            "token : \"short\"",
            "token:short",
            "the token 'short' is bad",
            "refresh_token|short",
            "<token>short</token>",
            "accessToken%22%3A%22short",
            "id%22%3A5%2C%22accessToken%22%3A%22short%22",
            "password=7!short",
            "\"password\":\"7 ! short\"",
            "token: 7short",
            "token: SHORTshort",
            "access token 7short",
            "access token: sHort.short",
            "Access token (7short)",
            "client_secret is 7short",
            "the client secret is 'short'",
            "pwd 7short",
            "pwd: 7short",
            "pwd=short",
            "passwd 'short'",
            "jwt=short",
            "jwt 7short",
            "the jwt is 7short",
            "session=short",
            "session: 7short",
            "JSESSIONID=short",
            "session_id: short",
            "cookie: 7short",
            "cookie:short",
            "Set-Cookie: short",
            "Cookie: a=1short; b=2short; path=/short",
            "the header 'Cookie: a=1; b=short' was refused",
            "{\"cookie\":\"short\"}",
            "apikey=short",
            "apiKey: 7short",
            "sig=short&se=2026",
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
            "The access token has expired",
            "Access token has expired or is not yet valid.",
            "Access token validation failure. Invalid audience.",
            "Access token is empty.",
            "Access Token Validation Failure",
            "Invalid token: The token has expired",
            "Invalid token",
            "The token's lifetime is 3600",
            "token lifetime",
            "a token. 2026-01-01 12:00",
            "The client secret is required",
            "Invalid client secret provided. Trace ID: 0e1a",
            "No token (AADSTS50013)",
            "CompactToken parsing failed with error code: 80049217",
            "error='invalid_token', error_description='It has expired'",
            "{'code':'InvalidAuthenticationToken','message':'Lifetime'}",
            "<token></token><id>5</id>",
            "Invalid%20token%20format",
            "Your session has expired; sign in again",
            "Invalid session: it has expired",
            "The session cookie is missing.",
            "Invalid cookie: it was not sent",
            "The sessions of the user: all were revoked",
            "No session (AADSTS50058)",
            "JWT is not well formed; it must have three segments",
            "Invalid jwt: the lifetime is over",
            "The pwd policy of the tenant asks for more",
            "The API key is missing",
            "The signature is not valid",
            "the cookie; then try again",
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
