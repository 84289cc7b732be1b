/// A setting that cannot be used. Its text never repeats a value, which could be a secret in the
/// wrong place; it repeats names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable of the environment is not set, or empty.
    #[error("{name} is not set: it is {meaning}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What belongs in it.
        meaning: &'static str,
    },
    /// The tenant list does not parse.
    #[error("the tenants in {name} cannot be read at {path}: {reason}")]
    Unreadable {
        /// The variable.
        name: &'static str,
        /// Where in the document.
        path: String,
        /// What is wrong there.
        reason: String,
    },
    /// A field of a tenant is out of its bounds.
    #[error("tenant {tenant:?}: {field} {problem}")]
    Field {
        /// The tenant's name.
        tenant: String,
        /// The field.
        field: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}
