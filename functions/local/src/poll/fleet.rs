use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use drawbridge_config::{ConfigError, Tenant};
use drawbridge_poll::assembly::{Admitted, Services};
use drawbridge_poll::{AfterJob, JobFailure, LastError, Poller, Stop};
use drawbridge_queue::Hold;
use drawbridge_telemetry::{Metric, Numbers};
use futures::StreamExt as _;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::first_poll_note::FirstPollNote;
use super::metrics_file::MetricsFile;
use super::open_poller::open_poller;
use super::polled::{Polled, failure_text};
use super::report::{check_complete, print_failure};
use super::reports::Reports;
use super::tenant_poll::TenantPoll;
use super::troubles::Troubles;
use super::{POLL_TIME, said_of};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{Shown, ShownPolls, say_timed};
use crate::state_head::state_head;
use crate::tenants::TenantDocuments;
use crate::tenants::admission::{PollsSoFar, admit};

/// How many polls run at once. Each holds two pages, and most wait for the network.
const AT_ONCE: usize = 64;

/// The tenants of a folder, each with a poller.
pub(super) struct Fleet {
    place: DataLocation,
    services: Services,
    stop: Stop,
    once: bool,
    /// The names of the tenants that are polled. If there are none, all tenants are.
    asked: Vec<String>,
    /// Where the very first poll starts, if the command line says so instead of the document.
    since: Option<Timestamp>,
    /// Whether no poll has ended yet.
    is_first: bool,
    /// Whether the very first poll failed, and no later one can succeed until somebody has done something.
    is_hopeless: bool,
    turns: Arc<Semaphore>,
    known: HashMap<String, (Tenant, Arc<Poller>)>,
    polls: FuturesUnordered<LocalBoxFuture<'static, Polled>>,
    /// The tenants whose polls are under way, and those whose polls failed, so that another tenant that would
    /// poll the same alerts may try.
    so_far: PollsSoFar,
    /// The tenants that were polled at least once.
    tried: HashSet<String>,
    /// Tenants without an open error note.
    settled: HashSet<String>,
    /// When this round began to read its documents.
    read_at: Timestamp,
    /// The folders of documents that cannot be opened.
    unreadable: Vec<ConfigError>,
    troubles: Troubles,
    /// Shows how many of the polls have ended, unless there is but one, which shows its own progress.
    shown: ShownPolls,
    reports: Reports,
    metrics: Option<MetricsFile>,
}

impl Fleet {
    pub(super) fn new(
        place: DataLocation,
        services: Services,
        stop: Stop,
        once: bool,
        json: bool,
    ) -> Self {
        Self {
            services,
            place,
            stop,
            once,
            asked: Vec::new(),
            since: None,
            is_first: true,
            is_hopeless: false,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            known: HashMap::new(),
            polls: FuturesUnordered::new(),
            so_far: PollsSoFar::default(),
            tried: HashSet::new(),
            settled: HashSet::new(),
            read_at: Timestamp::UNIX_EPOCH,
            unreadable: Vec::new(),
            troubles: Troubles::default(),
            shown: ShownPolls::default(),
            reports: Reports::new(once, json),
            metrics: None,
        }
    }

    /// The same with a metrics file, which is written in each round.
    pub(super) fn with_metrics(self, file: Option<PathBuf>) -> Self {
        Self {
            metrics: file.map(MetricsFile::new),
            ..self
        }
    }

    /// The same, but only these tenants are polled. The others still count, as they may poll the same alerts.
    pub(super) fn of(self, asked: &[String]) -> Self {
        Self {
            asked: asked.to_vec(),
            ..self
        }
    }

    /// The same, but the very first poll starts at this time.
    pub(super) fn since(self, since: Option<Timestamp>) -> Self {
        Self { since, ..self }
    }

    /// Whether the very first poll failed, and no later one can succeed until somebody has done something.
    pub(super) fn is_hopeless(&self) -> bool {
        self.is_hopeless
    }

    fn is_asked(&self, name: &str) -> bool {
        self.asked.is_empty() || self.asked.iter().any(|asked| asked == name)
    }

    pub(super) fn place(&self) -> &DataLocation {
        &self.place
    }

