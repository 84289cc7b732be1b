use drawbridge_secrets::{check_bare, secret_itself};

use crate::identity_error::IdentityError;

/// What an application signs in with, and where that lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity<'a> {
    /// A client secret, by name.
    Secret(&'a str),
    /// A certificate with its key, by name.
    Certificate(&'a str),
    /// A token that AWS signs for the role.
    FederationAws,
    /// A token in a file.
    FederationFile(&'a str),
}

impl<'a> Identity<'a> {
    /// The one that settings name in their fields `secret`, `certificate` and `federation`.
    ///
    /// # Errors
    /// [`IdentityError`] unless exactly one is given, it is a name and not a file's content, and a
    /// federation is `aws` or a path with a slash in it.
    pub fn of(
        secret: Option<&'a str>,
        certificate: Option<&'a str>,
        federation: Option<&'a str>,
    ) -> Result<Self, IdentityError> {
        let given = [secret, certificate, federation];
        for (field, value) in ["secret", "certificate", "federation"].iter().zip(given) {
            let is_no_name =
                |name: &str| check_bare(name).is_err() || secret_itself(name).is_some();
            if value.is_some_and(is_no_name) {
                return Err(IdentityError::NoName { field });
            }
        }
        match given.map(|value| value.filter(|value| !value.trim().is_empty())) {
            [Some(secret), None, None] => Ok(Self::Secret(secret)),
            [None, Some(certificate), None] => Ok(Self::Certificate(certificate)),
            [None, None, Some("aws")] => Ok(Self::FederationAws),
            [None, None, Some(file)] if file.contains('/') => Ok(Self::FederationFile(file)),
            [None, None, Some(_)] => Err(IdentityError::UnknownIssuer),
            _ => Err(IdentityError::NotOne),
        }
    }

    /// The word for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Secret(_) => "secret",
            Self::Certificate(_) => "certificate",
            Self::FederationAws | Self::FederationFile(_) => "federation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_no_name_of_one() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
        for (at, field) in ["secret", "certificate", "federation"].iter().enumerate() {
            for text in [pem, r#"{"client_secret":"x"}"#, "a\nb"] {
                let mut given = [None; 3];
                given[at] = Some(text);
                let [secret, certificate, federation] = given;
                let refused = Identity::of(secret, certificate, federation);
                assert_eq!(refused, Err(IdentityError::NoName { field }));
                assert_eq!(refused.map_err(IdentityError::field), Err(*field));
            }
        }
    }

    #[test]
    fn there_is_exactly_one() {
        let of = |given: [&'static str; 3]| {
            let [secret, certificate, federation] = given.map(Some);
            Identity::of(secret, certificate, federation)
        };
        assert_eq!(of(["s", "", ""]), Ok(Identity::Secret("s")));
        assert_eq!(of(["", "c", ""]), Ok(Identity::Certificate("c")));
        assert_eq!(of(["", "", "aws"]), Ok(Identity::FederationAws));
        assert_eq!(of(["", "", "./t"]), Ok(Identity::FederationFile("./t")));
        assert_eq!(of(["", "", "AWS"]), Err(IdentityError::UnknownIssuer));
        for given in [
            ["", "", ""],
            ["s", "c", ""],
            ["s", "", "aws"],
            ["", "c", "gcp"],
        ] {
            assert_eq!(of(given), Err(IdentityError::NotOne));
        }
        assert_eq!(of(["s", " ", ""]), Ok(Identity::Secret("s")));
        assert_eq!(Identity::of(None, None, None), Err(IdentityError::NotOne));
    }
}
