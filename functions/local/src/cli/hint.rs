/// That a value cannot be used, and what one looks like. It says nothing of the value, which may be a secret.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Hint(pub(super) &'static str);
