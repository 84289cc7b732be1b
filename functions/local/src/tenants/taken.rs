//! Documents that this shell's variables do not allow, but which polls take that have other variables.

use std::fs::Metadata;

use drawbridge_config::ConfigError;
use drawbridge_cursor::State;
use drawbridge_poll::LastError;
use jiff::Timestamp;

use crate::data_location::DataLocation;
use crate::status::LONGEST_BEHIND;

/// Whether polls in a folder take the tenant's document at `key`, which is refused here: one of them ended well after
/// the document was last put there or changed, not long ago, and none has failed or refused it since.
pub(crate) async fn is_taken_by_polls(
    refusal: &ConfigError,
    (tenant, key): (&str, &str),
    place: &DataLocation,
    state: Option<&State>,
    now: Timestamp,
) -> bool {
    let success = state.and_then(|state| state.last_success);
    let (Some(folder), Some(success)) = (place.as_folder(), success) else {
        return false;
    };
    if !refusal.depends_on_variables() || now.duration_since(success) > LONGEST_BEHIND {
        return false;
    }
    let meta = folder.join(key).symlink_metadata().ok();
    if meta.is_none_or(|meta| changed_at(&meta).is_none_or(|changed| changed >= success)) {
        return false;
    }
    let last_error = LastError::of(place.store.as_ref(), tenant).await;
    last_error.is_ok_and(|last| last.is_none_or(|last| last.over.is_some() || last.at <= success))
}

/// When a file was last changed, or put where it is: one that is moved or copied there may keep the time of its content.
fn changed_at(meta: &Metadata) -> Option<Timestamp> {
    let modified = Timestamp::try_from(meta.modified().ok()?).ok()?;
    #[cfg(unix)]
    let modified = {
        use std::os::unix::fs::MetadataExt as _;
        let nanoseconds = i32::try_from(meta.ctime_nsec()).ok()?;
        modified.max(Timestamp::new(meta.ctime(), nanoseconds).ok()?)
    };
    Some(modified)
}
