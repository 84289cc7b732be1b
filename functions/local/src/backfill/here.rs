//! A backfill in this process, into a folder.

use std::time::Duration;

use drawbridge_config::Tenant;
use drawbridge_cursor::Job;
use drawbridge_poll::{BackfillProgress, PollError, Poller, Step, Stop};
use drawbridge_queue::Hold;

use super::shown::{Bar, is_done};
use crate::failure::Failure;
use crate::place::Place;
use crate::poll::fleet;
use crate::signals::stop_on_signal;

/// How often a poll of the same tenant may save its state first.
const MAX_SUPERSEDED: u32 = 20;

/// The pause after that.
const PAUSE: Duration = Duration::from_secs(1);

/// Does step after step, from where `progress` stands, until there is none left or somebody asks
/// to stop; gives how far it came.
pub(super) async fn run(
    place: &Place,
    tenant: &Tenant,
    progress: BackfillProgress,
) -> Result<BackfillProgress, Failure> {
    let poller = poller(place, tenant, &progress).await?;
    let store = place.store.as_ref();
    let stop = stop_on_signal();
    let bar = Bar::start();
    bar.at(&progress);
    let mut progress = BackfillProgress {
        stopped: None,
        ..progress
    };
    progress.save(store).await.map_err(Failure::of)?;
    let result = steps(&poller, &mut progress, &stop, &bar).await;
    bar.end();
    result?;
    if progress.dry_run && is_done(&progress) {
        // It is told, and asked for again it counts again.
        let key = BackfillProgress::key(&progress.tenant, &progress.id);
        store.delete(&key).await.map_err(Failure::of)?;
    }
    Ok(progress)
}

/// One that only counts takes no file: it may run beside a poll that has them open.
async fn poller(
    place: &Place,
    tenant: &Tenant,
    progress: &BackfillProgress,
) -> Result<Poller, Failure> {
    let surroundings = place.surroundings()?;
    let tenant = surroundings.admit(tenant).await.map_err(Failure::of)?;
    if !progress.dry_run {
        return fleet::poller(place, &surroundings, tenant, Hold::Always).await;
    }
    let outputs = crate::outputs::nowhere(&crate::outputs::names(&tenant));
    surroundings.poller(tenant, outputs).map_err(Failure::of)
}

async fn steps(
    poller: &Poller,
    progress: &mut BackfillProgress,
    stop: &Stop,
    bar: &Bar,
) -> Result<(), Failure> {
    let mut superseded = 0;
    let mut next = progress.job();
    while let Some(job) = next.take() {
        if stop.is_asked() {
            return Ok(());
        }
        let step = poller.backfill_step(&job, stop, bar).await;
        let store = poller.store.as_ref();
        if let Some(now) = BackfillProgress::load(store, &progress.tenant, &progress.id)
            .await
            .map_err(Failure::of)?
        {
            *progress = now;
            bar.at(progress);
        }
        next = match step {
            Ok((Step::Done, _)) => None,
            Ok((Step::Next(next), _)) => pause(after(&next), stop).await.then_some(*next),
            Ok((Step::Later(delay), _)) => pause(delay, stop).await.then_some(job),
            Err(PollError::Superseded) if superseded < MAX_SUPERSEDED => {
                superseded += 1;
                pause(PAUSE, stop).await.then_some(job)
            }
            // Why is in the progress.
            Err(_) if progress.stopped.is_some() => None,
            Err(error) => return Err(Failure::of(error)),
        };
    }
    Ok(())
}

/// How long to wait before a step whose window has failed: longer each time.
fn after(step: &Job) -> Duration {
    let failures = step
        .backfill
        .as_ref()
        .map_or(0, |backfill| backfill.failures);
    match failures {
        0 => Duration::ZERO,
        failures => Duration::from_secs(1 << failures.min(6)),
    }
}

/// Waits; `false` when somebody asked to stop.
async fn pause(delay: Duration, stop: &Stop) -> bool {
    tokio::select! {
        () = tokio::time::sleep(delay) => true,
        () = stop.asked() => false,
    }
}
