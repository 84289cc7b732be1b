//! What may leave as a token that a service handed out, or as a client secret of Entra's. Each is short
//! and has no blanks, so that no part of a key or of a file is taken for one.

use secrecy::{ExposeSecret, SecretString};

use crate::assignment::is_words;
use crate::bare_secret::{self, check_bare};
use crate::document::Expected;
use crate::entra_secret::{is_new_client_secret, is_old_client_secret};
use crate::jwt::Jwt;
use crate::not_bare::{NotBare, TOO_LONG_FOR_A_TOKEN};
use crate::placeholder::is_placeholder;

/// Characters from which on a text is no client secret. Entra makes them of 16 to 64 (Microsoft Graph,
/// passwordCredential), of letters, digits and `._~-` today; no two of them fit.
pub(crate) const TOO_LONG_FOR_A_CLIENT_SECRET: usize = 65;

/// Bytes of the longest JWT that is sent. A header of more is refused by most servers.
const MAX_JWT_BYTES: usize = 8 * 1024;

/// How a text begins that names a place and cannot be a secret of Entra's, whatever follows.
const PLACES: [&str; 22] = [
    "file:",
    "env:",
    "arn:aws",
    "~/",
    "./",
    "../",
    "drawbridge/",
    "drawbridge-data/",
    "/users/",
    "/volumes/",
    "/data/",
    "/etc/",
    "/home/",
    "/mnt/",
    "/opt/",
    "/root/",
    "/run/",
    "/secrets/",
    "/srv/",
    "/tmp/",
    "/usr/",
    "/var/",
];

/// How the name of a file ends that keeps a secret or a certificate.
const ENDINGS: [&str; 6] = [".txt", ".pem", ".key", ".pfx", ".p12", ".json"];

/// Checks that `secret` can be a token that a service handed out, as it stands in a header: visible
/// ASCII without blanks, and short or a JWT.
///
/// # Errors
/// [`NotBare`], which says what it looks like.
pub fn check_token(secret: &SecretString) -> Result<(), NotBare> {
    let text = secret.expose_secret();
    match Jwt::parse(text) {
        Ok(_) => check(text, MAX_JWT_BYTES + 1),
        Err(_) => check(text, TOO_LONG_FOR_A_TOKEN),
    }
}

/// Checks that `secret` is a JWT of at most 8 KiB, with nothing foreign in it or after it.
///
/// # Errors
/// As [`check_token`].
pub fn check_jwt(secret: &SecretString) -> Result<(), NotBare> {
    let text = secret.expose_secret();
    let damage = match Jwt::parse(text) {
        Ok(_) => return check(text, MAX_JWT_BYTES + 1),
        Err(damage) => damage,
    };
    match check_bare(text) {
        // Each part of one that was damaged is an object in base64.
        Ok(()) | Err(NotBare::Json) => Err(damage.map_or(NotBare::NoJwt, NotBare::Damaged)),
        refused => refused,
    }
}

/// Checks that `secret` can be a client secret of Entra's: one word, and short.
///
/// # Errors
/// As [`check_token`].
pub fn check_client_secret(secret: &SecretString) -> Result<(), NotBare> {
    check(secret.expose_secret(), TOO_LONG_FOR_A_CLIENT_SECRET)
}

fn check(text: &str, too_long: usize) -> Result<(), NotBare> {
    let is_made_by_entra = is_new_client_secret(text) || is_old_client_secret(text);
    if is_address(text) || is_place(text) && !is_made_by_entra {
        return Err(NotBare::Location);
    }
    if is_placeholder(text) {
        return Err(NotBare::Placeholder);
    }
    match bare_secret::check(text, Expected::Token) {
        Err(NotBare::Long) if text.len() < too_long => {}
        // The header of one that was damaged is an object in base64.
        Err(NotBare::Json) => {
            let damage = Jwt::parse(text).err().flatten();
            return Err(damage.map_or(NotBare::Json, NotBare::Damaged));
        }
        checked => checked?,
    }
    if text.chars().any(char::is_whitespace) {
        return Err(NotBare::Blanks);
    }
    if text.chars().count() >= too_long {
        return Err(NotBare::Encoded);
    }
    // Quotation marks and backslashes are those of a piece of a document.
    match text.chars().all(|c| c.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(NotBare::Foreign),
    }
}

/// The fewest letters of a scheme. One is a drive.
const MIN_SCHEME_LETTERS: usize = 2;

/// Whether it is the address of something, such as `https://host/x`, `op://vault/item/field` or
/// `vault:secret/data/x#y`: a scheme, and a path of names behind it.
fn is_address(text: &str) -> bool {
    let Some((scheme, behind)) = text.split_once(':') else {
        return false;
    };
    let is_scheme = |is_letter: fn(&char) -> bool| {
        let is_in = |c: char| is_letter(&c) || c == '+';
        scheme.len() >= MIN_SCHEME_LETTERS && scheme.chars().all(is_in)
    };
    let is_path = behind.contains('/') && behind.split(['/', '#', '?', '@']).all(is_words);
    let is_lower = is_scheme(char::is_ascii_lowercase);
    match behind.starts_with("//") {
        true => is_lower || is_scheme(char::is_ascii_uppercase),
        false => is_lower && is_path,
    }
}

