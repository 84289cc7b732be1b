//! A backfill in this process, into a folder.

use std::time::Duration;

use drawbridge_config::Tenant;
use drawbridge_poll::{BackfillProgress, Ending, PollError, Poller, Report, Stop};
use drawbridge_queue::Hold;
use jiff::Timestamp;

use super::shown::{Bar, has_ended};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::poll::open_poller;
use crate::signals::stop_on_signal;

/// How often a poll of the same tenant may save its state first.
const MAX_SUPERSEDED: u32 = 20;

/// The pause after that.
const SUPERSEDED_PAUSE: Duration = Duration::from_secs(1);

/// The pause after a run that got no further: what failed waits for its time.
const NO_HEADWAY_PAUSE: Duration = Duration::from_secs(5);

/// Asks for what is left of `progress` and reads it, until there is nothing left or somebody asks
/// to stop; gives how far it came, and the percentage that was shown last.
pub(super) async fn run(
    place: &DataLocation,
    tenant: &Tenant,
    progress: BackfillProgress,
) -> Result<(BackfillProgress, u64), Failure> {
    let poller = poller(place, tenant, &progress).await?;
    let store = place.store.as_ref();
    progress.ask(store).await.map_err(Failure::of)?;
    let stop = stop_on_signal();
    let bar = Bar::start();
    let id = progress.id.clone();
    let progress = read(place, &poller, progress, &stop, &bar).await;
    bar.end();
    if !progress.as_ref().is_ok_and(has_ended) {
        // This is for `backfill list`. If it cannot be noted, nothing else depends on it.
        let noted = BackfillProgress::interrupt(store, &tenant.name, &id);
        let _ = noted.await;
    }
    let progress = progress?;
    if progress.dry_run && progress.is_done() {
        // What it counted is said now, and asked for again it counts again.
        let key = BackfillProgress::key(&progress.tenant, &progress.id);
        store.delete(&key).await.map_err(Failure::of)?;
    }
    Ok((progress, bar.percent()))
}

/// Whether something of it is due to be read once more: it was resumed that late.
fn is_verified_now(progress: &BackfillProgress) -> bool {
    let is_due = progress
        .second_from
        .is_some_and(|from| from <= Timestamp::now());
    is_due && progress.stopped.is_none() && !progress.cancelled
}

/// One that only counts takes no file: it may run beside a poll that has them open.
async fn poller(
    place: &DataLocation,
    tenant: &Tenant,
    progress: &BackfillProgress,
) -> Result<Poller, Failure> {
    let services = place.services()?;
    let tenant = services.admit(tenant).await.map_err(Failure::of)?;
    if !progress.dry_run {
        return open_poller(place, &services, tenant, Hold::Always).await;
    }
    let outputs = crate::outputs::nowhere(&crate::outputs::names(&tenant));
    services.poller(tenant, outputs).map_err(Failure::of)
}

async fn read(
    place: &DataLocation,
    poller: &Poller,
    mut progress: BackfillProgress,
    stop: &Stop,
    bar: &Bar,
) -> Result<BackfillProgress, Failure> {
    let mut superseded = 0;
    loop {
        bar.at(&progress);
        let is_to_go_on = !has_ended(&progress) || is_verified_now(&progress);
        if !is_to_go_on || stop.is_asked() {
            return Ok(progress);
        }
        let done = poller.backfill(&progress.id, stop, bar).await;
        let before = (progress.left.clone(), progress.second.clone());
        let loaded =
            BackfillProgress::load(poller.store.as_ref(), &progress.tenant, &progress.id).await;
        if let Some(now) = loaded.map_err(Failure::of)? {
            progress = now;
        }
        let pause = match done {
            Ok(Report {
                ending: Ending::Postponed(delay),
                ..
            }) => delay,
            Ok(_) if (&progress.left, &progress.second) == (&before.0, &before.1) => {
                NO_HEADWAY_PAUSE
            }
            Ok(_) => continue,
            Err(PollError::Superseded) if superseded < MAX_SUPERSEDED => {
                superseded += 1;
                SUPERSEDED_PAUSE
            }
            Err(error) => {
                return Err(Failure::of(format!(
                    "{error}; nothing is lost: {} goes on",
                    place.command(&format!("backfill resume {}", progress.id))
                )));
            }
        };
        // There is nothing to wait for once it has ended.
        if !has_ended(&progress) {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.asked() => {}
            }
        }
    }
}
