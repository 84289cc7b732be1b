//! A backfill that the stack's poll function does, watched from here.

use std::time::{Duration, Instant};

use drawbridge_poll::BackfillProgress;

use super::shown::{Bar, has_ended};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::say;
use crate::signals::stop_on_signal;

/// How often the progress is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After this long without a step, no poll goes on with it. A step takes half a minute, and what
/// failed is tried again within minutes.
const LOST_AFTER: Duration = Duration::from_mins(15);

/// Asks for what is left of `progress`, and watches until it is done; `None` when that was not asked
/// for.
pub(super) async fn run(
    place: &DataLocation,
    progress: BackfillProgress,
    no_wait: bool,
) -> Result<Option<BackfillProgress>, Failure> {
    let store = place.store.as_ref();
    progress.ask(store).await.map_err(Failure::of)?;
    say(&format!(
        "{} is in the tenant's state: the next poll goes on with it",
        progress.id
    ));
    if no_wait {
        say(&format!("see {}", place.command("backfill status")));
        return Ok(None);
    }
    let progress = watch(place, progress).await?;
    if progress.dry_run && progress.is_done() && progress.stopped.is_none() {
        let key = BackfillProgress::key(&progress.tenant, &progress.id);
        store.delete(&key).await.map_err(Failure::of)?;
    }
    Ok(Some(progress))
}

async fn watch(
    place: &DataLocation,
    mut progress: BackfillProgress,
) -> Result<BackfillProgress, Failure> {
    let stop = stop_on_signal();
    let bar = Bar::start();
    let (mut moved, mut updated) = (Instant::now(), None);
    loop {
        let store = place.store.as_ref();
        let loaded = BackfillProgress::load(store, &progress.tenant, &progress.id).await;
        if let Some(now) = loaded.map_err(Failure::of)? {
            progress = now;
        }
        bar.at(&progress);
        if updated != progress.updated {
            updated = progress.updated;
            moved = Instant::now();
        }
        if has_ended(&progress) {
            bar.end();
            return Ok(progress);
        }
        if moved.elapsed() > LOST_AFTER {
            bar.end();
            return Err(Failure::of(format!(
                "no step was done for a quarter of an hour: look at the poll function's log, and \
                 whether other backfills come first; {} stays in the tenant's state until it is read",
                progress.id
            )));
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stop.asked() => {
                bar.end();
                return Err(Failure::of(format!(
                    "stopped watching; the stack goes on: see {}",
                    place.command("backfill status")
                )));
            }
        }
    }
}