/// Whether it says where something lies. Base64 has slashes, too, and may begin with one: folders at the root
/// are known by their names.
fn is_place(text: &str) -> bool {
    let is_drive =
        matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    // Neither the names of files on Windows nor prefixes such as `file:` have a case.
    let text = text.to_ascii_lowercase();
    // Programs read a file whose name stands behind such a mark.
    let text = text.trim_start_matches(['@', '<']);
    is_drive
        || PLACES.iter().any(|start| text.starts_with(start))
        || ENDINGS.iter().any(|ending| text.ends_with(ending))
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
            "abc8Q~----hi_jkl.MnoPqr-stuVwx~yz012.p12",
            // As Entra made them before 2021, and as applications set them.
            "x7uPzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5jI=",
            "/7uPzJmWvK2oQ1fS9dR0tYb/cN4eG6hA8iVkU3wM5jI=",
            "/aB3/kk",
            "/ab/PzJmWvK2oQ1fS9dR0tYbLcN4eG6hA8iVkU3wM5k=",
            "a/b",
            "0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            &"f".repeat(TOO_LONG_FOR_A_CLIENT_SECRET - 1),
        ] {
            assert_eq!(said(text), [Ok(()), Ok(())], "{text}");
        }
        let long = "f".repeat(TOO_LONG_FOR_A_TOKEN - 1);
        assert_eq!(said(&long), [Err(NotBare::Encoded), Ok(())]);
        // Entra makes such ones, by its portal, its command line and its API, or did.
        for text in [
            "a+b&c~[d]*?@",
            "zjpqRX7614|^(jrsQBGQF9#",
            "H2Uc_|^Ax.j(+3m>NVVx]DOx9",
            "avc!bH9;5<d9L,M!",
            "K?-lEGUTDGGJL1wM]A3pJ*AH8h2oLhA[",
        ] {
            let [as_client_secret, _] = said(text);
            assert_eq!(as_client_secret, Ok(()), "{text}");
        }
        assert_eq!(said("Splunk4Me!")[1], Ok(()));
        // No service makes such ones, or not any more.
        for text in ["a~ü", "x`7u\\PzJm"] {
            assert!(said(text).iter().all(Result::is_err), "{text}");
        }
    }

    #[test]
    fn a_line_of_a_settings_file_is_not() {
        for text in [
            "CLIENT_SECRET=abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "#HEC_TOKEN=0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "$env:CLIENT_SECRET=abc8Q~defGhi",
            "CLIENT_SECRET_VALUE=abc8Q~defGhi",
            "pwd=abc8Q~defGhi",
        ] {
            assert_eq!(said(text), [Err(NotBare::Assignment); 2], "{text}");
        }
    }

    #[test]
    fn a_secret_with_something_beside_it_is_not() {
        for text in [
            "contoso,abc8Q~defGhi_jkl.MnoPqr-stuVwx~yz0123456",
            "contoso,K?-lEGUTDGGJL1wM]A3pJ*AH8h2oLhA[",
            "hec,0e1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
            "contoso:x:1000:1000::/home/c:/bin/sh",
            // The first, cut short, in base64.
            "Y29udG9zbyxhYmM4UX5kZWZHaGlfamtsLk1ubw==",
        ] {
            assert_eq!(said(text), [Err(NotBare::Fields); 2], "{text}");
        }
    }

    /// What is left of a document, a list or a line of a shell, wherever it was cut off.
    #[test]
    fn what_was_cut_out_of_a_document_is_not() {
        for text in [
            "\"uk\":\"abc8Q~defGhi\",\"de\":\"jkl8Q~mnoPqr\"}",
            "abc8Q~defGhi\",\"de\":\"jkl8Q~mnoPqr\"}",
            "contoso:abc8Q~defGhi,other:jkl8Q~mnoPqr}",
            "client_secret:abc8Q~defGhi,client_id:x}",
            "\"pw\":\"abc8Q~defGhi\"}",
            "abc8Q~defGhi\"}",
            "abc8Q~defGhi\",",
            "abc8Q~defGhi</secret>",
        ] {
            let said = said(text);
            assert!(said.iter().all(Result::is_err), "{text}: {said:?}");
        }
    }

    #[test]
    fn a_part_of_a_key_is_not_whatever_stands_between_its_words() {
        for chars in [TOO_LONG_FOR_A_TOKEN, 300, 1000] {
            for text in [
                part(chars),
                part(chars).replace('/', "_"),
                "0a1b".repeat(chars / 4),
            ] {
                assert!(said(&text).iter().all(Result::is_err), "{text}");
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
            "~/contoso",
            "/Users/me/contoso",
            "contoso.pem",
            "Contoso.PEM",
            "FILE:/run/secrets/contoso",
            "Env:CONTOSO_SECRET",
            "HTTPS://vault.example/contoso",
            "/run/secrets/contoso@2",
            "/home/josé/contoso",
            "D:/x/contoso.pem",
            "C:/drawbridge/contoso",
            "contoso(1).pem",
            "contoso.txt",
            "C:\\drawbridge\\contoso.pem",
            "drawbridge/prod/contoso",
            "drawbridge-data/secrets/contoso",
            "drawbridge-data/secrets/contoso.txt",
            "https://vault.example/secrets/contoso",
            "op://vault/item/field",
            "ref+vault://kv/contoso",
            "vault:secret/data/contoso#value",
            "@/run/secrets/contoso",
            "@/run/secret",
        ] {
            assert_eq!(said(text), [Err(NotBare::Location); 2], "{text}");
        }
    }

    #[test]
    fn what_nobody_has_replaced_by_its_value_is_not() {
        for text in [
            "${CLIENT_SECRET}",
            "${VAR:-x}",
            "$HEC_TOKEN",
            "$VAR;",
            "%CLIENT_SECRET%",
            "{{ x }}",
            "<secret>",
            "__X__",
            "REPLACE_ME",
            "your-client-secret",
            "client-secret-goes-here",
            "***REDACTED***",
            "SecretString(***)",
            "@Microsoft.KeyVault(SecretUri=https://x)",
            "xxxx",
        ] {
            assert_eq!(said(text), [Err(NotBare::Placeholder); 2], "{text}");
        }
    }
}
