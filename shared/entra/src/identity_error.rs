/// Settings that name no identity, or one that there is not here. Never holds a value of theirs.
///
/// Its text is what is wrong with [`field`](Self::field), and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// None, or more than one.
    #[error("say what to sign in with: exactly one of them must be given, and not be empty")]
    NotOne,
    /// The secret itself, or a file's content, in the place of a name.
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
    /// AWS, where nothing runs as a role.
    #[error(
        "\"aws\" needs a role of AWS to ask about, which there is in the poll and deliver functions \
         only: on one machine, give a token file"
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
