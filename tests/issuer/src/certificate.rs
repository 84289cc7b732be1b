//! Self-signed certificates.

use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::key::{self, Error};

/// What a certificate is like.
#[derive(Debug, Clone)]
pub struct CertificateOptions {
    /// Year, month and day of its first moment, midnight UTC.
    pub not_before: (i32, u8, u8),
    /// Year, month and day of its last moment, midnight UTC.
    pub not_after: (i32, u8, u8),
}

impl Default for CertificateOptions {
    fn default() -> Self {
        Self {
            not_before: (2020, 1, 1),
            not_after: (2120, 1, 1),
        }
    }
}

/// A self-signed certificate with its RSA key.
#[derive(Debug)]
pub struct TestCertificate {
    /// The certificate in DER: what is uploaded to the application.
    pub der: Vec<u8>,
    /// The certificate in PEM.
    pub certificate_pem: String,
    /// The key in PEM (PKCS #8).
    pub key_pem: String,
    /// Its last moment.
    pub not_after: Timestamp,
}

impl TestCertificate {
    /// Makes one that is valid for long.
    ///
    /// # Errors
    /// What the library says.
    pub fn new() -> Result<Self, Error> {
        Self::with(&CertificateOptions::default())
    }

    /// Makes one with a key of its own.
    ///
    /// # Errors
    /// What the library says.
    pub fn with(options: &CertificateOptions) -> Result<Self, Error> {
        Self::of(options, &key::rsa()?)
    }

    /// Makes one of a key that exists, given in PEM (PKCS #8).
    ///
    /// # Errors
    /// What the library says.
    pub fn renewed(options: &CertificateOptions, key_pem: &str) -> Result<Self, Error> {
        Self::of(options, &KeyPair::from_pem(key_pem)?)
    }

    /// Makes one with a key that is not RSA.
    ///
    /// # Errors
    /// What the library says.
    pub fn elliptic() -> Result<Self, Error> {
        Self::of(&CertificateOptions::default(), &KeyPair::generate()?)
    }

    fn of(options: &CertificateOptions, key: &KeyPair) -> Result<Self, Error> {
        let mut params = CertificateParams::new(vec!["drawbridge.test".to_owned()])?;
        let date = |(year, month, day)| date_time_ymd(year, month, day);
        params.not_before = date(options.not_before);
        params.not_after = date(options.not_after);
        let not_after = Timestamp::from_second(params.not_after.unix_timestamp())?;
        let certificate = params.self_signed(key)?;
        Ok(Self {
            der: certificate.der().to_vec(),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            not_after,
        })
    }

    /// Certificate and key in one text: what is stored.
    #[must_use]
    pub fn pem(&self) -> String {
        format!("{}{}", self.certificate_pem, self.key_pem)
    }
}
