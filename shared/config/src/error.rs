use drawbridge_store::StoreError;

/// What to do about a file among the documents that is no tenant's by its name.
pub const RENAME_DOCUMENT: &str = "rename it to NAME.toml or NAME.json in tenants/ or tenants/paused/, \
                                   where NAME is 1 to 64 of a-z, 0-9 and -, or remove it";

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
    /// A variable of the environment is set to what cannot be used.
    #[error("{name} {problem}")]
    Setting {
        /// The variable, or those that go together.
        name: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A document does not parse.
    #[error("{place} cannot be read{}: {reason}", at(.path))]
    Unreadable {
        /// The variable, or the object's key.
        place: String,
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
    /// A tenant names a place that the administrator's variables do not list.
    #[error("tenant {tenant:?}: {field} {problem}")]
    NotAllowed {
        /// The tenant's name.
        tenant: String,
        /// The field.
        field: &'static str,
        /// What it may name, and where others are listed.
        problem: String,
    },
    /// An output cannot be used.
    #[error("output {output:?}: {problem}")]
    Output {
        /// Its name.
        output: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// Files among the documents are no tenant's by their names.
    #[error(
        "{places}: ignored, since its name cannot be that of a tenant's document: {RENAME_DOCUMENT}"
    )]
    Misnamed {
        /// Their keys, or the first of them.
        places: String,
    },
    /// The documents could not be reached.
    #[error("the tenant documents could not be read: {0}")]
    Store(#[from] StoreError),
}

/// Where in a document, unless all of it is wrong.
fn at(path: &str) -> String {
    match path {
        "." => String::new(),
        path => format!(" at {path}"),
    }
}

impl ConfigError {
    /// Whether the same may succeed a little later with nothing else changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_retryable())
    }

    /// The same about a place that the administrator's variables could list.
    pub(crate) fn of_variables(self) -> Self {
        match self {
            Self::Field {
                tenant,
                field,
                problem,
            } => Self::NotAllowed {
                tenant,
                field,
                problem,
            },
            other => other,
        }
    }

    /// Whether a process whose environment lists more may take the same document.
    #[must_use]
    pub fn depends_on_variables(&self) -> bool {
        matches!(self, Self::NotAllowed { .. })
    }
}
