//! What looks like a secret itself, where its name or anything else belongs.

use crate::bare_secret::{NotBare, check_bare};
use crate::token::is_jwt;

/// What a text is that is a secret, or holds one, to all appearance; `None` if it may be the name of
/// something. A password looks like nothing in particular.
#[must_use]
pub fn secret_itself(text: &str) -> Option<NotBare> {
    match check_bare(text) {
        Err(what @ (NotBare::Pem | NotBare::Der | NotBare::Json | NotBare::Xml)) => Some(what),
        _ if is_client_secret(text) => Some(NotBare::ClientSecret),
        _ if is_jwt(text) => Some(NotBare::Token),
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

#[cfg(test)]
mod tests {
    use super::*;

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
