use crate::damaged_jwt::DamagedJwt;

/// Bytes of the longest bare secret. Client secrets have 40, tokens of SIEMs a few dozen; an RSA key
/// without its PEM lines has more than a thousand. Shorter keys are told by what they are made of.
pub const MAX_BARE_SECRET_BYTES: usize = 1024;

/// Characters from which on a text is no token, unless it is a JWT. Tokens have a few dozen.
pub(crate) const TOO_LONG_FOR_A_TOKEN: usize = 100;

/// What a text is, or stands for in base64 or hexadecimal, that was stored, or given, in the place of a
/// password, a token or a key to sign with. Its words never hold any part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBare {
    /// A certificate, a key, or both.
    #[error("PEM text, that is a certificate or a private key")]
    Pem,
    /// The same without the lines around it; what marks it is in `key_marks`.
    #[error("an encoded certificate, key or key store (DER, PKCS#12, OpenSSH, OpenPGP or age)")]
    Der,
    /// A line of a settings file.
    #[error("a line of a file with a name in front of the value (give the value alone)")]
    Assignment,
    /// A line of a list or a table.
    #[error("a line of a file with more than the secret in it (give the value alone)")]
    Fields,
    /// An object, a list or a string in quotation marks.
    #[error("a JSON document")]
    Json,
    /// What was cut out of such a document, of XML, or of PEM text.
    #[error(
        "a part of a document or of a key, by its quotation marks, brackets or dashes, or a secret that \
         looks like one (a new one does not)"
    )]
    Piece,
    /// One element or more.
    #[error("an XML document")]
    Xml,
    /// Line breaks, tabs, or other control characters; line breaks alone where a text is encoded.
    #[error("a text of several lines, such as a whole file")]
    Lines,
    /// Longer than [`MAX_BARE_SECRET_BYTES`].
    #[error("longer than {MAX_BARE_SECRET_BYTES} bytes, such as a whole file")]
    Long,
    /// Blanks, where there are none in what is expected.
    #[error("a text with blanks inside, such as a part of a key or of a file")]
    Blanks,
    /// Longer than what is expected.
    #[error(
        "a text of too many characters, such as a part of a key in base64 or hexadecimal (a client secret \
         has at most 64, a token less than {TOO_LONG_FOR_A_TOKEN})"
    )]
    Encoded,
    /// A path, a variable's name or an address.
    #[error("the name of a place, such as a file, a variable or an ARN")]
    Location,
    /// A variable or words that stand for a value.
    #[error(
        "a placeholder or a variable's name, for which nobody has put the value (put the value itself there)"
    )]
    Placeholder,
    /// What Entra makes as a client secret, where the name of one is expected.
    #[error("a client secret of Entra")]
    ClientSecret,
    /// What Drawbridge makes as a secret of its own token endpoint, where the name of one is expected.
    #[error("a secret of Drawbridge's own token endpoint")]
    OwnSecret,
    /// A token, where the name of one is expected.
    #[error("a token (JWT)")]
    Token,
    /// A token that was cut off, changed or put together.
    #[error("a token (JWT) that is not whole ({0}: copy it anew)")]
    Damaged(DamagedJwt),
    /// A token in which something lies that is no part of one.
    #[error(
        "a token (JWT) with a member that is called a secret, a password or a key, or with a private key"
    )]
    SecretInToken,
    /// Something else, where a token is expected that is signed.
    #[error("no signed token (JWT) of three parts in base64")]
    NoJwt,
    /// Other characters than those of a token.
    #[error(
        "a text with a quotation mark, a backslash or a letter that is not ASCII, as no token and no new \
         client secret has"
    )]
    Foreign,
}
