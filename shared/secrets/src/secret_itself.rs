//! What looks like a secret itself, where its name or anything else belongs.

use crate::bare_secret::check_bare;
use crate::entra_secret::has_new_client_secret;
use crate::jwt::looks_like_jwt;
use crate::not_bare::NotBare;

/// What a text is if it looks like a secret or contains one; `None` if it may be the name of
/// something. A password cannot be recognised.
#[must_use]
pub fn secret_itself(text: &str) -> Option<NotBare> {
    if looks_like_jwt(text) {
        return Some(NotBare::Token);
    }
    match check_bare(text) {
        Err(what @ (NotBare::Pem | NotBare::Der | NotBare::Json | NotBare::Xml)) => Some(what),
        _ if is_client_secret(text) || has_new_client_secret(text) => Some(NotBare::ClientSecret),
        _ if is_own_secret(text) => Some(NotBare::OwnSecret),
        _ => None,
    }
}

/// Whether a text looks like what Entra makes as a client secret: 40 characters or so with a tilde
/// among them, which hardly a file's name has.
fn is_client_secret(text: &str) -> bool {
    (30..=60).contains(&text.len())
        && text.trim_end_matches('~').contains('~')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "~._-".contains(c))
}

/// Whether a text is what Drawbridge makes as a secret of its own token endpoint: `dbs_` and 43 characters.
fn is_own_secret(text: &str) -> bool {
    let random = text.strip_prefix("dbs_");
    random.is_some_and(|random| {
        random.len() >= 40
            && random
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    })
}

/// What passwords have, and hardly the name of a file, a variable or a secret.
const MARKS: [char; 7] = ['?', ':', '@', '[', ']', '*', '='];

/// The name of a place where there is nothing, for an error to repeat: the name may be the secret itself,
/// in the wrong place. Long words of small and large letters and digits are no variable's, and
/// hardly a file's; nor is a long last part that is a number, an id, or has marks of a password.
pub(crate) fn shown_place(name: &str) -> &str {
    let has = |word: &str, is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    let is_random = |word: &str| {
        word.len() >= 16
            && has(word, char::is_ascii_lowercase)
            && has(word, char::is_ascii_uppercase)
            && has(word, char::is_ascii_digit)
    };
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let is_id = |c: char| c.is_ascii_hexdigit() || c == '-';
    let is_odd = last.len() >= 20 && (last.chars().all(is_id) || last.contains(MARKS));
    let mut parts = [name, last].into_iter();
    match is_odd || words.any(is_random) || parts.any(|part| secret_itself(part).is_some()) {
        true => "(not repeated: it may be a secret itself)",
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_is_the_name_may_be_the_secret() {
        for name in [
            "CONTOSO_SECRET",
            "contoso_secret_2026",
            "/run/secrets/contoso-2026.txt",
            "C:/Users/me/contoso.txt",
            "drawbridge/prod/contoso",
            "/srv/0e1a2b3c4d5e6f708192a3b4c5d6e7f8/contoso",
            "a-file-that-has-a-long-name.txt",
            "/tmp/.tmpA1b2C3/secret",
        ] {
            assert_eq!(shown_place(name), name);
        }
        for name in [
            "abC8QxHunter2890123",
            "abC8Q~hunter289012345678901234567890",
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
            "/run/secrets/0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "0e1a2b3c4d5e6f708192a3b4c5d6e7f8",
            "what:a=secret[of]mine",
            "C:\\secrets\\correct*horse*battery*staple",
        ] {
            assert!(shown_place(name).starts_with("(not"), "{name}");
        }
    }

    #[test]
    fn secrets_are_told_from_names() {
        for (text, what) in [
            ("-----BEGIN PRIVATE KEY----- MII", NotBare::Pem),
            ("{\"client_secret\": \"x\"}", NotBare::Json),
            (
                "abC8Q~hunter289012345678901234567890",
                NotBare::ClientSecret,
            ),
            (
                "-bC8Q~hunter289012345678901234567890",
                NotBare::ClientSecret,
            ),
            (
                "contoso,abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
                NotBare::ClientSecret,
            ),
            (
                "dbs_abC8Qhunter2890123456789012345678901234567-_",
                NotBare::OwnSecret,
            ),
            ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", NotBare::Token),
        ] {
            assert_eq!(secret_itself(text), Some(what), "{text}");
        }
        for text in [
            "contoso",
            "drawbridge/prod/contoso-secret-of-the-year-2026",
            "/home/me/~backup/2026-01-31/alerts-of-the-morning.json",
            "alerts-of-the-whole-year-2026-until-now.json~",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:drawbridge/x-AbCdEf",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/queue",
            "11111111-1111-4111-8111-111111111111",
        ] {
            assert_eq!(secret_itself(text), None, "{text}");
        }
    }
}
