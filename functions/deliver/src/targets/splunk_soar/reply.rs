use serde::Deserialize;

/// What SOAR's REST API answers, as far as it is looked at.
#[derive(Deserialize)]
pub(super) struct Reply {
    id: Option<u64>,
    existing_container_id: Option<u64>,
    existing_artifact_id: Option<u64>,
    /// How many items a search found.
    pub(super) count: Option<u64>,
}

impl Reply {
    /// The id of what was there already: the reply to a duplicate, which is no success otherwise.
    pub(super) fn existing(&self) -> Option<u64> {
        self.existing_container_id.or(self.existing_artifact_id)
    }
}

/// A container or an artifact.
#[derive(Clone, Copy)]
pub(super) struct Created {
    pub(super) id: u64,
    /// Whether it was there before.
    pub(super) existed: bool,
}

/// What was made, or was there.
pub(super) fn created(reply: &Reply) -> Option<Created> {
    let existing = reply.existing();
    existing.or(reply.id).map(|id| Created {
        id,
        existed: existing.is_some(),
    })
}
