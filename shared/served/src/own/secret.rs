use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drawbridge_config::SECRET_HASH_PREFIX;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

/// How a secret begins, so that whoever finds one knows what it is.
const PREFIX: &str = "dbs_";

/// 256 bits.
const RANDOM_BYTES: usize = 32;

/// Characters of them in base64url.
const RANDOM_CHARS: usize = 43;

/// Digits of a hash that tell it from the other one of a client.
const GENERATION_DIGITS: usize = 16;

/// The secret of a client of the token endpoint.
///
/// A document has its SHA-256. A slow or salted hash is for passwords, which people choose and somebody can
/// guess offline. This one is 256 random bits that nobody chooses and no two clients share: there is nothing
/// to guess, and a slow hash would only let whoever sends wrong secrets use up the processor.
pub struct ClientSecret(SecretString);

impl ClientSecret {
    /// A new one; `None` if the system has no random numbers.
    #[must_use]
    pub fn generate() -> Option<Self> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        aws_lc_rs::rand::fill(bytes.as_mut()).ok()?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref()));
        Some(Self(format!("{PREFIX}{}", text.as_str()).into()))
    }

    /// The secret itself, to be shown once.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// What a document has of it.
    #[must_use]
    pub fn hash(&self) -> String {
        hash_of(&self.0)
    }

    /// Whether a text can be one that was generated. What somebody chose is never one, whatever a
    /// document has of it.
    fn may_be(text: &SecretString) -> bool {
        let random = text.expose_secret().strip_prefix(PREFIX);
        random.is_some_and(|random| {
            random.len() == RANDOM_CHARS
                && random
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        })
    }
}

fn hash_of(secret: &SecretString) -> String {
    let digest = digest(&SHA256, secret.expose_secret().as_bytes());
    format!("{SECRET_HASH_PREFIX}{}", hex::encode(digest))
}

/// Whether a hash of a document is that of a secret, in a time that does not tell how much of it is.
pub(super) fn is_of_hash(secret: &SecretString, hash: &str) -> bool {
    let is_equal = verify_slices_are_equal(hash_of(secret).as_bytes(), hash.as_bytes()).is_ok();
    is_equal && ClientSecret::may_be(secret)
}

/// What a token says of the secret that it was issued for: with its hash, the token's right goes.
pub(super) fn generation(hash: &str) -> String {
    let digits = hash.strip_prefix(SECRET_HASH_PREFIX).unwrap_or_default();
    digits.chars().take(GENERATION_DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_another_and_its_hash_is_of_it_alone() {
        let (one, other) = (
            ClientSecret::generate().unwrap(),
            ClientSecret::generate().unwrap(),
        );
        assert!(ClientSecret::may_be(one.secret()));
        assert_ne!(one.secret().expose_secret(), other.secret().expose_secret());
        assert!(is_of_hash(one.secret(), &one.hash()));
        assert!(!is_of_hash(one.secret(), &other.hash()));
        assert!(!is_of_hash(one.secret(), ""));
        assert!(!is_of_hash(one.secret(), &one.hash()[..70]));
        assert_ne!(generation(&one.hash()), generation(&other.hash()));
        assert_eq!(one.hash().len(), 71);
    }

    #[test]
    fn what_somebody_chose_is_no_secret_even_where_a_document_has_its_hash() {
        for text in ["hunter2", "", "dbs_", "dbs_hunter2", &"a".repeat(47)] {
            let secret = SecretString::from(text);
            assert!(!is_of_hash(&secret, &hash_of(&secret)), "{text}");
        }
    }
}
