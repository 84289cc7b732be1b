//! What may leave as a token that a service handed out, or as a client secret of Entra's. Each is short
//! and has no blanks, so that no part of a key or of a file is taken for one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::bare_secret::{NotBare, check_bare};

/// Characters from which on a text is neither, unless it is a JWT. Tokens have a few dozen. Entra makes
/// client secrets of 16 to 64 (Microsoft Graph, passwordCredential); those that applications once set
/// for themselves are far shorter than this, too.
pub(crate) const TOO_LONG_FOR_A_TOKEN: usize = 100;

/// Bytes of the longest JWT that is sent. A header of more is refused by most servers.
const MAX_JWT_BYTES: usize = 8 * 1024;

/// How a text begins that names a place and is none of Entra's, whatever follows.
const PLACES: [&str; 5] = ["file:", "env:", "arn:aws", "https://", "http://"];

/// How a path begins.
const PATHS: [&str; 4] = ["/", "./", "../", "~/"];

/// How the name of a file ends that keeps a secret or a certificate.
const ENDINGS: [&str; 6] = [".txt", ".pem", ".key", ".pfx", ".p12", ".json"];

/// Checks that `secret` can be a token that a service handed out, as it stands in a header: visible
/// ASCII without blanks, and short or a JWT.
///
/// # Errors
/// [`NotBare`], which says what it looks like.
pub fn check_token(secret: &SecretString) -> Result<(), NotBare> {
    let text = secret.expose_secret();
    check(text, is_jwt(text))?;
    match text.chars().all(|c| c.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(NotBare::Foreign),
    }
}

/// Checks that `secret` can be a client secret of Entra's: one word, and short.
///
/// # Errors
/// As [`check_token`].
pub fn check_client_secret(secret: &SecretString) -> Result<(), NotBare> {
    check(secret.expose_secret(), false)
}

fn check(text: &str, is_jwt: bool) -> Result<(), NotBare> {
    match check_bare(text) {
        Err(NotBare::Long) if is_jwt && text.len() <= MAX_JWT_BYTES => {}
        checked => checked?,
    }
    if is_place(text) {
        return Err(NotBare::Place);
    }
    if text.chars().any(char::is_whitespace) {
        return Err(NotBare::Blanks);
    }
    if !is_jwt && text.chars().count() >= TOO_LONG_FOR_A_TOKEN {
        return Err(NotBare::Encoded);
    }
    Ok(())
}

/// Whether a text looks like a JWT, or like one that was damaged.
pub(crate) fn looks_like_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

/// Three parts in base64 between full stops (RFC 7519): an object that names how the last one was made,
/// an object, and a signature.
fn is_jwt(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "alg")]
        _alg: IgnoredAny,
    }
    let [header, claims, signature] = text.split('.').collect::<Vec<_>>()[..] else {
        return false;
    };
    let decoded = |part| URL_SAFE_NO_PAD.decode(part).map(Zeroizing::new);
    let (Ok(header), Ok(claims), Ok(signature)) =
        (decoded(header), decoded(claims), decoded(signature))
    else {
        return false;
    };
    header.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<Header>(&header).is_ok()
        && claims.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<IgnoredAny>(&claims).is_ok()
        && !signature.is_empty()
}

/// Whether it says where something lies.
fn is_place(text: &str) -> bool {
    PLACES.iter().any(|start| text.starts_with(start)) || is_path(text)
}