    /// Starts a poll of each tenant that has none under way.
    pub(super) async fn begin(&mut self, documents: TenantDocuments) {
        if self.unreadable != documents.unreadable {
            documents.say_unreadable();
            if self.reports.json {
                documents.print_unreadable("tenant");
            }
        }
        let TenantDocuments {
            found,
            unreadable,
            read_at,
        } = documents;
        self.unreadable = unreadable;
        self.read_at = read_at;
        let there: HashSet<&str> = found.iter().map(|f| f.document.name.as_str()).collect();
        self.known.retain(|name, _| there.contains(name.as_str()));
        self.troubles.keep(|name| there.contains(name));
        self.begin_metrics(&there).await;
        let mut verdicts = admit(&found, &self.place, &self.services, &self.so_far).await;
        for found in &found {
            let name = found.document.name.as_str();
            let Some(verdict) = verdicts.remove(name) else {
                continue;
            };
            let is_done =
                self.so_far.under_way.contains(name) || self.once && self.tried.contains(name);
            if is_done || !self.is_asked(name) {
                continue;
            }
            let depends_on_variables = verdict
                .as_ref()
                .is_err_and(ConfigError::depends_on_variables);
            let poller = match verdict {
                Ok(tenant) => self.poller(tenant).await,
                Err(refusal) => Err(Failure::of(refusal)),
            };
            match poller {
                Ok(poller) => self.spawn(name.to_owned(), poller),
                Err(failure) => {
                    self.is_hopeless |= self.is_first;
                    self.known.remove(name);
                    let failure = failure.to_string();
                    // `status` in a shell without these variables cannot tell that polls lack them, too.
                    if depends_on_variables {
                        let (store, now) = (self.place.store.as_ref(), Timestamp::now());
                        LastError::note(store, name, &failure, false, now).await;
                    }
                    if self.note_trouble(name, &failure) {
                        print_failure(name, &failure, self.reports.json);
                    }
                    if let Some(metrics) = &mut self.metrics {
                        metrics.add(name, &Numbers::default().with(Metric::Failures, 1.0));
                    }
                }
            }
        }
        self.write_metrics();
    }

    /// Starts a round of the metrics with how far each tenant was read, unless its polls have reported that.
    async fn begin_metrics(&mut self, there: &HashSet<&str>) {
        let Some(metrics) = &mut self.metrics else {
            return;
        };
        metrics.keep(|name| there.contains(name));
        // A metrics file is only accepted with --all, so every tenant is polled.
        for name in there {
            let is_failing = self.so_far.failures.contains_key(*name);
            if is_failing || !metrics.is_read(name) {
                // A state that cannot be read adds no number.
                let state = state_head(&self.place, name).await.ok().flatten();
                if let Some(time) = state.and_then(|state| state.read_up_to()) {
                    metrics.note_read_at_least_up_to(name, time);
                }
            }
        }
    }

    fn write_metrics(&mut self) {
        if let Some(metrics) = &mut self.metrics {
            metrics.write(self.services.clock.now());
        }
    }

    /// Whether any tenant's poll failed, so that another tenant may take its place.
    pub(super) fn has_failures(&self) -> bool {
        !self.so_far.failures.is_empty()
    }

    /// A tenant's poller, built anew when its document has changed.
    async fn poller(&mut self, tenant: Admitted<'_>) -> Result<Arc<Poller>, Failure> {
        if let Some((known, poller)) = self.known.get(&tenant.name)
            && *known == *tenant
        {
            return Ok(Arc::clone(poller));
        }
        // The old poller closes its files before the new one opens them.
        self.known.remove(&tenant.name);
        // Only a few tenants are named, so each may keep its files open: another command that polls one of
        // them then says that the files are in use.
        let hold = match self.once && !self.asked.is_empty() {
            true => Hold::Always,
            false => Hold::WhileSending,
        };
        let mut poller = open_poller(&self.place, &self.services, tenant, hold).await?;
        poller.settings.windows.first_from = self.since;
        let poller = Arc::new(poller);
        let known = (Tenant::clone(&tenant), Arc::clone(&poller));
        self.known.insert(tenant.name.clone(), known);
        Ok(poller)
    }

    fn spawn(&mut self, name: String, poller: Arc<Poller>) {
        self.so_far.under_way.insert(name.clone());
        self.tried.insert(name.clone());
        let is_alone = self.asked.len() == 1;
        if !is_alone {
            self.shown.begin(&name, self.so_far.under_way.len());
        }
        let stop = self.stop.clone();
        let poll = TenantPoll {
            poller,
            stop: if self.once {
                stop
            } else {
                stop.within(POLL_TIME)
            },
            // With several polls, a progress line could not say which poll it is about.
            shown: is_alone.then(|| Shown::start(Some(&name))),
            first_poll: self.first_poll_note(&name),
            was_settled: self.settled.contains(&name),
            name,
        };
        let turns = Arc::clone(&self.turns);
        self.polls.push(Box::pin(async move {
            // The semaphore is never closed. Without a turn, one more poll would run at once.
            let _turn = turns.acquire_owned().await.ok();
            poll.run().await
        }));
    }

    /// The note of a tenant's first poll, which the poll writes.
    fn first_poll_note(&self, name: &str) -> Option<FirstPollNote> {
        let (tenant, _) = self.known.get(name)?;
        Some(FirstPollNote {
            store: self.services.store.clone(),
            tenant: tenant.clone(),
            read_at: self.read_at,
        })
    }

