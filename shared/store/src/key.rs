//! Which keys are good everywhere: in a bucket, on a file system and in an S3 notification.

use crate::StoreError;

/// S3 takes 1,024 bytes; the rest is left for a prefix and for a folder's path.
const MAX_KEY_BYTES: usize = 900;

/// File systems take names of 255 bytes; the rest is left for the temporary file's affixes.
const MAX_PART_BYTES: usize = 240;

/// Checks a key against the rules that [`crate::Store`] documents.
pub(crate) fn check(key: &str) -> Result<(), StoreError> {
    match fault(key) {
        None => Ok(()),
        Some(reason) => Err(StoreError::BadKey {
            key: key.chars().take(200).collect(),
            reason,
        }),
    }
}

/// Checks a prefix: a key and a slash, or nothing.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), StoreError> {
    match prefix.strip_suffix('/') {
        Some(folder) => check(folder),
        None if prefix.is_empty() => Ok(()),
        None => Err(StoreError::BadKey {
            key: prefix.chars().take(200).collect(),
            reason: "a prefix ends with a slash",
        }),
    }
}

fn fault(key: &str) -> Option<&'static str> {
    if key.is_empty() {
        return Some("it is empty");
    }
    if key.len() > MAX_KEY_BYTES {
        return Some("it is longer than 900 bytes");
    }
    if !key
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"/_.=-".contains(&b))
    {
        return Some("only A-Z, a-z, 0-9 and / _ . = - are allowed");
    }
    key.split('/').find_map(|part| match part {
        "" => Some("it starts or ends with a slash, or has two in a row"),
        _ if part.starts_with('.') => Some("a part of it starts with a dot"),
        _ if part.len() > MAX_PART_BYTES => Some("a part of it is longer than 240 bytes"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_keys_pass() {
        for key in [
            "a",
            "state/contoso.json",
            "siem/v1/t-1/day=2026-11-23/20261123T1-0001.jsonl.gz",
        ] {
            assert_eq!(check(key), Ok(()), "{key}");
        }
    }

    #[test]
    fn keys_that_could_leave_the_folder_are_refused() {
        let long = "a/".repeat(500);
        let long_part = "a".repeat(241);
        for key in [
            "",
            "/etc/passwd",
            "../up",
            "a/../../b",
            "a/./b",
            ".lock",
            "a//b",
            "a/",
            "a b",
            "a+b",
            "a\\b",
            "C:x",
            "a\0b",
            "ä",
            "a\nb",
            &long,
            &long_part,
        ] {
            assert!(
                matches!(check(key), Err(StoreError::BadKey { .. })),
                "{key:?}"
            );
        }
    }
}
