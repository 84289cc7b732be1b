//! Which Entra tenant a token is for.

use std::fmt;
use std::str::FromStr;

/// A tenant as Entra addresses it: its GUID or one of its verified domain names.
///
/// It becomes part of the token URL, so that nothing else is let through.
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
        if SHARED.iter().any(|alias| text.eq_ignore_ascii_case(alias)) {
            return Err(TenantError::Shared(text.to_owned()));
        }
        if is_guid(text) || is_domain(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(TenantError::Malformed)
    }
}

/// Whether a text is a GUID as Entra shows it: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    let is_hex = |part: &str| part.chars().all(|c| c.is_ascii_hexdigit());
    let parts = || text.split('-');
    parts().map(str::len).eq([8, 4, 4, 4, 12]) && parts().all(is_hex)
}

/// Whether a text is a domain name of at least two labels.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (1..=63).contains(&label.len()) && label.chars().all(is_plain)
    };
    text.len() <= MAX_LEN && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_and_domains_are_tenants() {
        for text in [
            "9f4ebc3e-4a0b-4f6e-9f0c-6a0f0a1d2b3c",
            "contoso.onmicrosoft.com",
            "CONTOSO.example",
        ] {
            assert_eq!(text.parse::<TenantId>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn nothing_that_could_change_the_path_is_a_tenant() {
        let (long, label) = ("a.".repeat(126) + "ab", "a".repeat(64) + ".example");
        for text in [
            "",
            ".",
            "..",
            "a..b",
            "a.b/c",
            "a.b?c",
            "a.%2fb",
            "a. b",
            "ä.example",
            "a.b#",
            "a.b.",
            &long,
            &label,
        ] {
            assert_eq!(
                text.parse::<TenantId>(),
                Err(TenantError::Malformed),
                "{text}"
            );
        }
    }

    #[test]
    fn a_word_is_neither_a_guid_nor_a_domain() {
        for text in [
            "contoso",
            "9f4ebc3e4a0b4f6e9f0c6a0f0a1d2b3c",
            "9f4ebc3e-4a0b-4f6e-9f0c-6a0f0a1d2b3",
            "9f4ebc3e-4a0b-4f6e-9f0c-6a0f0a1d2b3g",
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
