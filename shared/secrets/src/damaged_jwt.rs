//! What is wrong with a text that begins as a signed token (JWT) does.

use std::fmt;

/// What a token that was cut off, changed or put together is told by. Its words hold no part of it but the
/// name of its algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DamagedJwt {
    /// A part is missing, or there is one too many.
    #[error("it has {0} parts between full stops, where a signed one has 3")]
    Parts(usize),
    /// The first part is no object in base64, though the second one is.
    #[error("its first part, the header, cannot be read")]
    Header,
    /// The second part is no object in base64.
    #[error("its second part, the claims, cannot be read")]
    Claims,
    /// Nothing says how long its signature is.
    #[error("its header names no algorithm that tokens are signed with")]
    Algorithm,
    /// The third part is no base64.
    #[error("its third part, the signature, has a character that is none of base64")]
    Characters,
    /// The third part is shorter or longer than a signature.
    #[error("its signature has {found} characters, where {algorithm} has {}", Lengths(.bytes))]
    Signature {
        /// The characters that it has, without padding.
        found: usize,
        /// The algorithm that the header names.
        algorithm: &'static str,
        /// How many bytes a signature of the algorithm has.
        bytes: &'static [usize],
    },
}

impl DamagedJwt {
    /// What is wrong with a signature that does not fit the algorithm.
    pub(crate) fn of(encoded: &str, algorithm: &'static str, bytes: &'static [usize]) -> Self {
        let digits = encoded.trim_end_matches('=');
        let is_digit = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let found = digits.len();
        match digits.chars().all(is_digit) && !bytes.iter().any(|bytes| chars(*bytes) == found) {
            true => Self::Signature {
                found,
                algorithm,
                bytes,
            },
            false => Self::Characters,
        }
    }
}

/// How many characters stand for so many bytes in base64, without padding.
fn chars(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// The lengths of signatures of so many bytes in base64.
struct Lengths<'a>(&'a [usize]);

impl fmt::Display for Lengths<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        for (at, bytes) in self.0.iter().enumerate() {
            let before = match at {
                0 => "",
                at if at == last => " or ",
                _ => ", ",
            };
            write!(f, "{before}{}", chars(*bytes))?;
        }
        Ok(())
    }
}
