use drawbridge_document::DocumentError;
use drawbridge_entra::IdentityError;

/// A setting that cannot be used. Its text never repeats a value, which could be a secret in the
/// wrong place; it repeats names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable of the environment is not set, or empty.
    #[error("{name} is not set: it is {meaning}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What belongs in it.
        meaning: &'static str,
    },
    /// The document cannot be read.
    #[error("the delivery settings cannot be read{0}")]
    Unreadable(#[from] DocumentError),
    /// A field is wrong.
    #[error("the delivery settings: {field} {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}

impl SettingsError {
    /// An error about one field.
    pub(crate) fn field(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Field {
            field,
            problem: problem.into(),
        }
    }
}

impl From<IdentityError> for SettingsError {
    fn from(error: IdentityError) -> Self {
        Self::field(error.field(), error.to_string())
    }
}
