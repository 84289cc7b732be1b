//! What is no client secret of Entra's, though another service's secrets may look like it.

/// Characters from which on a text of an encoding's alphabet alone is no client secret. Entra makes them
/// of 40 characters; those that applications set for themselves through the API are of other lengths,
/// and far shorter still.
const ENCODED: usize = 100;

/// How a text begins that names a place and is none of Entra's, whatever follows.
const PLACES: [&str; 5] = ["file:", "env:", "arn:aws", "https://", "http://"];

/// How a path begins.
const PATHS: [&str; 4] = ["/", "./", "../", "~/"];

/// How the name of a file ends that keeps a secret or a certificate.
const ENDINGS: [&str; 6] = [".txt", ".pem", ".key", ".pfx", ".p12", ".json"];

/// What was stored in the place of a client secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// A part of a key, a certificate or another file.
    Encoded,
    /// Where the secret lies.
    Place,
}

/// What a text is in which nothing but its form tells that it is no client secret.
pub(crate) fn misplaced(text: &str) -> Option<Misplaced> {
    let is_encoded = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    if PLACES.iter().any(|start| text.starts_with(start)) || is_path(text) {
        Some(Misplaced::Place)
    } else if text.len() >= ENCODED && text.chars().all(is_encoded) {
        Some(Misplaced::Encoded)
    } else {
        None
    }
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

    #[test]
    fn what_entra_takes_is_not_misplaced() {
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
            &"f".repeat(ENCODED - 1),
            &format!("{}~", "f".repeat(ENCODED)),
        ] {
            assert_eq!(misplaced(text), None, "{text}");
        }
    }

    #[test]
    fn parts_of_keys_and_names_of_places_are() {
        let part = "MHcCAQEEIPc7uPzJmWvK2oQ1fS9d/R0tYbLcN4eG6hA8iVkU3wM5jI+oAoGCCqGSM49";
        for (text, what) in [
            (&*"0a1b".repeat(60), Misplaced::Encoded),
            (&part[4..].repeat(2), Misplaced::Encoded),
            (&part.replace('/', "_").repeat(6), Misplaced::Encoded),
            ("file:/run/secrets/contoso", Misplaced::Place),
            ("env:CONTOSO_SECRET", Misplaced::Place),
            (
                "arn:aws-us-gov:secretsmanager:us-gov-west-1:1:secret:x-AbCdEf",
                Misplaced::Place,
            ),
            ("/run/secrets/contoso", Misplaced::Place),
            ("/etc/drawbridge/Contoso.txt", Misplaced::Place),
            ("~/contoso/secret", Misplaced::Place),
            ("drawbridge-data/secrets/contoso.txt", Misplaced::Place),
            ("https://vault.example/secrets/contoso", Misplaced::Place),
        ] {
            assert_eq!(misplaced(text), Some(what), "{text}");
        }
    }
}
