//! RSA keys.

use jsonwebtoken::EncodingKey;
use pkcs8::PrivateKeyInfoRef;
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};

/// What went wrong, in words.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Makes an RSA key of 2048 bits.
pub(crate) fn rsa() -> Result<KeyPair, Error> {
    Ok(KeyPair::generate_rsa_for(
        &PKCS_RSA_SHA256,
        RsaKeySize::_2048,
    )?)
}

/// The key as the JWT library takes it: PKCS #1.
pub(crate) fn encoding(key: &KeyPair) -> Result<EncodingKey, Error> {
    let der = key.serialize_der();
    let info = PrivateKeyInfoRef::try_from(der.as_slice()).map_err(|error| error.to_string())?;
    Ok(EncodingKey::from_rsa_der(info.private_key.as_bytes()))
}
