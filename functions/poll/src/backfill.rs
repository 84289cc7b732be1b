//! One step of a backfill after the other, and how far it has come.
//!
//! `backfills/<tenant>/<id>.json` tells of it. Nothing depends on that object but what people are
//! shown, and going on with a backfill whose job was lost.

use std::time::Duration;

use bytes::Bytes;
use drawbridge_cursor::{Backfill, Job, Window};
use drawbridge_graph::Deadline;
use drawbridge_store::Store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::drain::pace::wait_out;
use crate::quarantine::Quarantine;
use crate::reading::background;
use crate::{Ending, PollError, Poller, Progress, Report, Stop};

/// How often a window may fail before it is put aside.
const MAX_FAILURES: u32 = 10;

/// How far a backfill has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillProgress {
    /// The tenant.
    pub tenant: String,
    /// Its name.
    pub id: String,
    /// All that was asked for.
    pub windows: Vec<Window>,
    /// What is still to be read.
    pub left: Vec<Window>,
    /// What was put aside, since it failed again and again.
    pub failed: Vec<Window>,
    /// The only output that it writes to.
    pub output: Option<String>,
    /// Whether records that the output has are written again.
    pub again: bool,
    /// Whether it only counts.
    pub dry_run: bool,
    /// When it was asked for.
    pub started: Option<Timestamp>,
    /// When this object was last written.
    pub updated: Option<Timestamp>,
    /// Alerts read.
    pub alerts: u64,
    /// Records written, or that would be.
    pub records: u64,
    /// Records that the output had already.
    pub suppressed: u64,
    /// Alerts and records put aside.
    pub quarantined: u64,
    /// Requests to Graph.
    pub requests: u64,
    /// Why it stopped before its end.
    pub stopped: Option<String>,
}

/// What comes after a step.
#[derive(Debug)]
pub enum Step {
    /// Nothing: it is done, or stopped with a reason in the progress.
    Done,
    /// This step.
    Next(Box<Job>),
    /// The same step, after a delay that Graph asked for.
    Later(Duration),
}

impl BackfillProgress {
    /// The store key of a backfill's progress.
    #[must_use]
    pub fn key(tenant: &str, id: &str) -> String {
        format!("backfills/{tenant}/{id}.json")
    }

    /// A backfill that begins with `job`.
    #[must_use]
    pub fn begin(job: &Job, now: Timestamp) -> Self {
        let backfill = job.backfill.clone();
        Self {
            tenant: job.tenant.clone(),
            id: backfill.as_ref().map(|b| b.id.clone()).unwrap_or_default(),
            windows: job.windows(),
            left: job.windows(),
            output: backfill.as_ref().and_then(|b| b.output.clone()),
            again: backfill.as_ref().is_some_and(|b| b.again),
            dry_run: backfill.as_ref().is_some_and(|b| b.dry_run),
            started: Some(now),
            updated: Some(now),
            ..Self::default()
        }
    }

    /// The job that goes on with it; `None` when nothing is left.
    #[must_use]
    pub fn job(&self) -> Option<Job> {
        let backfill = Backfill {
            id: self.id.clone(),
            then: Vec::new(),
            output: self.output.clone(),
            again: self.again,
            dry_run: self.dry_run,
            failures: 0,
        };
        Job::backfill(&self.tenant, self.left.clone(), backfill)
    }

    /// The share of the time asked for that was read, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let millis = |windows: &[Window]| windows.iter().map(Window::millis).sum::<u64>();
        let all = millis(&self.windows).max(1);
        let done = all.saturating_sub(millis(&self.left));
        u64::try_from(u128::from(done) * 100 / u128::from(all)).unwrap_or(100)
    }

    /// Reads the progress of a backfill; `None` when there is none, or none that can be read.
    ///
    /// # Errors
    /// [`PollError::Store`].
    pub async fn load(
        store: &dyn Store,
        tenant: &str,
        id: &str,
    ) -> Result<Option<Self>, PollError> {
        let object = store.get(&Self::key(tenant, id)).await?;
        Ok(object.and_then(|object| serde_json::from_slice(&object.body).ok()))
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`PollError::Store`].
    pub async fn save(&self, store: &dyn Store) -> Result<(), PollError> {
        let body = serde_json::to_vec(self).unwrap_or_default();
        let key = Self::key(&self.tenant, &self.id);
        store
            .put(&key, Bytes::from(body), "application/json")
            .await?;
        Ok(())
    }

    fn add(&mut self, report: &Report) {
        self.alerts += report.alerts;
        self.records += report.records;
        self.suppressed += report.suppressed;
        self.quarantined += report.quarantined;
        self.requests += report.requests;
    }
}