/// Base64 has slashes, too, and may begin with one: a path begins with a folder in lower case, or ends
/// as a file's name does.
fn is_path(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let Some((first, _)) = text.trim_start_matches(['.', '~', '/']).split_once('/') else {
        return false;
    };
    let is_folder = first.len() > 1 && first.chars().all(|c| c.is_ascii_lowercase());
    let is_start = PATHS.iter().any(|start| text.starts_with(start));
    let is_file = ENDINGS.iter().any(|ending| text.ends_with(ending));
    text.trim_start_matches('~').chars().all(is_plain) && (is_start && is_folder || is_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a text in the place of a client secret, and of a token.
    fn said(text: &str) -> [Result<(), NotBare>; 2] {
        let secret = SecretString::from(text);
        [check_client_secret(&secret), check_token(&secret)]
    }

    /// Base64 of no structure, as the middle of a key is.
    fn part(chars: usize) -> String {
        let text = "c7uPzJmWvK2oQ1fS9d/R0tYbLcN4eG6hA8iVkU3wM5jI+oAoGCCpHRN38Xd5E";
        text.chars().cycle().take(chars).collect()
    }

    #[test]
    fn what_services_hand_out_is_taken() {
        for text in [
            "abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "zzz8Q~-BEGIN_-END.PRIVATE-KEY-7hJ2mNb4Vc",
            // As Entra made them before 2021, and as applications set them.
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
            "/7uPzJmWvK2oQ1fS9dR0tYb/cN4eG6hA8iVkU3wM5jI=",
            "/aB3/kk",
            "a/b",
            "[xY7@:/=?*{}z",
            "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            &"f".repeat(TOO_LONG_FOR_A_TOKEN - 1),
        ] {
            assert_eq!(said(text), [Ok(()), Ok(())], "{text}");
        }
        // Entra takes what a header does not.
        assert_eq!(said("a+b&c~ü\""), [Ok(()), Err(NotBare::Foreign)]);
        let jwt = jwt(r#"{"alg":"RS256"}"#, r#"{"sub":"a"}"#, 300);
        assert_eq!(said(&jwt), [Err(NotBare::Encoded), Ok(())]);
    }

    /// One of so many characters.
    fn jwt(header: &str, claims: &str, chars: usize) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let text = format!("{header}.{claims}.");
        let signature = part(chars - text.len()).replace(['/', '+'], "_");
        // Whose last character is no more than what is left of a byte.
        format!("{text}{}A", &signature[1..])
    }

    #[test]
    fn a_jwt_says_how_it_was_signed_and_may_be_as_long_as_a_header() {
        let (header, claims) = (r#"{"typ":"JWT","alg":"RS256"}"#, r#"{"sub":"a"}"#);
        assert_eq!(
            said(&jwt(header, claims, 8192)),
            [Err(NotBare::Long), Ok(())]
        );
        let long = jwt(header, claims, 8194);
        assert_eq!(said(&long), [Err(NotBare::Long); 2]);
        for header in [r#"{"x":"x"}"#, r#"["alg"]"#, r#"{"alg""#, "alg"] {
            let refused = said(&jwt(header, claims, 900));
            assert!(refused.iter().all(Result::is_err), "{header}");
        }
        for claims in ["", "a", r#"["sub"]"#, r#"{"sub":"#, "\u{80}"] {
            let refused = said(&jwt(header, claims, 900));
            assert!(refused.iter().all(Result::is_err), "{claims}");
        }
        for text in [
            format!("eyJ{}.{}.{}", part(200), part(200), part(200)),
            format!("eyJhbGciOiJSUzI1NiJ9.{}.{}", part(300), part(86)),
            // A signature that is none, or not there.
            jwt(header, claims, 300) + "~",
            jwt(header, &format!("{{\"sub\":\"{}\"}}", part(100)), 249 - 2)
                .rsplit_once('.')
                .unwrap()
                .0
                .to_owned()
                + ".",
        ] {
            let refused = said(&text);
            assert!(refused.iter().all(Result::is_err), "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_is_none_in_a_jwt() {
        let header = r#"{"alg":"RS256"}"#;
        for (claims, what) in [
            (r#"{"client_secret":"s3cret"}"#, NotBare::Json),
            (r#"{"a":{"private_key":"s3cret"}}"#, NotBare::Json),
            (r#"{"a":"-----BEGIN PRIVATE KEY-----"}"#, NotBare::Pem),
        ] {
            let refused = said(&jwt(header, claims, 300));
            assert_eq!(refused, [Err(what); 2], "{claims}");
        }
        for claims in [
            r#"{"kubernetes.io":{"secret":{"name":"deployer"}}}"#,
            r#"{"must_change_password":false,"sub":"a"}"#,
        ] {
            assert_eq!(said(&jwt(header, claims, 300))[1], Ok(()), "{claims}");
        }
        // In the place of the signature.
        let der = [
            &[0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32][..],
            &[0x87; 32],
        ];
        let key = URL_SAFE_NO_PAD.encode(der.concat());
        let text = jwt(header, r#"{"sub":"a"}"#, 300);
        let text = format!("{}.{key}", text.rsplit_once('.').unwrap().0);
        assert_eq!(said(&text), [Err(NotBare::Der); 2]);
    }

    #[test]
    fn a_part_of_a_key_is_not_whatever_stands_between_its_words() {
        for chars in [TOO_LONG_FOR_A_TOKEN, 300, 1000] {
            for text in [
                part(chars),
                part(chars).replace('/', "_"),
                "0a1b".repeat(chars / 4),
            ] {
                assert_eq!(said(&text), [Err(NotBare::Encoded); 2], "{text}");
            }
            for between in ["\u{200b}", ",", "\\n", "~"] {
                let text = [part(chars), part(chars)].join(between);
                assert!(said(&text).iter().all(Result::is_err), "{text}");
            }
        }
        // Whatever its length is: a line, a few words, or words of two characters.
        for between in [" ", "  ", "\u{a0}", "\u{2003}", "\u{3000}"] {
            for (words, chars) in [(2, 64), (3, 20), (40, 2), (12, 64)] {
                let text = vec![part(chars); words].join(between);
                assert_eq!(said(&text), [Err(NotBare::Blanks); 2], "{text}");
                let hex = vec!["0a1b2c3d"; words].join(between);
                assert_eq!(said(&hex), [Err(NotBare::Blanks); 2], "{hex}");
            }
        }
        for between in ["\t", "\n", "\r\n", "\u{b}", "\u{85}", "\u{2028}"] {
            let text = [part(64), part(64)].join(between);
            assert!(said(&text).iter().all(Result::is_err), "{text}");
        }
    }

    #[test]
    fn the_name_of_a_place_is_not() {
        for text in [
            "file:/run/secrets/contoso",
            "env:CONTOSO_SECRET",
            "arn:aws-us-gov:secretsmanager:us-gov-west-1:1:secret:x-AbCdEf",
            "/run/secrets/contoso",
            "/etc/drawbridge/Contoso.txt",
            "~/contoso/secret",
            "drawbridge-data/secrets/contoso.txt",
            "https://vault.example/secrets/contoso",
        ] {
            assert_eq!(said(text), [Err(NotBare::Place); 2], "{text}");
        }
    }
}
