/// The settings name no identity, or one that is not available here. Never holds any of their values.
///
/// The text says what is wrong with [`field`](Self::field), and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// No identity, or more than one.
    #[error("say what to sign in with: exactly one of them must be given, and not be empty")]
    NotOne,
    /// The secret itself, or a file's content, instead of a name.
    #[error(
        "must be the name of what is kept elsewhere, a name or ARN or on one machine a file or a \
         variable: it holds a secret, a certificate, a key or another file's content itself"
    )]
    NoName {
        /// The field of the settings.
        field: &'static str,
    },
    /// Neither AWS nor a path.
    #[error("must be \"aws\", or the path of a file with a slash in it")]
    UnknownIssuer,
    /// AWS, but the process has no IAM role.
    #[error(
        "\"aws\" works only in the poll and deliver functions, which have an IAM role; on one machine, \
         use a token file"
    )]
    NoRole,
}

impl IdentityError {
    /// The field of the settings that it is about, or all three.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::NoName { field } => field,
            Self::NotOne => "secret, certificate and federation",
            Self::UnknownIssuer | Self::NoRole => "federation",
        }
    }
}
