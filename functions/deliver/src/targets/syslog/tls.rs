use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::fields::SettingsError;

/// TLS 1.2 or 1.3, the server always verified: by the certificate authorities in `ca` (PEM), or
/// by the system's.
pub(super) fn config(ca: Option<&[u8]>) -> Result<Arc<ClientConfig>, SettingsError> {
    let wrong = |problem| SettingsError::field("ca", problem);
    let mut roots = RootCertStore::empty();
    match ca {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate =
                    certificate.map_err(|_| wrong("is not PEM: it is a certificate file"))?;
                roots
                    .add(certificate)
                    .map_err(|_| wrong("holds a certificate that cannot be read"))?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
        }
    }
    if roots.is_empty() {
        return Err(wrong(match ca {
            Some(_) => "holds no certificate: it is PEM text, or the path of a file with it",
            None => "is missing, and the system has no certificate authorities of its own",
        }));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| wrong("cannot be used: no version of TLS is left"))?;
    Ok(Arc::new(
        config.with_root_certificates(roots).with_no_client_auth(),
    ))
}
