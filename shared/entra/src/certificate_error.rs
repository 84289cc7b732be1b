//! What can be wrong with a certificate, before anything is sent.

use jiff::Timestamp;

/// Why the stored text cannot sign. No variant holds any part of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Nothing in the text is PEM.
    #[error(
        "the certificate is not PEM text: store the file with BEGIN CERTIFICATE and BEGIN PRIVATE \
         KEY (of a .pfx: openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem)"
    )]
    NotPem,
    /// PEM markers, but no line breaks: an editor or a console has taken them away.
    #[error(
        "the certificate's PEM text is damaged, its line breaks may be lost: store the file as it \
         is, as plain text (aws secretsmanager put-secret-value --secret-string file://FILE.pem)"
    )]
    Damaged,
    /// No `CERTIFICATE` section.
    #[error("the PEM text has no certificate: store the certificate and its key in one text")]
    NoCertificate,
    /// No private key section.
    #[error("the PEM text has no private key: store the certificate and its key in one text")]
    NoKey,
    /// The key needs a passphrase.
    #[error(
        "the private key is encrypted with a passphrase: store it without one (openssl pkey -in \
         KEY.pem -out PLAIN.pem)"
    )]
    EncryptedKey,
    /// Two private keys: which one is meant cannot be known.
    #[error("the PEM text has more than one private key: store one certificate and its key")]
    SeveralKeys,
    /// Elliptic curve or another kind.
    #[error(
        "the private key is not RSA, and Entra takes RSA only (PS256): make a certificate with an \
         RSA key of 2048 bits or more"
    )]
    NotRsa,
    /// The key is too short, too long or inconsistent.
    #[error(
        "the RSA key cannot be used ({reason}): make a certificate with an RSA key of 2048 to 8192 \
         bits"
    )]
    BadKey {
        /// What the library says, in a word.
        reason: String,
    },
    /// The certificate's DER cannot be read.
    #[error(
        "the certificate cannot be read: it is damaged, or no X.509 certificate; store it again"
    )]
    BadCertificate,
    /// None of the certificates belongs to the key.
    #[error(
        "the certificate does not belong to the private key: store the pair that was made together"
    )]
    Mismatch,
    /// The certificate has ended.
    #[error(
        "the certificate expired on {not_after}: make a new one, upload it to the application and \
         store it with its key"
    )]
    Expired {
        /// Its last moment.
        not_after: Timestamp,
    },
    /// The certificate has not begun.
    #[error(
        "the certificate is not valid before {not_before}: wait until then, check the clock, or \
         store one that is valid now"
    )]
    NotYetValid {
        /// Its first moment.
        not_before: Timestamp,
    },
    /// The library refused to sign.
    #[error("the client assertion could not be signed: store the certificate and its key again")]
    NotSigned,
}
