//! From a fault to an error that says what to do.

use drawbridge_access::AccessError;

use crate::{Fault, Kind};

/// What a call knows of the faults that it meets, beyond what their kinds say.
#[derive(Clone, Copy, Debug)]
pub struct Advice<'a> {
    /// Which permission of the role it takes, such as `allow s3:GetObject on it to the role`.
    pub allow: &'a str,
    /// What to do where the bucket, the queue or the secret is not there.
    pub missing: &'a str,
    /// What to do about single error codes.
    pub codes: &'a [(&'a str, &'a str)],
}

impl Fault {
    /// What it means for `place`. A conflict, which only a store knows, is a failure here.
    #[must_use]
    pub fn at(self, place: impl Into<String>, advice: &Advice<'_>) -> AccessError {
        let place = place.into();
        let by_code = advice.codes.iter().find(|(code, _)| *code == self.code);
        let fix = match (by_code, self.kind) {
            (Some((_, fix)), _) => (*fix).to_owned(),
            (None, Kind::Denied) => self.denied(advice.allow),
            (None, Kind::Missing) => advice.missing.to_owned(),
            (None, _) => self.fix().to_owned(),
        };
        let (code, fix) = (self.code, fix.into());
        match self.kind {
            Kind::Unavailable => AccessError::Unavailable { place, code },
            Kind::Denied | Kind::Credentials => AccessError::Denied { place, code, fix },
            Kind::Missing => AccessError::Missing { place, code, fix },
            Kind::Conflict | Kind::Other => AccessError::Failed { place, code, fix },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_place_the_code_and_what_to_do() {
        let advice = Advice {
            allow: "allow s3:PutObject",
            missing: "create it",
            codes: &[("PermanentRedirect", "set AWS_REGION")],
        };
        for (code, kind, fix, is_retryable) in [
            ("AccessDenied", Kind::Denied, "allow s3:PutObject", false),
            ("ExpiredToken", Kind::Credentials, "sign in again", false),
            ("NoSuchBucket", Kind::Missing, "create it", false),
            ("PermanentRedirect", Kind::Other, "set AWS_REGION", false),
            ("InvalidRequest", Kind::Other, "configuration", false),
            ("PreconditionFailed", Kind::Conflict, "try again", false),
            ("SlowDown", Kind::Unavailable, "trying again", true),
        ] {
            let error = Fault::new(code, kind).at("s3://b/k", &advice);
            assert_eq!(error.is_retryable(), is_retryable, "{code}");
            let text = error.to_string();
            for part in ["s3://b/k", code, fix] {
                assert!(text.contains(part), "{part} is not in: {text}");
            }
        }
    }
}
