//! AWS's errors as [`StoreError`]s.

use drawbridge_aws::{Fault, Kind};

use crate::StoreError;

/// Says what `fault` means for the object at `place`, when `action` (an IAM action) was tried.
pub(crate) fn store_error(place: String, fault: Fault, action: &str) -> StoreError {
    let fix = match (fault.kind, fault.code.as_str()) {
        (Kind::Denied, _) => fault.denied(&format!(
            "allow {action} on it to the role (with s3:ListBucket on the bucket, without which a missing object looks forbidden, and with its KMS key if it has one)"
        )),
        (_, "NoSuchBucket") => "check the bucket's name, or create the bucket".to_owned(),
        (
            _,
            "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
        ) => "the bucket is in another region: set AWS_REGION to it".to_owned(),
        _ => fault.fix().to_owned(),
    };
    let code = fault.code;
    match fault.kind {
        Kind::Conflict => StoreError::Conflict { place },
        Kind::Unavailable => StoreError::Unavailable { place, code },
        Kind::Denied | Kind::Credentials => StoreError::Denied { place, code, fix },
        Kind::Missing => StoreError::Missing { place, code, fix },
        Kind::Other => StoreError::Failed { place, code, fix },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, kind: Kind) -> String {
        store_error(
            "s3://b/k".to_owned(),
            Fault::new(code, kind),
            "s3:PutObject",
        )
        .to_string()
    }

    #[test]
    fn each_error_names_the_object_the_code_and_what_to_do() {
        for (code, kind, hint) in [
            ("AccessDenied", Kind::Denied, "s3:PutObject"),
            ("ExpiredToken", Kind::Credentials, "sign in again"),
            ("NoSuchBucket", Kind::Missing, "create the bucket"),
            ("PermanentRedirect", Kind::Other, "AWS_REGION"),
            ("SlowDown", Kind::Unavailable, "trying again"),
        ] {
            let text = told(code, kind);
            for part in ["s3://b/k", code, hint] {
                assert!(text.contains(part), "{part} is not in: {text}");
            }
        }
    }
}
