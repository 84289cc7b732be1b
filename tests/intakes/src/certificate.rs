//! A certificate authority of the test's own.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, PKCS_ED25519,
};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
pub use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

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

/// A certificate of an authority that was made anew with a key of another kind, and the old one's certificate to
/// trust: both have the same name.
pub fn of_another_key_type(host: &str) -> Issued {
    let new = issued_for(host);
    let mut old = CertificateParams::new(Vec::new()).unwrap();
    old.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let ca_pem = old.self_signed(&key).unwrap().pem();
    Issued { ca_pem, ..new }
}

/// A certificate for a host that is to sign in somewhere, and not for a server.
pub fn for_clients_only(host: &str) -> Issued {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    issued(certificate.pem(), &certificate, &key)
}

/// A certificate for the host of that name, whose server asks for one of the client, too.
pub fn asking_for_a_client_certificate(
    host: &str,
    version: &'static SupportedProtocolVersion,
) -> Issued {
    let issued = issued_for(host);
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(issued.ca_pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let chain = vec![CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(chain, key)
        .unwrap();
    Issued {
        config: Arc::new(config),
        ..issued
    }
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

/// A certificate of X.509 version 1, as `openssl x509 -req` makes it up to version 3.3: without any alternative
/// name. It is for 127.0.0.1, and was made once, since libraries make no such ones any more.
pub fn of_version_one() -> Issued {
    let certificate_pem = include_str!("version_one/certificate.pem");
    made_once(
        certificate_pem,
        certificate_pem,
        include_str!("version_one/key.pem"),
    )
}

/// A certificate for localhost of an authority whose key is RSA with 1024 bits, which libraries make no more either.
pub fn of_a_short_key() -> Issued {
    made_once(
        include_str!("weak/rsa_1024_authority.pem"),
        include_str!("weak/rsa_1024.pem"),
        include_str!("weak/key.pem"),
    )
}

/// One that is signed with SHA-1.
pub fn signed_with_sha_1() -> Issued {
    made_once(
        include_str!("weak/sha_1_authority.pem"),
        include_str!("weak/sha_1.pem"),
        include_str!("weak/key.pem"),
    )
}

fn made_once(ca_pem: &str, certificate_pem: &str, key_pem: &str) -> Issued {
    let chain = vec![CertificateDer::from_pem_slice(certificate_pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).unwrap();
    let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        // What takes a chain and a key looks into the certificate, and refuses it.
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(
            chain, key,
        ))));
    Issued {
        ca_pem: ca_pem.to_owned(),
        certificate_pem: certificate_pem.to_owned(),
        key_pem: key_pem.to_owned(),
        config: Arc::new(config),
    }
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
