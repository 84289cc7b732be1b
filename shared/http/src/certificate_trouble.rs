//! What is wrong with the certificate that a server showed, with the way out.

use std::error::Error;
use std::io;

use tokio_rustls::rustls::{CertificateError, Error as TlsError};

/// Why a server's certificate was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateTrouble {
    /// Signed by nobody who is trusted here.
    #[error(
        "it is from an authority that is not trusted here, a private one or that of a proxy which \
         inspects TLS: set ca to that authority's certificate (with the intermediate one if the \
         server does not send it), or where there is no such setting, add it to the system's \
         (SSL_CERT_FILE names a file with them); only then is it looked at whether it has a subject \
         alternative name, without which it is not taken"
    )]
    UnknownIssuer,
    /// No alternative name at all.
    #[error(
        "it has no subject alternative name, and the common name alone counts for nothing: give \
         the server one that has its host (openssl: -addext subjectAltName=DNS:HOST, or IP:ADDRESS)"
    )]
    NoName,
    /// So old a form that it cannot have any.
    #[error(
        "it is of X.509 version 1, as openssl x509 -req makes it, and so has no subject alternative name: \
         sign it again with one (openssl x509 -req … -extfile FILE, which has the line \
         subjectAltName=DNS:HOST, or IP:ADDRESS)"
    )]
    VersionOne,
    /// Names, but not this one.
    #[error("it is for another name: the address must be a name in the certificate")]
    OtherName,
    /// Past its end.
    #[error("it has expired: renew it at the server, or check the clock")]
    Expired,
    /// Before its beginning.
    #[error("it is not valid yet: check the clock here and at the server")]
    NotYetValid,
    /// A certificate authority's own.
    #[error(
        "it is an authority's itself, as openssl req -x509 makes it: give the server one with \
         basicConstraints CA:FALSE, and set ca to that or to who signed it"
    )]
    Authority,
    /// Made for something else.
    #[error("it is not for servers: its extended key usage must have serverAuth")]
    Purpose,
    /// Anything else.
    #[error("look at the server's certificate and its chain")]
    Other,
}

impl CertificateTrouble {
    /// What the TLS library's error means.
    pub fn of(error: &CertificateError) -> Self {
        match error {
            // An authority that has the issuer's name but another key, of the same kind or of another one.
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                Self::UnknownIssuer
            }
            CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
                Self::NoName
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::OtherName
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                Self::Purpose
            }
            // What checks for HTTPS with the system's authorities calls it so.
            CertificateError::Other(other)
                if other
                    .to_string()
                    .contains("certificate had invalid extensions") =>
            {
                Self::Purpose
            }
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                Self::Authority
            }
            CertificateError::Other(other)
                if other.to_string().contains("UnsupportedCertVersion") =>
            {
                Self::VersionOne
            }
            _ => Self::Other,
        }
    }

    /// The one behind an error, if a certificate is what it comes from.
    pub fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        match tls_error_behind(error)? {
            TlsError::InvalidCertificate(problem) => Some(Self::of(problem)),
            _ => None,
        }
    }
}

/// Whether the other side answered with something else than TLS.
pub(crate) fn is_no_tls(error: &(dyn Error + 'static)) -> bool {
    matches!(tls_error_behind(error), Some(TlsError::InvalidMessage(_)))
}

/// What the TLS library said, if an error comes from that.
fn tls_error_behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error does not count the one that it wraps among its sources.
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(wrapped) = wrapped
            && let Some(found) = tls_error_behind(wrapped)
        {
            return Some(found);
        }
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
