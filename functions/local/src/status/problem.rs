/// Something that somebody should look at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The word for it.
    pub(super) word: &'static str,
    /// What is wrong.
    pub(super) what: String,
    /// What to do.
    pub(super) todo: String,
}
