use std::fmt;
use std::io;

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

#[derive(Debug)]
struct ServiceFault(ErrorMetadata);

impl fmt::Display for ServiceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("service error")
    }
}

impl Error for ServiceFault {}

impl ProvideErrorMetadata for ServiceFault {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

type TestError = SdkError<ServiceFault, HttpResponse>;

fn response(status: u16) -> HttpResponse {
    HttpResponse::new(
        StatusCode::try_from(status).unwrap(),
        SdkBody::from("sensitive"),
    )
}

fn answer(code: Option<&str>, status: u16) -> Fault {
    let mut meta = ErrorMetadata::builder().message("sensitive");
    if let Some(code) = code {
        meta = meta.code(code);
    }
    Fault::of(&TestError::service_error(
        ServiceFault(meta.build()),
        response(status),
    ))
}

#[test]
fn codes_win_over_the_status_and_the_status_over_nothing() {
    for (code, status, kind) in [
        (Some("SlowDown"), 503, Kind::Unavailable),
        (Some("ThrottlingException"), 400, Kind::Unavailable),
        (Some("AccessDenied"), 403, Kind::Denied),
        (Some("ExpiredToken"), 400, Kind::Credentials),
        (Some("UnrecognizedClientException"), 403, Kind::Credentials),
        (Some("NoSuchBucket"), 404, Kind::Missing),
        (Some("QueueDoesNotExist"), 400, Kind::Missing),
        (Some("PreconditionFailed"), 412, Kind::Conflict),
        (Some("ConditionalRequestConflict"), 409, Kind::Conflict),
        (Some("OperationAborted"), 409, Kind::Unavailable),
        (Some("NeverHeardOf"), 500, Kind::Unavailable),
        (Some("NeverHeardOf"), 403, Kind::Denied),
        (Some("NeverHeardOf"), 400, Kind::Other),
        (None, 429, Kind::Unavailable),
        (None, 404, Kind::Other),
    ] {
        let fault = answer(code, status);
        assert_eq!(fault.kind, kind, "{code:?} {status}");
        assert_eq!(
            fault.code,
            code.map_or(format!("HTTP {status}"), str::to_owned)
        );
    }
}

#[test]
fn no_code_is_listed_twice() {
    let mut codes: Vec<_> = CODES.iter().flat_map(|(_, codes)| codes.iter()).collect();
    let all = codes.len();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), all);
}

#[test]
fn calls_without_an_answer_are_told_apart() {
    let timeout = Fault::of(&TestError::timeout_error("late"));
    assert_eq!(timeout, Fault::new("time-out", Kind::Unavailable));

    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "refused");
    let refused = Fault::of(&TestError::dispatch_failure(ConnectorError::io(
        refused.into(),
    )));
    assert_eq!(
        refused,
        Fault::new("no connection: refused", Kind::Unavailable)
    );

    let garbled = Fault::of(&TestError::response_error("sensitive", response(200)));
    assert_eq!(
        garbled,
        Fault::new("unreadable answer, HTTP 200", Kind::Unavailable)
    );

    let unsent = Fault::of(&TestError::construction_failure("no region"));
    assert_eq!(
        unsent,
        Fault::new("request not sent: no region", Kind::Other)
    );
}

#[test]
fn missing_credentials_are_recognised_wherever_they_are_found_missing() {
    let missing = || CredentialsError::not_loaded("none of the providers has any");
    for error in [
        TestError::construction_failure(missing()),
        TestError::dispatch_failure(ConnectorError::other(missing().into(), None)),
    ] {
        let fault = Fault::of(&error);
        assert_eq!(fault.kind, Kind::Credentials);
        assert!(fault.fix().contains("sign in"));
    }
}

/// Whoever stands in the way is named; the permission only where it may be the matter.
#[test]
fn a_denial_names_what_stands_in_the_way() {
    const ALLOW: &str = "allow s3:GetObject";
    let user = "User: sensitive is not authorized to perform: s3:GetObject on resource: sensitive";
    for (code, message, words, names_permission) in [
        (
            "AccessDenied",
            format!("{user} because no identity-based policy allows the s3:GetObject action"),
            "allow s3:GetObject",
            true,
        ),
        (
            "AccessDenied",
            format!("{user} with an explicit deny in a service control policy"),
            "organization",
            false,
        ),
        (
            "AccessDenied",
            format!("{user} because no VPC endpoint policy allows the s3:GetObject action"),
            "VPC endpoint",
            false,
        ),
        (
            "AccessDenied",
            format!("{user} with an explicit deny in a resource-based policy"),
            "resource itself",
            false,
        ),
        (
            "AccessDeniedException",
            format!("{user} because no permissions boundary allows the action"),
            "boundary",
            false,
        ),
        (
            "AccessDeniedException",
            "Access to KMS is not allowed".to_owned(),
            "kms:Decrypt",
            false,
        ),
        (
            "AccessDeniedException",
            "Access to KMS is not allowed".to_owned(),
            "the key is enabled",
            false,
        ),
        (
            "KmsAccessDenied",
            "sensitive".to_owned(),
            "kms:Decrypt",
            false,
        ),
        (
            "AllAccessDisabled",
            "sensitive".to_owned(),
            "support",
            false,
        ),
        (
            "AccessDenied",
            "Access Denied".to_owned(),
            "if the role has that",
            true,
        ),
    ] {
        let meta = ErrorMetadata::builder().code(code).message(message).build();
        let error = TestError::service_error(ServiceFault(meta), response(403));
        let fault = Fault::of(&error);
        assert_eq!(fault.kind, Kind::Denied, "{code}");
        let text = fault.denied(ALLOW);
        assert!(text.contains(words), "{words:?} is not in: {text}");
        assert_eq!(text.contains(ALLOW), names_permission, "{text}");
        assert!(!format!("{text} {fault:?}").contains("sensitive"), "{text}");
    }
}

/// A proxy that refuses answers with the statuses of AWS, and without its codes.
#[test]
fn what_has_no_code_of_awss_may_be_a_proxys() {
    const ALLOW: &str = "allow s3:GetObject";
    let denied = answer(None, 403).denied(ALLOW);
    assert!(denied.contains(ALLOW), "{denied}");
    for text in [&*denied, answer(None, 401).fix(), answer(None, 404).fix()] {
        assert!(text.contains("any proxy on the way"), "{text}");
    }
    for (code, status) in [("AccessDenied", 403), ("ExpiredToken", 401)] {
        let fault = answer(Some(code), status);
        let text = format!("{} {}", fault.denied(ALLOW), fault.fix());
        assert!(!text.contains("proxy"), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_key_is_not_blamed_on_the_region() {
    for code in ["KMS.DisabledException", "KmsInvalidState", "KmsNotFound"] {
        let fix = answer(Some(code), 400).fix();
        assert!(fix.contains("KMS key"), "{code}: {fix}");
    }
}
