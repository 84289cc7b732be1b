use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// `sha256=` and the HMAC-SHA-256, in hexadecimal, of the timestamp, a full stop and the body.
///
/// The timestamp is in it, so that neither can be sent again later without the other.
pub(super) fn signature(key: &SecretString, timestamp: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with Python: `hmac.new(b"key", b"1767323045.{}\n", "sha256").hexdigest()`.
    #[test]
    fn it_is_what_any_other_library_makes_of_it() {
        let signed = signature(&"key".into(), "1767323045", b"{}\n");
        assert_eq!(
            signed,
            "sha256=64960722b2f6d1088c0efd8f04b2bc01dd913cdfa50e32f24a7a3682b80fb16d"
        );
    }
}
