//! Which Entra tenant a token is for.

use std::fmt;
use std::str::FromStr;

/// A tenant as Entra addresses it: its GUID or one of its verified domain names.
///
/// It becomes part of the token URL, so only letters, digits, `-` and `.` are let through.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TenantId(String);

/// Why a tenant was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TenantError {
    /// Neither a GUID nor a domain name.
    #[error("tenant-id is neither a GUID nor a domain name: copy the Directory (tenant) ID")]
    Malformed,
    /// An alias for "whoever signs in", which an application without a user cannot use.
    #[error("tenant-id `{0}` stands for no single tenant: copy the Directory (tenant) ID")]
    Shared(String),
}

/// Entra's aliases for several tenants at once.
const SHARED: [&str; 3] = ["common", "organizations", "consumers"];

/// Longest domain name (RFC 1035).
const MAX_LEN: usize = 253;

impl TenantId {
    /// The tenant as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TenantId {
    type Err = TenantError;

    fn from_str(text: &str) -> Result<Self, TenantError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let labels_filled = text.split('.').all(|label| !label.is_empty());
        if text.len() > MAX_LEN || !labels_filled || !text.chars().all(allowed) {
            return Err(TenantError::Malformed);
        }
        if SHARED.iter().any(|alias| text.eq_ignore_ascii_case(alias)) {
            return Err(TenantError::Shared(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_and_domains_are_tenants() {
        for text in [
            "9f4ebc3e-4a0b-4f6e-9f0c-6a0f0a1d2b3c",
            "contoso.onmicrosoft.com",
            "contoso",
        ] {
            assert_eq!(text.parse::<TenantId>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn nothing_that_could_change_the_path_is_a_tenant() {
        let long = "a".repeat(254);
        for text in [
            "", ".", "..", "a..b", "a/b", "a?b", "a%2fb", "a b", "ä", "a#", &long,
        ] {
            assert_eq!(
                text.parse::<TenantId>(),
                Err(TenantError::Malformed),
                "{text}"
            );
        }
    }

    #[test]
    fn aliases_of_many_tenants_are_refused() {
        assert!(matches!(
            "Common".parse::<TenantId>(),
            Err(TenantError::Shared(_))
        ));
    }
}
