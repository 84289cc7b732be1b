//! What people and programs make of a key before it is stored.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

/// As often as what is stored is decoded.
pub(crate) const MAX_ENCODINGS: usize = 3;

/// One thing that is done with a text.
#[derive(Debug, Clone)]
pub(crate) enum Disguise {
    Hex,
    HexCapitals,
    /// Bytes in hexadecimal, with that in front of each and that between them.
    HexBytes(&'static str, &'static str),
    Base64,
    Base64Url,
    Base64NoPadding,
    Base64UrlNoPadding,
    /// Every character that is no letter and no digit, as an address has it.
    Percent,
    /// Base64 of UTF-16, as PowerShell has it.
    Utf16,
    /// Something before it and something behind it.
    Between(&'static str, &'static str),
    /// A break after so many characters.
    Broken(usize, &'static str),
    /// A byte order mark.
    Mark,
}

use Disguise::*;

const AROUND: [(&str, &str); 16] = [
    ("\"", "\""),
    ("'", "'"),
    ("(", ")"),
    ("[", "]"),
    ("<", ">"),
    ("{", "}"),
    ("key=", ""),
    ("key: ", ""),
    ("key.pem:", ";"),
    ("Bearer ", ""),
    ("private-key_", ""),
    ("0x", ""),
    ("a", ""),
    ("", "b"),
    ("#", "!"),
    (" \t", " \n"),
];

impl Disguise {
    /// Whether it makes a text of any bytes.
    pub(crate) fn is_encoding(&self) -> bool {
        !matches!(self, Percent | Utf16 | Between(..) | Broken(..) | Mark)
    }

    /// Whether it has to be decoded to be looked into.
    fn is_decoded(&self) -> bool {
        self.is_encoding() || matches!(self, Percent | Utf16)
    }

    pub(crate) fn dress(&self, bytes: &[u8]) -> String {
        let hex = |before: &str, between: &str| {
            let each = bytes.iter().map(|byte| format!("{before}{byte:02x}"));
            each.collect::<Vec<_>>().join(between)
        };
        let text = || String::from_utf8(bytes.to_vec()).unwrap();
        match self {
            Hex => hex("", ""),
            HexCapitals => hex("", "").to_uppercase(),
            HexBytes(before, between) => hex(before, between),
            Base64 => STANDARD.encode(bytes),
            Base64Url => URL_SAFE.encode(bytes),
            Base64NoPadding => STANDARD_NO_PAD.encode(bytes),
            Base64UrlNoPadding => URL_SAFE_NO_PAD.encode(bytes),
            Percent => bytes
                .iter()
                .map(|byte| match byte.is_ascii_alphanumeric() {
                    true => char::from(*byte).to_string(),
                    false => format!("%{byte:02X}"),
                })
                .collect(),
            Utf16 => {
                let units = text()
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<_>>();
                STANDARD.encode(units)
            }
            Between(before, behind) => format!("{before}{}{behind}", text()),
            Broken(every, by) => {
                let characters = text().chars().collect::<Vec<_>>();
                let lines = characters
                    .chunks(*every)
                    .map(|line| line.iter().collect::<String>());
                lines.collect::<Vec<_>>().join(by)
            }
            Mark => format!("\u{feff}{}", text()),
        }
    }
}

impl Arbitrary for Disguise {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let bytes = [
            ("", ":"),
            ("", " "),
            ("0x", ", "),
            ("\\x", ""),
            ("", "-"),
            ("0X", ",\n"),
        ];
        let breaks = ["\n", "\r\n", "\\n", " ", "\t"];
        prop_oneof![
            Just(Hex),
            Just(HexCapitals),
            prop::sample::select(bytes.to_vec())
                .prop_map(|(before, between)| HexBytes(before, between)),
            Just(Base64),
            Just(Base64Url),
            Just(Base64NoPadding),
            Just(Base64UrlNoPadding),
            Just(Percent),
            Just(Utf16),
            Just(Mark),
            prop::sample::select(&AROUND[..]).prop_map(|(before, behind)| Between(before, behind)),
            (4_usize..80, prop::sample::select(breaks.to_vec()))
                .prop_map(|(every, by)| Broken(every, by)),
        ]
        .boxed()
    }
}

/// Some disguises over one another, with no more encodings than that among them.
pub(crate) fn disguises(encodings: usize) -> impl Strategy<Value = Vec<Disguise>> {
    prop::collection::vec(any::<Disguise>(), 0..8).prop_map(move |mut all| {
        let mut left = encodings;
        all.retain(|disguise| {
            let is_in = !disguise.is_decoded() || left > 0;
            left -= usize::from(is_in && disguise.is_decoded());
            is_in
        });
        all
    })
}
