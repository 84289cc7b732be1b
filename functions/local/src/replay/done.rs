/// What was done with an item that was moved away.
pub(super) struct Done {
    pub(super) what: String,
    /// Whether nothing of it is in quarantine any more.
    pub(super) is_all: bool,
}

impl Done {
    pub(super) fn all(what: String) -> Self {
        Self { what, is_all: true }
    }
}
