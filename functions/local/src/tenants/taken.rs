//! Documents that this shell's variables do not allow, but which polls take that have other variables.

use std::path::Path;

use drawbridge_config::ConfigError;
use drawbridge_cursor::State;
use jiff::Timestamp;

use crate::data_location::DataLocation;
use crate::status::LONGEST_BEHIND;

/// Whether polls in a folder take the document at `key`, which is refused here: one of them ended well after the
/// document was last changed, and not long ago.
pub(crate) fn is_taken_by_polls(
    refusal: &ConfigError,
    key: &str,
    place: &DataLocation,
    state: Option<&State>,
    now: Timestamp,
) -> bool {
    let success = state.and_then(|state| state.last_success);
    let (Some(folder), Some(success)) = (place.as_folder(), success) else {
        return false;
    };
    let is_recent = now.duration_since(success) <= LONGEST_BEHIND;
    refusal.depends_on_variables()
        && is_recent
        && changed_at(folder, key).is_some_and(|changed| changed < success)
}

/// When a document was last changed, as far as that is known.
fn changed_at(folder: &Path, key: &str) -> Option<Timestamp> {
    let modified = folder.join(key).symlink_metadata().ok()?.modified().ok()?;
    Timestamp::try_from(modified).ok()
}
