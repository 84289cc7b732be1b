//! A backfill that the stack's poll function does, watched from here.

use std::time::{Duration, Instant};

use drawbridge_cursor::Job;
use drawbridge_poll::BackfillProgress;
use drawbridge_queue::Message;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::shown::{Bar, is_done};
use crate::failure::Failure;
use crate::place::Place;
use crate::progress::say;
use crate::signals::stop_on_signal;

/// How often the progress is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After this long without a step, its job is taken to be lost. A step takes half a minute, and
/// comes back after a failure within minutes.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Sends the job unless it is under way, and watches until it is done; `None` when that was not
/// asked for.
pub(super) async fn run(
    place: &Place,
    progress: BackfillProgress,
    no_wait: bool,
) -> Result<Option<BackfillProgress>, Failure> {
    let store = place.store.as_ref();
    let now = Timestamp::now();
    let loaded = BackfillProgress::load(store, &progress.tenant, &progress.id).await;
    let is_under_way = loaded.map_err(Failure::of)?.is_some_and(|there| {
        let is_fresh = there
            .updated
            .is_some_and(|at| now.duration_since(at) < LOST_AFTER);
        is_fresh && there.stopped.is_none() && !is_done(&there)
    });
    if is_under_way {
        say("its job is under way; watching");
    } else {
        let progress = BackfillProgress {
            stopped: None,
            updated: Some(now),
            ..progress.clone()
        };
        let job = progress
            .job()
            .ok_or_else(|| Failure::of("nothing of it is left"))?;
        let jobs = place.jobs()?;
        // First, so that a step that begins at once goes on from it.
        progress.save(store).await.map_err(Failure::of)?;
        send(jobs.as_ref(), &job, now).await?;
        say(&format!("sent {} to the queue of jobs", progress.id));
    }
    if no_wait {
        say(&format!(
            "see `drawbridge backfill status{}`",
            place.options()
        ));
        return Ok(None);
    }
    let progress = watch(place, progress).await?;
    if progress.dry_run && is_done(&progress) && progress.stopped.is_none() {
        let key = BackfillProgress::key(&progress.tenant, &progress.id);
        store.delete(&key).await.map_err(Failure::of)?;
    }
    Ok(Some(progress))
}

/// Puts a job on the queue of jobs, in its tenant's line; `now` tells it from an earlier one.
pub(crate) async fn send(
    jobs: &dyn drawbridge_queue::Queue,
    job: &Job,
    now: Timestamp,
) -> Result<(), Failure> {
    let body = job.to_json();
    let message = Message {
        key: hex::encode(Sha256::digest(format!("{now} {body}"))),
        group: job.tenant.clone(),
        time: None,
        body,
        attributes: Vec::new(),
    };
    let refused = jobs.send(&[message]).await.map_err(Failure::of)?;
    match refused.first() {
        Some(refused) => Err(Failure::of(format!(
            "the queue of jobs refused the job: {}",
            refused.code
        ))),
        None => Ok(()),
    }
}

async fn watch(place: &Place, mut progress: BackfillProgress) -> Result<BackfillProgress, Failure> {
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
        if is_done(&progress) || progress.stopped.is_some() {
            bar.end();
            return Ok(progress);
        }
        if moved.elapsed() > LOST_AFTER.unsigned_abs() {
            bar.end();
            return Err(Failure::of(format!(
                "no step was done for a quarter of an hour: look at the poll function's log and \
                 the jobs' dead-letter queue; `drawbridge backfill resume {}` sends it again",
                progress.id
            )));
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stop.asked() => {
                bar.end();
                return Err(Failure::of(
                    "stopped watching; the stack goes on: see `drawbridge backfill status`",
                ));
            }
        }
    }
}
