//! RSA keys.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use pkcs8::PrivateKeyInfoRef;
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::Value;

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

/// An RSA key with a name, which signs tokens.
pub struct SigningKey {
    kid: String,
    key: EncodingKey,
    jwk: Value,
    public_pem: String,
}

impl SigningKey {
    /// Makes one that is called `kid`.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new(kid: &str) -> Result<Self, Error> {
        let pair = rsa()?;
        let key = encoding(&pair)?;
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256)?;
        jwk.common.key_id = Some(kid.to_owned());
        Ok(Self {
            kid: kid.to_owned(),
            key,
            jwk: serde_json::to_value(jwk)?,
            public_pem: pair.public_key_pem(),
        })
    }

    /// Its public half, as a member of a JWK set.
    #[must_use]
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// Its public half as PEM.
    #[must_use]
    pub fn public_pem(&self) -> &str {
        &self.public_pem
    }

    /// Signs these claims with RS256, under its own name.
    ///
    /// # Errors
    /// What the library says.
    pub fn sign(&self, claims: &Value) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.kid.clone());
        Ok(jsonwebtoken::encode(&header, claims, &self.key)?)
    }
}
