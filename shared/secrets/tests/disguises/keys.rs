//! Private keys of every kind, as DER and as OpenSSH has them. Numbers are random bytes: what a key is
//! told by are its structure and its names.

use proptest::prelude::*;

/// A kind of private key or key store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// RSA with a modulus of so many bytes, as PKCS#1.
    Rsa(usize),
    /// The same as PKCS#8.
    RsaPkcs8(usize),
    /// A curve by its object identifier, with a key of so many bytes, as SEC 1; with the curve's name or
    /// without.
    Sec1(&'static [u8], usize, bool),
    /// The same as PKCS#8.
    EcPkcs8(&'static [u8], usize),
    /// RFC 8410, by the last byte of the object identifier, with a public key or without.
    Edwards(u8, usize, bool),
    /// What OpenSSL has for DSA.
    Dsa,
    /// PKCS#8 with a passphrase: PBES2.
    Encrypted,
    Pkcs12,
    OpenSsh,
    /// A secret key packet of version 4, with RSA.
    OpenPgp,
    /// RSA as Windows has it, with a modulus of so many bytes.
    WindowsRsa(u16),
    /// A curve as Windows has it: the end of its name, and the bytes of a number.
    WindowsEc([u8; 2], u8),
}

const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 34];
const P521: &[u8] = &[0x2b, 0x81, 4, 0, 35];
const BRAINPOOL: &[u8] = &[0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
const PKCS7_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];

impl Arbitrary for Kind {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let curves = [(P256, 32), (P384, 48), (P521, 66), (BRAINPOOL, 32)];
        let bytes = [64, 128, 256, 384, 512];
        let mut all = vec![Self::Dsa, Self::Encrypted, Self::Pkcs12];
        all.extend([Self::OpenSsh, Self::OpenPgp]);
        all.extend(bytes.map(Self::Rsa));
        all.extend(bytes.map(Self::RsaPkcs8));
        for (curve, bytes) in curves {
            all.push(Self::EcPkcs8(curve, bytes));
            all.extend([true, false].map(|named| Self::Sec1(curve, bytes, named)));
        }
        for (last, bytes) in [(110, 32), (111, 56), (112, 32), (113, 57)] {
            all.extend([true, false].map(|public| Self::Edwards(last, bytes, public)));
        }
        all.extend([128, 256, 512].map(Self::WindowsRsa));
        all.extend(
            [(*b"S2", 32), (*b"K4", 48), (*b"S6", 66)]
                .map(|(name, bytes)| Self::WindowsEc(name, bytes)),
        );
        prop::sample::select(all).boxed()
    }
}

/// A key of that kind whose numbers are made of `random`, over and over.
pub(crate) fn key(kind: Kind, random: &[u8]) -> Vec<u8> {
    let some = |bytes: usize| -> Vec<u8> { random.iter().copied().cycle().take(bytes).collect() };
    let number = |bytes: usize| {
        let mut number = some(bytes);
        number[0] |= 0x80;
        tlv(2, &[&[0], number.as_slice()].concat())
    };
    let version = |version: u8| tlv(2, &[version]);
    let octets = |content: &[u8]| tlv(4, content);
    let pkcs8 = |algorithm: &[Vec<u8>], key: &[u8]| {
        sequence(&[version(0), sequence(algorithm), octets(key)])
    };
    let rsa = |bytes: usize| {
        let half = bytes / 2;
        let exponent = tlv(2, &[1, 0, 1]);
        let halves = std::iter::repeat_n(number(half), 5);
        let parts = [version(0), number(bytes), exponent, number(bytes)]
            .into_iter()
            .chain(halves);
        sequence(&parts.collect::<Vec<_>>())
    };
    let sec1 = |curve: Option<&[u8]>, bytes: usize| {
        let mut parts = vec![version(1), octets(&some(bytes))];
        parts.extend(curve.map(|curve| tlv(0xa0, &tlv(6, curve))));
        parts.push(tlv(
            0xa1,
            &tlv(3, &[&[0, 4], some(2 * bytes).as_slice()].concat()),
        ));
        sequence(&parts)
    };
    match kind {
        Kind::Rsa(bytes) => rsa(bytes),
        Kind::RsaPkcs8(bytes) => pkcs8(&[tlv(6, RSA), tlv(5, &[])], &rsa(bytes)),
        Kind::Sec1(curve, bytes, named) => sec1(named.then_some(curve), bytes),
        Kind::EcPkcs8(curve, bytes) => pkcs8(&[tlv(6, EC), tlv(6, curve)], &sec1(None, bytes)),
        Kind::Edwards(last, bytes, public) => {
            let mut parts = vec![
                version(u8::from(public)),
                sequence(&[tlv(6, &[0x2b, 0x65, last])]),
                octets(&octets(&some(bytes))),
            ];
            parts.extend(public.then(|| tlv(0x81, &[&[0], some(bytes).as_slice()].concat())));
            sequence(&parts)
        }
        Kind::Dsa => sequence(&[
            version(0),
            number(256),
            number(32),
            number(256),
            number(256),
            number(32),
        ]),
        Kind::Encrypted => sequence(&[
            sequence(&[tlv(6, PBES2), sequence(&[octets(&some(8))])]),
            octets(&some(600)),
        ]),
        Kind::Pkcs12 => sequence(&[
            version(3),
            sequence(&[tlv(6, PKCS7_DATA), tlv(0xa0, &octets(&some(900)))]),
        ]),
        Kind::OpenPgp => {
            let created = some(4);
            let mut number = some(900);
            number[0] |= 0x80;
            [&[0x95, 3, 0x98, 4], &*created, &[1, 8, 0], &*number].concat()
        }
        Kind::WindowsRsa(bytes) => {
            let bits = (u32::from(bytes) * 8).to_le_bytes();
            let numbers = some(usize::from(bytes) * 9 / 2);
            [b"RSA2", bits.as_slice(), &[1, 0, 1, 0], &numbers].concat()
        }
        Kind::WindowsEc(name, bytes) => {
            let numbers = some(usize::from(bytes) * 3);
            [b"EC", name.as_slice(), &[bytes, 0, 0, 0], &numbers].concat()
        }
        Kind::OpenSsh => [
            b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01",
            some(300).as_slice(),
        ]
        .concat(),
    }
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A tag, a length and a value.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let length = match (high, low) {
        (0, low @ 0..=0x7f) => vec![low],
        (0, low) => vec![0x81, low],
        (high, low) => vec![0x82, high, low],
    };
    [&[tag], length.as_slice(), content].concat()
}
