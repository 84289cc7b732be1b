//! A certificate authority of the test's own.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority's certificate, and a server's that it issued.
pub struct Issued {
    /// The authority's certificate.
    pub ca_pem: String,
    /// The server's certificate.
    pub certificate_pem: String,
    /// The server's key.
    pub key_pem: String,
    /// The same for a server of the test's own.
    pub config: Arc<ServerConfig>,
}

/// A certificate for the host of that name.
pub fn issued_for(host: &str) -> Issued {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![host.to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    issued(issuer.pem(), &certificate, &key)
}

/// A certificate that names its host as the common name alone, as it was done before browsers and
/// TLS libraries stopped to look there.
pub fn without_alternative_name(host: &str) -> Issued {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, host);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    issued(certificate.pem(), &certificate, &key)
}

/// A certificate for a host that nobody else signed; `is_ca` is how `openssl req -x509` makes it
/// by default.
pub fn self_signed_for(host: &str, is_ca: bool) -> Issued {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    issued(certificate.pem(), &certificate, &key)
}

fn issued(ca_pem: String, certificate: &Certificate, key: &KeyPair) -> Issued {
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], der)
        .unwrap();
    Issued {
        ca_pem,
        certificate_pem: certificate.pem(),
        key_pem: key.serialize_pem(),
        config: Arc::new(config),
    }
}