impl Poller {
    /// Does one step of a backfill and notes how far it has come.
    ///
    /// A window that fails again and again is put aside and the rest goes on; what waiting does not
    /// cure, as a refused credential, stops it, with the reason in its progress.
    ///
    /// # Errors
    /// [`PollError`] when neither could be noted: the step is to be done again.
    pub async fn backfill_step(
        &self,
        job: &Job,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<(Step, Report), PollError> {
        let step_ends = background(stop.deadline());
        let store = self.store.as_ref();
        let id = job.backfill.as_ref().map_or("", |backfill| &backfill.id);
        let loaded = BackfillProgress::load(store, &job.tenant, id).await?;
        let mut so_far = loaded.unwrap_or_else(|| BackfillProgress::begin(job, self.clock.now()));
        let done = match self.unknown_output(job) {
            Some(error) => Err(error),
            None => self.run(job, stop, progress).await,
        };
        let (mut report, next) = match done {
            Ok(report) => {
                let next = report.follow_ups.first().cloned();
                (report, next)
            }
            Err(error @ PollError::Superseded) => return Err(error),
            Err(error) if error.is_retryable() => {
                tracing::warn!(tenant = job.tenant, %error, "a step of a backfill failed");
                let next = if self.is_about_the_window(&error, step_ends).await {
                    failed_once_more(job)
                } else {
                    job.clone()
                };
                // The next step comes at once, and should find something changed.
                wait_out(step_ends, stop).await;
                (Report::default(), Some(next))
            }
            Err(error) => {
                so_far.left = job.windows();
                so_far.stopped = Some(error.to_string());
                so_far.updated = Some(self.clock.now());
                so_far.save(store).await?;
                return Err(error);
            }
        };
        let next = self.put_aside_if_hopeless(next, &mut so_far).await?;
        so_far.add(&report);
        so_far.left = next.as_ref().map(Job::windows).unwrap_or_default();
        so_far.stopped = None;
        so_far.updated = Some(self.clock.now());
        so_far.save(store).await?;
        let step = match (report.ending, next) {
            (Ending::Postponed(delay), Some(next)) if next.windows() == job.windows() => {
                Step::Later(delay)
            }
            (_, Some(next)) => Step::Next(Box::new(next)),
            (_, None) => Step::Done,
        };
        if matches!(step, Step::Next(_)) {
            // What is left has a job of its own; this one has not to come back.
            report.ending = Ending::OutOfTime;
        }
        Ok((step, report))
    }

    fn unknown_output(&self, job: &Job) -> Option<PollError> {
        let wanted = job.backfill.as_ref()?.output.as_ref()?;
        let known: Vec<&str> = self.outputs.iter().map(|output| &*output.name).collect();
        (!known.contains(&wanted.as_str())).then(|| PollError::UnknownOutput {
            known: known.join(", "),
        })
    }

    /// Whether a step failed on account of its window, and not because Graph, the queue or the
    /// store is down: nothing is given up for that.
    async fn is_about_the_window(&self, error: &PollError, deadline: Deadline) -> bool {
        match error {
            PollError::Graph(_) => self.answers_nothing(deadline).await,
            PollError::Circular | PollError::Refused { .. } => true,
            _ => false,
        }
    }

    async fn put_aside_if_hopeless(
        &self,
        next: Option<Job>,
        so_far: &mut BackfillProgress,
    ) -> Result<Option<Job>, PollError> {
        let Some(job) = next else {
            return Ok(None);
        };
        let (Some(window), Some(backfill)) = (job.window, &job.backfill) else {
            return Ok(Some(job));
        };
        if backfill.failures < MAX_FAILURES {
            return Ok(Some(job));
        }
        if !backfill.dry_run {
            let quarantine = Quarantine {
                store: self.store.as_ref(),
                tenant: &self.settings.tenant,
            };
            let reason = format!("a backfill tried it {MAX_FAILURES} times and got no further");
            quarantine.gap(window, &reason).await?;
        }
        so_far.failed.push(window);
        let rest = Backfill {
            failures: 0,
            ..backfill.clone()
        };
        Ok(Job::backfill(&job.tenant, backfill.then.clone(), rest))
    }
}

fn failed_once_more(job: &Job) -> Job {
    let mut job = job.clone();
    if let Some(backfill) = &mut job.backfill {
        backfill.failures += 1;
    }
    job
}
