//! What private keys and key stores are told by, wherever in a text or in bytes it stands.

use secrecy::zeroize::Zeroizing;

use crate::not_bare::NotBare;

/// What lines of PEM, of SSH (RFC 4716) and of PGP have, without blanks, beside two dashes. In small
/// letters, names have that, too.
const PEM: [&str; 4] = ["-BEGIN", "-END", "PRIVATEKEY-", "CERTIFICATE-"];

/// How keys of PuTTY and of the first SSH begin, without blanks and in capitals.
const HEADERS: [&str; 2] = ["PUTTY-USER-KEY-FILE", "SSHPRIVATEKEYFILEFORMAT"];

/// How a key of age, and of one of its plugins, begins in capitals: a 1 and the key itself follow, with the name of
/// a kind or of a plugin before them, such as `PQ-`.
const AGE: [&str; 2] = ["AGE-SECRET-KEY-", "AGE-PLUGIN-"];

/// The fewest characters of age's that are a key and no name of one.
const MIN_AGE_CHARS: usize = 16;

/// What a text, which was squeezed, says to be.
pub(crate) fn key_in_text(squeezed: &str) -> Option<NotBare> {
    let has_line = PEM.iter().any(|mark| squeezed.contains(mark)) && squeezed.contains("--");
    let text = Zeroizing::new(squeezed.to_ascii_uppercase());
    if has_line || HEADERS.iter().any(|header| text.contains(header)) {
        return Some(NotBare::Pem);
    }
    let is_age = |rest: &str| {
        let key = rest.split_once('1').map_or("", |(_, key)| key);
        key.chars()
            .take_while(char::is_ascii_alphanumeric)
            .nth(MIN_AGE_CHARS - 1)
            .is_some()
    };
    let mut age = AGE.iter().flat_map(|mark| text.split(mark).skip(1));
    age.any(is_age).then_some(NotBare::Der)
}

/// Whether there is a key or a certificate in `bytes`, whatever became of its end, or something of its
/// beginning.
pub(crate) fn has_key(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| bytes.get(at..).is_some_and(is_mark))
}

/// Each is found in random bytes at one place of 2^37 or more, and any of them at one of 2^35. A token of
/// 100 characters stands for bytes at 2^9 places or so: one of 2^26 is refused by chance.
fn is_mark(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        // PKCS#8 of any algorithm: a version, and a sequence with an object identifier.
        [2, 1, 0 | 1, 0x30, 3..=0x40, 6, 3..=15, ..]
            // PKCS#1, and what OpenSSL has for DSA: a version and a large number, whose sign is a zero.
            | [2, 1, 0 | 1, 2, 0x41, 0, ..]
            | [2, 1, 0 | 1, 2, 0x81, _, 0, ..]
            | [2, 1, 0 | 1, 2, 0x82, 1..=16, _, 0, ..]
            // A number of 2048 bits or more, and the exponent of RSA, before the secret numbers.
            | [2, 0x82, 1..=4, 1 | 0x81, 0, 0x80..=0xff, ..]
            | [2, 3, 1, 0, 1, 2, ..]
            // SEC 1: a version and as many bytes as a curve has.
            | [2, 1, 1, 4, 28 | 32 | 48 | 64 | 66, ..]
            // A certificate: its version and its serial number.
            | [0xa0, 3, 2, 1, 2, 2, ..]
            // The object identifiers of RSA Security (PKCS#1 to PKCS#12), of ANSI's DSA and curves, of
            // SECG's curves, of Brainpool's, of Curve25519 and its like (RFC 8410), of NIST, and the two
            // that OpenPGP has for Curve25519.
            | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, ..]
            | [0x2a, 0x86, 0x48, 0xce, 0x38 | 0x3d, ..]
            | [6, 5, 0x2b, 0x81, 4, 0, ..]
            | [0x2b, 0x24, 3, 3, 2, 8, ..]
            | [6, 3, 0x2b, 0x65, 0x6e..=0x71, ..]
            | [0x60, 0x86, 0x48, 1, 0x65, 3, 4, ..]
            | [0x2b, 6, 1, 4, 1, 0xda, 0x47, ..]
            | [0x2b, 6, 1, 4, 1, 0x97, 0x55, ..]
            // OpenPGP: a key of RSA or DSA, of version 4, with the length of its number.
            | [0x94 | 0x95, _, _, 4, _, _, _, _, 1 | 17, 4 | 8 | 12 | 16, 0, 0x80..=0xff, ..]
            // OpenSSH: its private keys, and the name of a kind of key behind its length.
            | [b's', b's', b'h', b'-', b'k', b'e', b'y', b'-', b'v', b'1', 0, ..]
            | [7 | 11, b's', b's', b'h', b'-', ..]
            | [19, b'e', b'c', b'd', b's', b'a', b'-', ..]
            // Private keys as Windows has them: `RSA2` with the bits, `ECS2`, `ECK4` and the like with the
            // bytes of a number.
            | [b'R', b'S', b'A', b'2' | b'3', 0, 2..=0x40, 0, 0, ..]
            | [b'E', b'C', b'S' | b'K', b'2' | b'4' | b'6', 32 | 48 | 66, 0, 0, 0, ..]
            // Java's key stores.
            | [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, ..]
            | [0xce, 0xce, 0xce, 0xce, 0, 0, 0, ..]
    )
}
