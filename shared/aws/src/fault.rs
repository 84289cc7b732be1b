//! From an SDK error to a short code and what it means.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::denied::{Blame, NOT_AWS, blame};

/// What a failed call comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The AWS error code, or a few words if the call never got an answer. Never the message,
    /// which may quote what was sent.
    pub code: String,
    /// What the code means.
    pub kind: Kind,
    /// Of a call that was denied: what AWS says stands in the way.
    pub(crate) blame: Option<Blame>,
}

/// What to do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A passing trouble: trying again later may work.
    Unavailable,
    /// Signed in, but not allowed to do this.
    Denied,
    /// Not signed in: credentials are missing, wrong or have expired.
    Credentials,
    /// The bucket, queue or secret is not there.
    Missing,
    /// A conditional write was refused.
    Conflict,
    /// Anything else: trying again will not help.
    Other,
}

/// The error codes that say more than their HTTP status. Sources: the error lists of S3, SQS and
/// Secrets Manager, the common errors of the query and JSON APIs, and the SDK's retry classifier.
const CODES: &[(Kind, &[&str])] = &[
    (
        Kind::Unavailable,
        &[
            "BandwidthLimitExceeded",
            "InternalError",
            "InternalFailure",
            "InternalServiceError",
            "KMSInternalException",
            "KmsThrottled",
            "OperationAborted",
            "PriorRequestNotComplete",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
        ],
    ),
    (
        Kind::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AllAccessDisabled",
            "DecryptionFailure",
            "KMS.AccessDeniedException",
            "KmsAccessDenied",
        ],
    ),
    (
        Kind::Credentials,
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnrecognizedClientException",
        ],
    ),
    (
        Kind::Missing,
        &[
            "AWS.SimpleQueueService.NonExistentQueue",
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "NoSuchBucket",
            "QueueDeletedRecently",
            "QueueDoesNotExist",
            "ResourceNotFoundException",
        ],
    ),
    (
        Kind::Conflict,
        &["ConditionalRequestConflict", "PreconditionFailed"],
    ),
];

impl Fault {
    /// Reads an SDK error of any operation.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if chain(error).any(<dyn Error + 'static>::is::<CredentialsError>) {
            return Self::new("no AWS credentials", Kind::Credentials);
        }
        match error {
            SdkError::ServiceError(context) => {
                let status = context.raw().status().as_u16();
                let (code, message) = (context.err().code(), context.err().message());
                let mut fault = match code {
                    Some(code) => Self::new(code, kind_of(code, status)),
                    None => Self::new(format!("HTTP {status}"), kind_of("", status)),
                };
                if fault.kind == Kind::Denied {
                    fault.blame = blame(&fault.code, message);
                }
                fault
            }
            SdkError::TimeoutError(_) => Self::new("time-out", Kind::Unavailable),
            SdkError::ResponseError(context) => {
                let status = context.raw().status().as_u16();
                Self::new(
                    format!("unreadable answer, HTTP {status}"),
                    Kind::Unavailable,
                )
            }
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Self::new("time-out", Kind::Unavailable)
            }
            SdkError::DispatchFailure(failure) if failure.is_io() => {
                // The innermost error names the cause, such as a refused connection.
                let cause = chain(error)
                    .last()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                Self::new(format!("no connection: {cause}"), Kind::Unavailable)
            }
            _ => {
                let cause = chain(error)
                    .last()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                Self::new(format!("request not sent: {cause}"), Kind::Other)
            }
        }
    }

    /// A fault that no SDK error stands for.
    pub fn new(code: impl Into<String>, kind: Kind) -> Self {
        let code = code.into();
        Self {
            blame: blame(&code, None),
            code,
            kind,
        }
    }

    /// Whether the answer had nothing but its status.
    pub(crate) fn has_no_code(&self) -> bool {
        self.code.starts_with("HTTP ")
    }

    /// What to do about a call that was denied; `allow` says which permission of the role it takes.
    #[must_use]
    pub fn denied(&self, allow: &str) -> String {
        match self.blame {
            Some(Blame::Role) => allow.to_owned(),
            Some(Blame::Other(advice)) => advice.to_owned(),
            None if self.has_no_code() => format!("{allow}; {NOT_AWS}"),
            None => format!(
                "{allow}; if the role has that, the policy of the resource itself, of its KMS key, \
                 of the organization or of a VPC endpoint stands in the way"
            ),
        }
    }

    /// What to do when nothing more is known than the kind.
    pub fn fix(&self) -> &'static str {
        match self.kind {
            Kind::Credentials | Kind::Other if self.has_no_code() => {
                "it may not be AWS that answered: check any proxy on the way (NO_PROXY), AWS_ENDPOINT_URL and AWS_REGION, then the credentials"
            }
            Kind::Credentials => {
                "the AWS credentials are missing, wrong or have expired: sign in again, or check the function's role and the clock"
            }
            Kind::Other if is_about_a_key(&self.code) => {
                "its KMS key is disabled, about to be deleted, gone or of the wrong kind: check the key's state"
            }
            Kind::Denied => "give the role the permission it lacks",
            Kind::Missing => "check the name, the account and the region",
            Kind::Unavailable | Kind::Conflict => "try again",
            Kind::Other => "check the configuration, above all AWS_REGION and AWS_ENDPOINT_URL",
        }
    }
}

impl Kind {
    /// What an error code means by itself, if it is one that is known here.
    pub fn of_code(code: &str) -> Option<Self> {
        CODES
            .iter()
            .find(|(_, codes)| codes.contains(&code))
            .map(|(kind, _)| *kind)
    }
}

/// Codes by which S3 and SQS pass on what is wrong with a key, such as `KMS.DisabledException`,
/// `KmsInvalidState` and `KmsNotFound`.
fn is_about_a_key(code: &str) -> bool {
    code.starts_with("KMS.") || code.starts_with("Kms")
}

fn kind_of(code: &str, status: u16) -> Kind {
    match (Kind::of_code(code), status) {
        (Some(kind), _) => kind,
        (None, 429 | 500..) => Kind::Unavailable,
        (None, 401) => Kind::Credentials,
        (None, 403) => Kind::Denied,
        (None, 409 | 412) => Kind::Conflict,
        (None, _) => Kind::Other,
    }
}

type Cause<'a> = &'a (dyn Error + 'static);

/// An error and what caused it, the innermost last.
fn chain(error: Cause<'_>) -> impl Iterator<Item = Cause<'_>> {
    std::iter::successors(Some(error), |error| (*error).source())
}

#[cfg(test)]
#[path = "fault_tests.rs"]
mod tests;
