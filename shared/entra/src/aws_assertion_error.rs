//! What STS may answer instead of a token, and what to do about it.

use drawbridge_access::AccessError;
use drawbridge_aws::{Fault, Kind};

/// Why AWS STS gave no token. Never holds a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwsAssertionError {
    /// `OutboundWebIdentityFederationDisabledException`.
    #[error(
        "outbound identity federation is not enabled in this AWS account: run aws iam \
         enable-outbound-web-identity-federation once, and use the IssuerIdentifier that it prints \
         as the issuer of the federated credential"
    )]
    Disabled,
    /// The role may not do this.
    #[error("the AWS role may not ask for the token ({code}): {fix}")]
    Denied {
        /// The AWS error code.
        code: String,
        /// What to do.
        fix: String,
    },
    /// No region, or the endpoint without one.
    #[error(
        "the token is served by regional STS endpoints only: set AWS_REGION to the stack's region, \
         and unset AWS_ENDPOINT_URL_STS or have it name a regional endpoint"
    )]
    NoRegion,
    /// This endpoint does not know the call.
    #[error(
        "this STS endpoint does not know GetWebIdentityToken ({code}): use a regional endpoint \
         (AWS_REGION, AWS_ENDPOINT_URL_STS) of a region that offers it"
    )]
    UnknownCall {
        /// The AWS error code.
        code: String,
    },
    /// `SessionDurationEscalationException`.
    #[error(
        "the token would outlive the role's own session: let the session live for 5 minutes more, \
         or use the role directly in the place of a chain of roles"
    )]
    SessionEnds,
    /// `JWTPayloadSizeExceededException`.
    #[error("the token would be too large: the role has too many or too long tags, remove some")]
    TooManyTags,
    /// AWS STS is not available at the moment.
    #[error(transparent)]
    Unavailable(AccessError),
    /// An answer without a token.
    #[error("AWS STS answered without a token: check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS")]
    NoToken,
    /// Anything else.
    #[error("AWS STS gave no token ({code}): {fix}")]
    Failed {
        /// The AWS error code.
        code: String,
        /// What to do.
        fix: &'static str,
    },
}

impl AwsAssertionError {
    pub(crate) fn of(fault: Fault, audience: &str) -> Self {
        let fix = fault.fix();
        let denied = fault.denied(&format!(
            "allow sts:GetWebIdentityToken on resource * with the conditions \
             ForAllValues:StringEquals sts:IdentityTokenAudience {audience} and StringEquals \
             sts:SigningAlgorithm RS256"
        ));
        let Fault { code, kind, .. } = fault;
        match (code.as_str(), kind) {
            // The SDK's model and the API's documentation write both forms.
            (
                "OutboundWebIdentityFederationDisabledException"
                | "OutboundWebIdentityFederationDisabled",
                _,
            ) => Self::Disabled,
            ("SessionDurationEscalationException" | "SessionDurationEscalation", _) => {
                Self::SessionEnds
            }
            ("JWTPayloadSizeExceededException" | "JWTPayloadSizeExceeded", _) => Self::TooManyTags,
            ("InvalidAction" | "UnknownOperationException" | "RegionDisabledException", _) => {
                Self::UnknownCall { code }
            }
            (_, Kind::Denied) => Self::Denied { code, fix: denied },
            (_, Kind::Unavailable) => Self::Unavailable(AccessError::unavailable("AWS STS", code)),
            _ => Self::Failed { code, fix },
        }
    }

    /// Whether the same call may succeed a little later with nothing else changed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
