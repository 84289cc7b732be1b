//! What a file is that is no UTF-8 text, by its first bytes.

/// How texts in other encodings begin. The mark of UTF-16 is how the one of UTF-32 begins.
const MARKS: [(&[u8], &str); 4] = [
    (&[0xff, 0xfe, 0, 0], UTF_32),
    (&[0, 0, 0xfe, 0xff], UTF_32),
    (&[0xff, 0xfe], UTF_16),
    (&[0xfe, 0xff], UTF_16),
];

const UTF_16: &str = "it is UTF-16 text, as Windows PowerShell writes it: save it as UTF-8, as with `Out-File -Encoding utf8`";

const UTF_32: &str = "it is UTF-32 text: save it as UTF-8";

const PFX: &str = "it is a PFX file (PKCS#12), and not PEM text: convert it with `openssl pkcs12 -in FILE.pfx -nodes -out \
                   FILE.pem`, and name that one";

const DER: &str = "it is a certificate or a key in binary form (DER), and not PEM text: convert it with `openssl x509 \
                   -inform der -in FILE -out FILE.pem`, or a key with `openssl pkey -inform der`, put both into one \
                   file, and name that one";

/// What is wrong with bytes that are no UTF-8, and what to do.
pub(crate) fn what_it_is(bytes: &[u8]) -> &'static str {
    if let Some((_, what)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return what;
    }
    match in_sequence(bytes) {
        // The version of PKCS#12.
        Some([2, 1, 3, ..]) => PFX,
        // A certificate has a sequence there, and a key its version.
        Some([0x30, ..] | [2, 1, 0 | 1, ..]) => DER,
        _ => "its content is not UTF-8 text",
    }
}

/// What lies in an ASN.1 sequence, with which all of these begin; its length may be given in several ways.
fn in_sequence(bytes: &[u8]) -> Option<&[u8]> {
    let [0x30, length, rest @ ..] = bytes else {
        return None;
    };
    match length {
        0..=0x80 => Some(rest),
        0x81..=0x84 => rest.get(usize::from(length - 0x80)..),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_and_binary_keys_are_told_by_their_first_bytes() {
        for (bytes, words) in [
            (&b"\xff\xfes\0e\0c\0"[..], "UTF-16 text"),
            (b"\xfe\xff\0s\0e\0c", "UTF-16 text"),
            (b"\xff\xfe\0\0s\0\0\0", "UTF-32 text"),
            (b"\x30\x82\x0a\x10\x02\x01\x03\x30", "PFX"),
            (b"\x30\x80\x02\x01\x03\x30\x80", "PFX"),
            (b"\x30\x82\x03\x10\x30\x82\x01", "x509 -inform der"),
            (b"\x30\x82\x04\xbd\x02\x01\x00\x30", "pkey -inform der"),
            (b"\x30\x81\x87\x02\x01\x00\x30", "pkey -inform der"),
            (b"\x30\xff\x87\x02", "not UTF-8"),
            (b"0", "not UTF-8"),
            (b"s3cr~t\xff", "not UTF-8"),
        ] {
            assert!(what_it_is(bytes).contains(words), "{bytes:?}");
        }
    }
}
