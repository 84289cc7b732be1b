//! One invocation: a batch of messages, and the response to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsMessage};
use drawbridge_cursor::Job;
use drawbridge_lambda::batch_item_failure;
use drawbridge_telemetry::Panicked;
use drawbridge_time::Deadline;
use futures::future::join_all;
use futures::stream::{self, FuturesUnordered};
use futures::{Stream, StreamExt as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::batch::{Batch, Group, Received, Tried, next_postponed, received_before};
use super::bounds::{Bounds, of_try};
use super::handed_back::{HandedBack, Note, Notes};
use super::ledger::Ledger;
use super::{JobMessages, Pollers};
use crate::slow::LONG;
use crate::{AfterJob, Delivery, JobFailure, Progress, Report, Stop};

/// The delay of a message that is handed back although nothing is wrong with it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What is needed to do the jobs of one invocation.
pub(super) struct Invocation<'i, P> {
    messages: &'i Arc<JobMessages<P>>,
    stop: &'i Stop,
    bounds: Bounds,
}

/// What became of messages of a tenant.
enum Settled<'m> {
    /// This one is done with.
    Done(Received<'m>),
    /// These come back, and are hidden until then.
    Later(Vec<Received<'m>>),
    /// These are slow, and are polled when the others are done.
    Postponed(Group<'m>),
}

/// The jobs of a tenant that are still to be done.
struct Jobs<'m> {
    tenant: String,
    rest: std::vec::IntoIter<(Job, Received<'m>)>,
    is_first: bool,
    /// When they have to end, and when they begin to keep others waiting.
    stop: Stop,
}

impl<'m> Jobs<'m> {
    fn of(group: Group<'m>, stop: Stop) -> Self {
        Self {
            stop,
            tenant: group.tenant,
            rest: group.jobs.into_iter(),
            is_first: true,
        }
    }
}

impl<'i, P: Pollers + 'static> Invocation<'i, P> {
    pub(super) fn new(messages: &'i Arc<JobMessages<P>>, stop: &'i Stop) -> Self {
        Self {
            messages,
            stop,
            bounds: Bounds::of(stop),
        }
    }

    /// Does the jobs of messages, and returns the messages that are to be delivered again.
    pub(super) async fn failures(&self, messages: &[SqsMessage]) -> Vec<BatchItemFailure> {
        let mut ledger = Ledger::default();
        let mut batch = Batch::of(messages, &self.notes(messages).await);
        let in_the_way = batch.make_way_for_starved();
        self.hand_back(in_the_way, &mut ledger).await;
        let tenants = batch.fresh.len() + batch.postponed.len();
        if let AfterJob::Later(delay) = AfterJob::NO_JOB {
            self.hide(&batch.no_jobs, delay).await;
        }
        ledger.failed(batch.no_jobs);
        let slow_jobs = &self.messages.slow_jobs;
        let room = slow_jobs.room(tenants);
        let has_time = room.has_time || room.is_free && batch.fresh.is_empty();
        let (mut next, later) = next_postponed(batch.postponed, has_time);
        // This comes first, so that these need not wait for a process that a suspect of this batch kills.
        self.hand_back(later, &mut ledger).await;
        let fresh = batch.fresh.len();
        let beside = match room.patience {
            Some(patience) => self.stop.clone().in_a_hurry(patience),
            None => self.stop.clone(),
        };
        let slow = self.do_all(batch.fresh, &beside, &mut ledger).await;
        let is_alone = fresh == slow.len();
        let has_time = room.has_time || is_alone && room.is_free;
        if has_time && !next.first().is_some_and(Group::is_suspect) {
            next.extend(slow);
        } else {
            self.hand_back(slow, &mut ledger).await;
        }
        if next.is_empty() {
            // Nearly all batches have nothing left to do here.
        } else if is_alone || self.bounds.allow_another() {
            // Jobs that are done must not come back, even if this process is killed.
            self.delete(ledger.take_done()).await;
            let began = Instant::now();
            self.do_all(next, self.stop, &mut ledger).await;
            // Time that no other tenant needed does not count against slow jobs.
            if !(is_alone && room.was_idle) {
                slow_jobs.note_time(began.elapsed());
            }
        } else {
            for group in &mut next {
                group.had_no_time = true;
            }
            self.hand_back(next, &mut ledger).await;
        }
        slow_jobs.invocation_ends();
        let failed = ledger.failed.into_iter();
        failed
            .filter_map(|place| messages.get(place))
            .map(batch_item_failure)
            .collect()
    }

    /// Does the jobs of tenants at the same time; those that have no page of Graph when others have waited
    /// too long come back. Those that are known to take long, while others wait, are left.
    async fn do_all<'m>(
        &self,
        groups: Vec<Group<'m>>,
        stop: &Stop,
        ledger: &mut Ledger,
    ) -> Vec<Group<'m>> {
        let mut slow = Vec::new();
        let settle = |group| self.settle(Jobs::of(group, stop.clone())).boxed();
        let groups = groups.into_iter().map(settle);
        let mut settled = stream::select_all(groups);
        let mut deletions = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                settled = settled.next() => match settled {
                    Some(Settled::Done(received)) => ledger.done(received),
                    Some(Settled::Later(received)) => ledger.failed(received),
                    Some(Settled::Postponed(group)) => slow.push(group),
                    None => break,
                },
                Some(()) = deletions.next() => {}
                () = ledger.due() => deletions.push(self.delete(ledger.take_due())),
            }
        }
        while deletions.next().await.is_some() {}
        slow
    }

    /// Does a tenant's jobs in order.
    fn settle<'m>(&self, jobs: Jobs<'m>) -> impl Stream<Item = Settled<'m>> + Send {
        stream::unfold(jobs, |jobs| self.settle_next(jobs))
    }

    /// Does the next job of a tenant.
    async fn settle_next<'m>(&self, mut jobs: Jobs<'m>) -> Option<(Settled<'m>, Jobs<'m>)> {
        let (job, received) = jobs.rest.next()?;
        let is_first = std::mem::take(&mut jobs.is_first);
        let has_time = self.bounds.allow_another() && jobs.stop.allows_a_page();
        let is_begun = is_first || has_time;
        let (tried, after) = if is_begun {
            match self.message(&job, received, &jobs.stop).await {
                Some(after) => after,
                None => {
                    let rest = jobs.rest.by_ref();
                    let group = Group {
                        tenant: jobs.tenant.clone(),
                        jobs: std::iter::once((job, received)).chain(rest).collect(),
                        is_slow: true,
                        had_no_time: false,
                    };
                    return Some((Settled::Postponed(group), jobs));
                }
            }
        } else {
            (Tried::NotBegun, AfterJob::Later(AT_ONCE))
        };
        let AfterJob::Later(delay) = after else {
            return Some((Settled::Done(received), jobs));
        };
        // A later message of the same group must not overtake this one.
        let rest: Vec<_> = jobs.rest.by_ref().map(|(_, received)| received).collect();
        let waiting = rest.iter().map(|waiting| waiting.counts(Tried::NotBegun));
        let note = Note::of(std::iter::once(received.counts(tried)).chain(waiting));
        let later: Vec<_> = std::iter::once(received).chain(rest).collect();
        tokio::join!(self.note(&jobs.tenant, &note), self.hide(&later, delay));
        Some((Settled::Later(later), jobs))
    }

    /// Does one message's job. Returns how it went and what happens to the message; `None` if the tenant is slow
    /// and others wait, so that nothing was done.
    async fn message(
        &self,
        job: &Job,
        received: Received<'_>,
        stop: &Stop,
    ) -> Option<(Tried, AfterJob)> {
        let delivery = received.delivery();
        let stop = match received.holds_up() {
            true => of_try(stop, delivery.tries).taken_for_long(),
            false => of_try(stop, delivery.tries),
        };
        let began = Instant::now();
        let done = self.poll(job, delivery, &stop).await;
        if done.as_ref().is_err_and(JobFailure::is_postponed) {
            self.log_done(job, done, began.elapsed()).await;
            return None;
        }
        let after = AfterJob::of(done.as_ref().map(Option::as_ref), delivery.tries);
        let tried = match done {
            Err(JobFailure::NoPage) => Tried::CutShort,
            Err(JobFailure::GivenUp) => Tried::HeldUp,
            Err(_) if began.elapsed() >= LONG => Tried::HeldUp,
            _ => Tried::Ended,
        };
        self.log_done(job, done, began.elapsed()).await;
        let after = match after {
            AfterJob::Another => self.another(job).await,
            after => after,
        };
        Some((tried, after))
    }

    /// Polls in a task of its own, which is aborted if the poll does not end in time.
    async fn poll(
        &self,
        job: &Job,
        delivery: Delivery,
        stop: &Stop,
    ) -> Result<Option<Report>, JobFailure> {
        let (until, hurry) = (Bounds::of(stop).poll(), stop.hurry());
        let (messages, job, stop) = (Arc::clone(self.messages), job.clone(), stop.clone());
        let page = Arc::<Page>::default();
        let progress = Arc::clone(&page);
        let poll = async move { messages.poll(&job, Some(delivery), &stop, &*progress).await };
        let done = tokio::select! {
            biased;
            done = on_its_own(poll, until) => done,
            () = page.wait_until_missing(hurry) => return Err(JobFailure::NoPage),
        };
        match done {
            Some(Ok(done)) => done,
            Some(Err(panicked)) => Err(panicked.into()),
            None => Err(JobFailure::GivenUp),
        }
    }

    /// Logs how a job went, without keeping other tenants waiting for long.
    async fn log_done(&self, job: &Job, done: Result<Option<Report>, JobFailure>, took: Duration) {
        let (log, job) = (Arc::clone(&self.messages.log), job.clone());
        let logged = async move { log.done(&job, &done, true, took).await };
        // If it panics, its own line in the log says where.
        let _ = on_its_own(logged, self.bounds.call()).await;
    }

    /// Sends another job of the tenant. If that fails, the next tick goes on with the rest.
    async fn another(&self, job: &Job) -> AfterJob {
        let JobMessages { queue, clock, .. } = &**self.messages;
        let sent = self.bounds.call().bound(queue.send(job, clock.now())).await;
        let error = match sent {
            Some(Ok(())) => return AfterJob::Done,
            Some(Err(error)) => error.to_string(),
            None => "no answer in time".to_owned(),
        };
        tracing::warn!(tenant = job.tenant, %error, "another job could not be sent");
        AfterJob::Done
    }

    /// Hands back the messages of tenants that are not polled: slow ones until a process has time for them again,
    /// the others at once.
    async fn hand_back<'m>(&self, groups: Vec<Group<'m>>, ledger: &mut Ledger) {
        let wait = self.messages.slow_jobs.wait();
        let handed_back = groups.iter().map(async |group| {
            let received: Vec<_> = group.messages().collect();
            let note = group.note();
            let delay = if group.holds_up() { wait } else { AT_ONCE };
            tokio::join!(self.note(&group.tenant, &note), self.hide(&received, delay));
        });
        join_all(handed_back).await;
        ledger.failed(groups.iter().flat_map(Group::messages));
    }

    /// Reads what is noted about the tenants of messages that were received before.
    async fn notes(&self, messages: &[SqsMessage]) -> Notes {
        let tenants = received_before(messages);
        if tenants.is_empty() {
            return Notes::default();
        }
        let notes = HandedBack(&self.messages.store);
        let notes = self.bounds.call().bound(notes.notes(tenants)).await;
        notes.unwrap_or_default()
    }

    /// Notes that messages of a tenant are handed back. Without the note they come back as well, but count as
    /// suspect.
    async fn note(&self, tenant: &str, note: &Note) {
        let written = HandedBack(&self.messages.store);
        self.bounds.call().bound(written.write(tenant, note)).await;
    }

    async fn hide(&self, received: &[Received<'_>], delay: Duration) {
        let hidden = self.messages.queue.hide(received, delay);
        self.bounds.call().bound(hidden).await;
    }

    async fn delete(&self, receipts: Vec<String>) {
        if !receipts.is_empty() {
            let deleted = self.messages.queue.deletion.delete(&receipts);
            self.bounds.call().bound(deleted).await;
        }
    }
}

/// Whether Graph gave a page to a poll.
#[derive(Default)]
struct Page(AtomicBool);

impl Progress for Page {
    fn page(&self, _: &Report) {}

    fn answered(&self) {
        self.0.store(true, Relaxed);
    }
}

impl Page {
    /// Waits until `time`, and on for ever if there is a page by then.
    async fn wait_until_missing(&self, time: Deadline) {
        if let Some(at) = time.instant() {
            sleep_until(at).await;
            if !self.0.load(Relaxed) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}

/// Runs `work` in a task of its own, until `deadline` at most. A panic is reported without its message, which may
/// quote an alert.
async fn on_its_own<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
    deadline: Deadline,
) -> Option<Result<T, Panicked>> {
    // A set ends its tasks when it is dropped.
    let mut task = JoinSet::new();
    task.spawn(work);
    let done = deadline.bound(task.join_next()).await?;
    Some(done.and_then(Result::ok).ok_or(Panicked))
}
