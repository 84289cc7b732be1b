/// Where and how a document is wrong: the end of a sentence that begins with "… cannot be read".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", self.place())]
pub struct DocumentError {
    /// Where in the document; a full stop is all of it.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

impl DocumentError {
    /// What stands between "cannot be read" and the reason: ` at secret.name`, and nothing where all of it
    /// is wrong.
    #[must_use]
    pub fn place(&self) -> String {
        match self.path.as_str() {
            "." => String::new(),
            path => format!(" at {path}"),
        }
    }

    /// An error about the document as a whole.
    #[must_use]
    pub fn of_all(reason: impl Into<String>) -> Self {
        Self {
            path: ".".to_owned(),
            reason: reason.into(),
        }
    }
}

/// The most characters of a name, or of what serde says about names, that an error repeats.
const MAX_CHARS: usize = 700;

/// Names as they may stand in a log: printable ASCII, and not too much of it.
#[must_use]
pub(crate) fn printable(text: &str) -> String {
    let plain = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    text.chars().take(MAX_CHARS).map(plain).collect()
}
