//! What the settings of all targets share: how fields are read and checked, and their errors.
//!
//! Nothing here knows a target.

mod address;
mod authority;
mod error;

pub(crate) use address::{check_base, check_ca, check_url};
pub(crate) use authority::authority;
pub use error::SettingsError;

use drawbridge_secrets::{check_bare, secret_itself};

/// Checks the name of a secret, which must be neither empty nor the secret itself.
pub(crate) fn check_secret_name(name: &str) -> Result<(), SettingsError> {
    if name.trim().is_empty() {
        return Err(SettingsError::field(
            "secret",
            "is empty: it names the secret, by name or ARN",
        ));
    }
    if check_bare(name).is_err() || secret_itself(name).is_some() {
        return Err(SettingsError::field(
            "secret",
            "must be the name of a secret, or its ARN: it holds a secret, a key or a file's content \
             itself",
        ));
    }
    Ok(())
}

/// The default of fields by which a target tells where a record comes from.
pub(crate) fn drawbridge() -> String {
    "drawbridge".to_owned()
}

/// A number as the default of a field.
pub(crate) fn number<const N: u64>() -> u64 {
    N
}
