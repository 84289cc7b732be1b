//! What to do about a sign-in that failed, apart from what happened.

use drawbridge_http::ask_again;

use crate::error::{CONNECTION, SignInError};

impl SignInError {
    /// What to do about it, without what happened, which its text says first.
    pub fn advice(&self) -> String {
        match self {
            Self::Throttled { retry_after, .. } => ask_again(*retry_after),
            Self::Server { .. } => "ask again later".to_owned(),
            Self::Network { .. } | Self::OutOfTime { .. } => CONNECTION.to_owned(),
            Self::Tenant(error) => behind_colon(&error.to_string()),
            Self::Refused { explanation, .. } => behind_colon(explanation),
            Self::Certificate(error) => behind_colon(&error.to_string()),
            Self::Credential { reason } => behind_colon_or(
                reason,
                "put the secret or certificate where the tenant's document names it",
            ),
            Self::Assertion { reason, .. } => behind_colon_or(
                reason,
                "have the file or role that the document names give an assertion",
            ),
            Self::NotEntra { problem, .. } => (*problem).to_owned(),
        }
    }
}

/// These texts say what happened, and behind the first colon what to do.
fn behind_colon(text: &str) -> String {
    let (_, advice) = text.split_once(": ").unwrap_or(("", text));
    advice.to_owned()
}

/// What such a text says to do, or this if it only says what happened.
fn behind_colon_or(text: &str, advice: &str) -> String {
    match text.contains(": ") {
        true => behind_colon(text),
        false => advice.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate_error::CertificateError;
    use crate::tenant::TenantError;

    #[test]
    fn what_to_do_is_told_without_what_happened() {
        let certificate = |error: CertificateError| SignInError::Certificate(error);
        for (error, advice) in [
            (
                SignInError::Tenant(TenantError::Malformed),
                "copy the Directory",
            ),
            (certificate(CertificateError::NotPem), "store the file with"),
            (
                certificate(CertificateError::NoKey),
                "store the certificate",
            ),
            (
                SignInError::Credential {
                    reason: "the variable S is not set".to_owned(),
                },
                "put the secret",
            ),
            (
                SignInError::Credential {
                    reason: "the variable S does not exist: set it before starting".to_owned(),
                },
                "set it before",
            ),
            (SignInError::OutOfTime { host: None }, "check the network"),
        ] {
            let told = error.advice();
            assert!(told.starts_with(advice), "{told}");
        }
    }
}
