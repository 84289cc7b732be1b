//! The id of an alert with and without the two letters of the product that Graph puts before it.

/// The id in lower case and without the two letters, if what follows them is an id by itself: the
/// ticks and number that the retired API had, a GUID, or a digest. `da637…_1` and `637…_1` have the
/// same.
pub(crate) fn without_prefix(id: &str) -> String {
    let id = id.trim().to_lowercase();
    let has_letters = id.len() > 2 && id.bytes().take(2).all(|byte| byte.is_ascii_lowercase());
    match id.get(2..) {
        Some(rest) if has_letters && !is_whole(&id) && is_whole(rest) => rest.to_owned(),
        _ => id,
    }
}

/// Whether a text has the shape of an id: digits, a GUID or a digest, and a number after `_`.
fn is_whole(id: &str) -> bool {
    let (id, number) = id.split_once('_').unwrap_or((id, "0"));
    let number = number.strip_prefix('-').unwrap_or(number);
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_guid = || {
        let parts: Vec<&str> = id.split('-').collect();
        parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|p| is_hex(p))
    };
    let is_digest = || matches!(id.len(), 32 | 40 | 64) && is_hex(id);
    are_digits(number) && (are_digits(id) || is_guid() || is_digest())
}

#[cfg(test)]
mod tests {
    use super::without_prefix;

    #[test]
    fn two_letters_before_an_id_are_left_out() {
        let guid = "efa1828b-5b1d-4a8c-9f3b-0123456789ab";
        let digest = "ad".repeat(32);
        for id in [
            "636207535742330111_-1114309685",
            &format!("{guid}_1"),
            guid,
            &digest,
        ] {
            assert_eq!(without_prefix(id), id);
            assert_eq!(without_prefix(&format!("da{id}")), id);
            assert_eq!(without_prefix(&format!(" FA{} ", id.to_uppercase())), id);
        }
        for id in ["", "da", "alert-7", "ABC", "_1"] {
            assert_eq!(without_prefix(id), id.to_lowercase());
        }
    }
}
