use jiff::{SignedDuration, Timestamp};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

/// The fewest bytes of a key: as many as HS256 has (RFC 7518, 3.2).
const MIN_BYTES: usize = 32;

/// How long after a rotation the key before it goes on signing: longer than a process goes by a key that
/// it has read before it reads it again for a token that it does not know.
const TAKES_OVER_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// What the tokens of one place are signed with: a stack's, in a secret of Secrets Manager, or a folder's,
/// in a file. It is a JSON object:
///
/// ```json
/// {"audience": "…", "key": "…"}
/// ```
pub struct TokenKey {
    /// Names the place: a token of another one is for another audience.
    pub(super) audience: String,
    key: SecretString,
    /// The key before this one, whose tokens are good until they expire.
    previous: Option<SecretString>,
    /// When `key` takes over from `previous`, in seconds since 1970.
    signs_from: Option<i64>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    audience: String,
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signs_from: Option<i64>,
}

/// Why a key cannot be used. Never holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// It is not a document of this kind.
    #[error(
        "it is no JSON object with \"audience\" and \"key\": make a new one with `drawbridge serve key`"
    )]
    NoKey,
    /// It could be guessed.
    #[error("its key has fewer than 32 bytes: make a new one with `drawbridge serve key`")]
    Short,
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    NoRandom,
}

impl TokenKey {
    /// Reads a document.
    ///
    /// # Errors
    /// [`KeyProblem`], without any of the text.
    pub fn read(text: &str) -> Result<Self, KeyProblem> {
        let read: Document = serde_json::from_str(text).map_err(|_| KeyProblem::NoKey)?;
        if read.audience.is_empty() {
            return Err(KeyProblem::NoKey);
        }
        let key = Self {
            audience: read.audience,
            key: read.key.into(),
            previous: read.previous.map(Into::into),
            signs_from: read.signs_from,
        };
        let is_short = key.verifying().any(|key| key.len() < MIN_BYTES);
        if is_short {
            return Err(KeyProblem::Short);
        }
        Ok(key)
    }

    /// A new one, for a new place.
    ///
    /// # Errors
    /// [`KeyProblem::NoRandom`].
    pub fn generate() -> Result<Self, KeyProblem> {
        Ok(Self {
            audience: uuid::Uuid::new_v4().to_string(),
            key: random()?,
            previous: None,
            signs_from: None,
        })
    }

    /// The one that takes its place at `now`: a new key, which signs in ten minutes, when every process
    /// has it. What the one before has signed is good until it expires.
    ///
    /// # Errors
    /// [`KeyProblem::NoRandom`].
    pub fn rotated(self, now: Timestamp) -> Result<Self, KeyProblem> {
        let takes_over = now.saturating_add(TAKES_OVER_AFTER).unwrap_or(now);
        Ok(Self {
            audience: self.audience,
            key: random()?,
            previous: Some(self.key),
            signs_from: Some(takes_over.as_second()),
        })
    }

    /// The same, at once: no token that was issued is good any more.
    ///
    /// # Errors
    /// [`KeyProblem::NoRandom`].
    pub fn replaced(self) -> Result<Self, KeyProblem> {
        Ok(Self {
            audience: self.audience,
            ..Self::generate()?
        })
    }

    /// The document.
    ///
    /// # Errors
    /// [`KeyProblem::NoKey`] if it has no form, which does not happen.
    pub fn document(&self) -> Result<Zeroizing<String>, KeyProblem> {
        let plain = |key: &SecretString| key.expose_secret().to_owned();
        let document = Document {
            audience: self.audience.clone(),
            key: plain(&self.key),
            previous: self.previous.as_ref().map(plain),
            signs_from: self.signs_from,
        };
        let text = serde_json::to_string(&document).map_err(|_| KeyProblem::NoKey)?;
        Ok(Zeroizing::new(text))
    }

    /// What a token of now is signed with.
    pub(super) fn signing(&self, now: Timestamp) -> &[u8] {
        let is_new = self.signs_from.is_none_or(|from| from <= now.as_second());
        let previous = self.previous.as_ref().filter(|_| !is_new);
        previous.unwrap_or(&self.key).expose_secret().as_bytes()
    }

    /// What a good token may be signed with.
    pub(super) fn verifying(&self) -> impl Iterator<Item = &[u8]> {
        let keys = [Some(&self.key), self.previous.as_ref()];
        let keys = keys.into_iter().flatten();
        keys.map(|key| key.expose_secret().as_bytes())
    }
}

/// A key in 64 hexadecimal digits.
fn random() -> Result<SecretString, KeyProblem> {
    let mut bytes = Zeroizing::new([0; 32]);
    let filled = aws_lc_rs::rand::fill(bytes.as_mut());
    filled.map_err(|_| KeyProblem::NoRandom)?;
    Ok(hex::encode(bytes.as_ref()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = TokenKey::generate().unwrap();
        let read = TokenKey::read(&key.document().unwrap()).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(read.signing(now), key.signing(now));
        assert_eq!(read.audience, key.audience);
    }

    #[test]
    fn a_new_key_takes_over_when_everybody_has_it() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let at = |secs: i64| Timestamp::from_second(1_000_000 + secs).unwrap();
        let first = TokenKey::generate().unwrap();
        let old = first.signing(now).to_owned();
        let audience = first.audience.clone();
        let second = first.rotated(now).unwrap();
        let second = TokenKey::read(&second.document().unwrap()).unwrap();
        assert_eq!(second.audience, audience);
        assert_eq!(
            (second.signing(now), second.signing(at(599))),
            (&*old, &*old)
        );
        assert_ne!(second.signing(at(600)), old);
        assert!(second.verifying().any(|key| key == old));
        let third = second.replaced().unwrap();
        assert!(!third.verifying().any(|key| key == old));
        assert_eq!(
            (third.audience.clone(), third.verifying().count()),
            (audience, 1)
        );
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let short = r#"{"audience":"a","key":"hunter2"}"#;
        for (text, problem) in [
            ("hunter2", KeyProblem::NoKey),
            (
                r#"{"key":"hunter2hunter2hunter2hunter2hunter2"}"#,
                KeyProblem::NoKey,
            ),
            (
                r#"{"audience":"","key":"hunter2hunter2hunter2hunter2hunter2"}"#,
                KeyProblem::NoKey,
            ),
            (short, KeyProblem::Short),
        ] {
            let told = TokenKey::read(text).err().unwrap();
            assert_eq!(told, problem);
            assert!(!format!("{told} {told:?}").contains("hunter2"));
        }
    }
}
