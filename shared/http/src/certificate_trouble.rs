//! What is wrong with the certificate that a server showed, or with this side in its eyes, with the way out.

use std::error::Error;
use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error as TlsError};

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
    /// A signature that the authority's key does not confirm, or with a key too short for the library to try. It tells
    /// these from each other no more than we can.
    #[error(
        "its signature does not fit the key of the authority of that name which is trusted here. Either it is from \
         another authority or a newer key, which is not trusted: set ca to that authority's certificate, and look then \
         whether it has a subject alternative name. Or the key of the server or of the authority is too weak, such as \
         RSA with less than 2048 bits (openssl x509 -noout -text shows it): make a new one and sign with that"
    )]
    Signature,
    /// An algorithm that is not taken, which all that are too weak are.
    #[error(
        "it, or one that it is signed with, is signed in a way that is too weak or not known here, such as with \
         SHA-1 (openssl x509 -noout -text shows it): sign it again with SHA-256 (openssl: -sha256)"
    )]
    WeakSignature,
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
            // An authority that has the issuer's name but a key of another kind.
            CertificateError::UnknownIssuer
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                Self::UnknownIssuer
            }
            CertificateError::BadSignature => Self::Signature,
            CertificateError::UnsupportedSignatureAlgorithmContext { .. } => Self::WeakSignature,
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

/// Why a server refused TLS with this side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsRefusal {
    /// It says that it wants one.
    #[error(
        "the server asks for a client certificate, and none is ever sent from here: have it ask for none at this \
         address, or send to a relay that has one"
    )]
    ClientCertificate,
    /// It says nothing but that.
    #[error(
        "the server refused TLS ({0}), and only its log says why: it may ask for a client certificate, none of which \
         is ever sent from here, know no host of this name, or have neither TLS 1.2 nor 1.3 with a cipher that is safe"
    )]
    Unclear(String),
}

impl TlsRefusal {
    /// The one behind an error, if the server said so.
    pub fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        match tls_error_behind(error)? {
            TlsError::AlertReceived(AlertDescription::CertificateRequired) => {
                Some(Self::ClientCertificate)
            }
            TlsError::AlertReceived(alert) => Some(Self::Unclear(format!("{alert:?}"))),
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
