//! From PEM text to a key that signs and the certificate that goes with it.

use std::fmt;

use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use drawbridge_http::wire_text::printable;
use jiff::Timestamp;
use jsonwebtoken::EncodingKey;
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use secrecy::zeroize::Zeroizing;
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::certificate_error::CertificateError;
use crate::jwt::base64url;

/// PKCS #1 `rsaEncryption`.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A private key and what is needed to know of its certificate.
pub(super) struct SigningKey {
    pub(super) key: EncodingKey,
    /// The base64url SHA-256 of the certificate's DER: `x5t#S256`.
    pub(super) thumbprint: String,
    not_before: Timestamp,
    not_after: Timestamp,
}

type Section = (SectionKind, Zeroizing<Vec<u8>>);

impl SigningKey {
    /// Reads `text` and checks that its parts belong together. Time is checked at each use.
    pub(super) fn parse(text: &str) -> Result<Self, CertificateError> {
        let sections = sections(text)?;
        let of = |kinds: &[SectionKind]| -> Vec<&Zeroizing<Vec<u8>>> {
            let found = sections.iter().filter(|(kind, _)| kinds.contains(kind));
            found.map(|(_, der)| der).collect()
        };
        let certificates = of(&[SectionKind::Certificate]);
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        if !of(&[SectionKind::EcPrivateKey]).is_empty() {
            return Err(CertificateError::NotRsa);
        }
        let key = match (
            of(&[SectionKind::RsaPrivateKey]).as_slice(),
            of(&[SectionKind::PrivateKey]).as_slice(),
        ) {
            ([], []) => return Err(CertificateError::NoKey),
            ([pkcs1], []) => pkcs1.as_slice(),
            ([], [pkcs8]) => pkcs1_in(pkcs8)?,
            _ => return Err(CertificateError::SeveralKeys),
        };
        let pair = RsaKeyPair::from_der(key).map_err(|error| CertificateError::BadKey {
            reason: printable(&error.to_string(), 40),
        })?;
        for der in certificates {
            let certificate =
                Certificate::from_der(der).map_err(|_| CertificateError::BadCertificate)?;
            let certificate = certificate.tbs_certificate();
            let public = &certificate.subject_public_key_info().subject_public_key;
            if public.raw_bytes() != pair.public_key().as_ref() {
                continue;
            }
            let validity = certificate.validity();
            return Ok(Self {
                key: EncodingKey::from_rsa_der(key),
                thumbprint: base64url(Sha256::digest(der.as_slice())),
                not_before: instant(validity.not_before)?,
                not_after: instant(validity.not_after)?,
            });
        }
        Err(CertificateError::Mismatch)
    }

    pub(super) fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Refuses a certificate outside of its time, both ends included (RFC 5280, 4.1.2.5).
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), CertificateError> {
        if now > self.not_after {
            return Err(CertificateError::Expired {
                not_after: self.not_after,
            });
        }
        if now < self.not_before {
            return Err(CertificateError::NotYetValid {
                not_before: self.not_before,
            });
        }
        Ok(())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

fn sections(text: &str) -> Result<Vec<Section>, CertificateError> {
    if !text.contains("-----BEGIN ") {
        return Err(CertificateError::NotPem);
    }
    // `BEGIN ENCRYPTED PRIVATE KEY` (PKCS #8) or `Proc-Type: 4,ENCRYPTED` (the older way).
    if text.contains("ENCRYPTED") {
        return Err(CertificateError::EncryptedKey);
    }
    let sections: Vec<Section> = <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes())
        .map(|section| section.map(|(kind, der)| (kind, Zeroizing::new(der))))
        .collect::<Result<_, _>>()
        .map_err(|_| CertificateError::Damaged)?;
    if sections.is_empty() {
        return Err(CertificateError::Damaged);
    }
    Ok(sections)
}

/// The PKCS #1 key inside of a PKCS #8 one.
fn pkcs1_in(der: &[u8]) -> Result<&[u8], CertificateError> {
    let damaged = |_| CertificateError::BadKey {
        reason: "not PKCS #8".to_owned(),
    };
    let info = PrivateKeyInfoRef::try_from(der).map_err(damaged)?;
    if info.algorithm.oid != RSA {
        return Err(CertificateError::NotRsa);
    }
    Ok(info.private_key.as_bytes())
}

fn instant(time: x509_cert::time::Time) -> Result<Timestamp, CertificateError> {
    Timestamp::try_from(time.to_system_time()).map_err(|_| CertificateError::BadCertificate)
}
