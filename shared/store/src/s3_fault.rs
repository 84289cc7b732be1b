//! AWS's errors as [`StoreError`]s.

use drawbridge_aws::{Advice, Fault, Kind};

use crate::StoreError;

const OTHER_REGION: &str = "the bucket is in another region: set AWS_REGION to it";

/// Says what `fault` means for the object at `place`, when `action` (an IAM action) was tried.
pub(crate) fn store_error(place: String, fault: Fault, action: &str) -> StoreError {
    if fault.kind == Kind::Conflict {
        return StoreError::Conflict { place };
    }
    let allow = format!(
        "allow {action} on it to the role (with s3:ListBucket on the bucket, without which a missing object looks forbidden, and with its KMS key if it has one)"
    );
    let advice = Advice {
        allow: &allow,
        missing: "check the bucket's name, or create the bucket",
        codes: &[
            ("PermanentRedirect", OTHER_REGION),
            ("AuthorizationHeaderMalformed", OTHER_REGION),
            ("IllegalLocationConstraintException", OTHER_REGION),
        ],
    };
    fault.at(place, &advice).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_names_the_object_and_what_to_do() {
        for (code, kind, hint) in [
            ("AccessDenied", Kind::Denied, "s3:PutObject"),
            ("NoSuchBucket", Kind::Missing, "create the bucket"),
            ("PermanentRedirect", Kind::Other, "AWS_REGION"),
            ("PreconditionFailed", Kind::Conflict, "somebody else"),
        ] {
            let fault = Fault::new(code, kind);
            let text = store_error("s3://b/k".to_owned(), fault, "s3:PutObject").to_string();
            assert!(text.contains("s3://b/k") && text.contains(hint), "{text}");
        }
    }
}
