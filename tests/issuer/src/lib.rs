//! Identities of the tests' own, on loopback: an OIDC issuer with discovery document and JWKS, a
//! stand-in of AWS STS that has it sign, certificates, and the keys of Entra's directories.
//!
//! Every key is made anew by the test that needs it, with the same library that checks it.

mod certificate;
mod entra;
mod issued;
mod issuer;
mod key;
mod sts;

pub use certificate::{CertificateOptions, TestCertificate};
pub use entra::{Entra, first_key, second_key};
pub use issued::{StsAnswer, StsRequest};
pub use issuer::Issuer;
pub use key::{Error, SigningKey};
