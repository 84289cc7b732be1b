//! How two values that are the same are written.

use serde::Serialize;

/// How the same is written otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// What is empty is `null` on one side and `""` on the other.
    Nothing,
    /// Capitals and small letters.
    Case,
    /// Spaces and line breaks.
    Spaces,
    /// A number, or true and false, as text on one side.
    AsText,
    /// An instant with another zone, number of digits or notation.
    TimeNotation,
    /// An instant with fewer digits on one side, cut or rounded, so that the rest of it is lost there.
    TimePrecision,
    /// A time that lost its zone: whole quarters of an hour lie between the two.
    TimeZone,
    /// An old time in a notation that is not read here, so that the two were not compared.
    TimeUnread,
    /// A list with another separator or order.
    List,
    /// A path with other separators, or one at its end.
    PathSeparator,
    /// A file's path with its name on one side and the directory alone on the other.
    Path,
    /// An account with its domain on one side.
    Account,
    /// A host with its domain on one side.
    Host,
    /// An IP address with other zeros or letters.
    Address,
    /// An alert's id with the two letters of the product on one side.
    IdPrefix,
}

impl Spelling {
    /// What differs, in words, and what a rule has to do about it.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Nothing => ("null or \"\"", "test for both null and the empty text"),
            Self::Case => ("upper and lower case", "ignore case"),
            Self::Spaces => (
                "spaces and line breaks",
                "take one or more of them for one, and none at either end",
            ),
            Self::AsText => (
                "a number or flag as text",
                "compare the value, not its type",
            ),
            Self::TimeNotation => (
                "the notation of a time",
                "parse it and compare instants, not texts",
            ),
            Self::TimePrecision => (
                "the digits of a time",
                "compare no more of it than both sides have, and allow for rounding",
            ),
            Self::TimeZone => (
                "a time without its zone",
                "read the new one as UTC, and the old one in the zone of the export",
            ),
            Self::TimeUnread => (
                "a time that cannot be read here",
                "it was not compared; export it as 2023-04-01T06:07:08Z",
            ),
            Self::List => (
                "the separator or order of a list",
                "split at `;` and compare the parts",
            ),
            Self::PathSeparator => (
                "the separators of a path",
                "take `/` for `\\`, and leave one at the end out",
            ),
            Self::Path => (
                "a path with or without the file's name",
                "join FilePath and FileName",
            ),
            Self::Account => (
                "an account with or without its domain",
                "compare the name without the domain",
            ),
            Self::Host => (
                "a host with or without its domain",
                "compare what stands before the first dot",
            ),
            Self::Address => (
                "the notation of an IP address",
                "parse it and compare addresses, not texts",
            ),
            Self::IdPrefix => (
                "the two letters before an alert's id",
                "leave two letters at its beginning out, of old and new ids",
            ),
        }
    }
}
