//! Pollers that are broken on purpose: the same suite has to catch them.

/// What is broken in the real handler, by way of its ports and settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// `gt` for `ge` at a watermark without an overlap.
    GtForGe,
    /// The state is saved before the queue has the records.
    SaveFirst,
    /// No overlap behind the watermark.
    NoOverlap,
    /// Next links are not followed.
    FirstPageOnly,
    /// A 206 is taken for a whole answer.
    Swallowed206,
}

impl Mutation {
    /// Every mutation.
    pub const ALL: [Self; 5] = [
        Self::GtForGe,
        Self::SaveFirst,
        Self::NoOverlap,
        Self::FirstPageOnly,
        Self::Swallowed206,
    ];
}