    /// Starts another poll of a tenant at once, because there was no time to read everything.
    fn go_on(&mut self, name: &str) {
        if let Some((_, poller)) = self.known.get(name) {
            self.spawn(name.to_owned(), Arc::clone(poller));
        }
    }

    /// Waits for a poll to end; for ever if none is under way.
    pub(super) async fn next(&mut self) {
        match self.polls.next().await {
            Some(polled) => self.conclude(&polled),
            None => std::future::pending().await,
        }
    }

    /// Waits for all polls to end.
    pub(super) async fn finish(&mut self) {
        while !self.polls.is_empty() {
            self.next().await;
        }
    }

    /// Waits for all polls to end. Returns an error if any tenant is in trouble or its document unreadable.
    pub(super) async fn end(mut self) -> Result<(), Failure> {
        self.finish().await;
        let others = match self
            .known
            .keys()
            .any(|name| self.troubles.of(name).is_none())
        {
            true => "; the others were",
            false => "",
        };
        let trouble = self.troubles.tenants();
        let trouble =
            trouble.map(|tenants| format!("{tenants} not polled to the end: see above{others}"));
        let unwritten = self.reports.trouble();
        // Each round says which folders and files those are.
        let unknown = (!self.unreadable.is_empty())
            .then(|| "not every tenant is known: see above".to_owned());
        [trouble, unwritten, unknown]
            .into_iter()
            .flatten()
            .reduce(|all, one| all + "; " + &one)
            .map_or(Ok(()), |trouble| Err(Failure::of(trouble)))
    }

    /// Notes and prints how a poll ended, and starts the next one if that is due at once.
    fn conclude(&mut self, polled: &Polled) {
        let name = polled.name.as_str();
        self.so_far.under_way.remove(name);
        match polled.is_settled {
            true => self.settled.insert(name.to_owned()),
            false => self.settled.remove(name),
        };
        self.add_metrics(polled);
        let failures = self.count_failures(polled);
        let is_first = std::mem::replace(&mut self.is_first, false);
        if let Err(JobFailure::Panicked(_)) = polled.result {
            // The panic may have left the poller in any state.
            self.known.remove(name);
        }
        let trouble = self.print_outcome(polled, is_first);
        match AfterJob::of(polled.result.as_ref().map(Some), failures) {
            // There is no message to hide: every round tries again.
            AfterJob::Done | AfterJob::Later(_) => {}
            AfterJob::Another if self.once => {}
            AfterJob::Another => self.go_on(name),
            AfterJob::PermanentFailure => self.is_hopeless |= is_first,
        }
        match trouble {
            Some(trouble) => {
                self.note_trouble(name, &(trouble + &said_of(polled.overdue)));
            }
            None => {
                if self.troubles.note_well(name) {
                    say_timed(&format!("{name}: all is well again"));
                }
            }
        }
        self.shown.show(self.so_far.under_way.len());
    }

    /// Adds a poll's numbers to the metrics, and writes them once no poll is under way.
    fn add_metrics(&mut self, polled: &Polled) {
        let Some(metrics) = &mut self.metrics else {
            return;
        };
        metrics.add(&polled.name, &polled.numbers);
        if let Some(time) = polled.read_up_to() {
            metrics.note_read_up_to(&polled.name, time);
        }
        if self.so_far.under_way.is_empty() {
            self.write_metrics();
        }
    }

    /// Counts the tenant's failures in a row, this poll's included.
    fn count_failures(&mut self, polled: &Polled) -> u64 {
        let failures = &mut self.so_far.failures;
        if polled.result.is_ok() {
            failures.remove(&polled.name);
            return 0;
        }
        let count = failures.entry(polled.name.clone()).or_default();
        *count += 1;
        (*count).into()
    }

    /// Prints what a poll did. Returns what is wrong with the tenant, if anything is.
    fn print_outcome(&mut self, polled: &Polled, is_first: bool) -> Option<String> {
        let name = polled.name.as_str();
        match &polled.result {
            Ok(report) => {
                // Whoever has just named a tenant sees that it is polled.
                let is_begin = is_first && !self.asked.is_empty();
                if report.records > 0 || self.once || self.reports.json || is_begin {
                    self.reports.print(name, report);
                }
                let complete = check_complete(report, self.once);
                complete.err().map(|failure| failure.to_string())
            }
            Err(failure) => {
                let text = failure_text(failure);
                print_failure(name, &text, self.reports.json);
                Some(text)
            }
        }
    }

    /// Says what is wrong with a tenant if that is news, and returns whether it is.
    fn note_trouble(&mut self, name: &str, trouble: &str) -> bool {
        let is_news = self.troubles.note(name, trouble);
        if is_news {
            say_timed(&format!("drawbridge: {name}: {trouble}"));
        }
        is_news
    }
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
