use std::collections::{HashMap, HashSet};
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drawbridge_config::{ConfigError, Tenant};
use drawbridge_poll::assembly::{Admitted, Services};
use drawbridge_poll::{
    Ending, JobFailure, LastError, Poller, Progress, Report, Silent, Stop, job_numbers,
    overdue_since, why_not_well,
};
use drawbridge_queue::Hold;
use drawbridge_store::Store;
use drawbridge_telemetry::{Metric, Numbers};
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::metrics_file::MetricsFile;
use super::report::{check_complete, print_failure, print_report_of};
use super::trouble::Troubles;
use super::{POLL_TIME, said_of};
use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{Shown, say, say_timed};
use crate::state_head::state_head;
use crate::tenants::admission::{PollsSoFar, admit};
use crate::tenants::{TenantDocuments, first_poll};

/// Polls at once: each holds two pages, and most wait for the network.
const AT_ONCE: usize = 64;

/// What is said of a tenant whose poll panicked; where it did is in the log.
const BUG: &str = "a bug ended this poll (please report the line above); it is tried again";

/// Why a poll ended before its end.
enum Ended {
    Failed(JobFailure),
    /// What it said may quote an alert, and is dropped.
    Panicked,
}

/// Why a poll did not end well.
fn why(result: &Result<Report, Ended>) -> String {
    match result {
        Ok(report) => why_not_well(Ok(report)).unwrap_or_default(),
        Err(Ended::Failed(error)) => error.to_string(),
        Err(Ended::Panicked) => BUG.to_owned(),
    }
}

/// A tenant, what came of its poll, and since when none has ended well if that is long ago.
struct Polled {
    name: String,
    is_settled: bool,
    result: Result<Report, Ended>,
    overdue: Option<Timestamp>,
    numbers: Numbers,
}

/// A tenant whose first poll is to be noted, and when its document was read.
struct ToNote {
    store: Arc<dyn Store>,
    tenant: Tenant,
    begun: Timestamp,
}

impl ToNote {
    /// Writes it, unless it is there. It may have been removed since the last poll noted it; and where it
    /// cannot be written, the next one tries again.
    async fn done(self) {
        let noted = first_poll::note(self.store.as_ref(), &self.tenant, self.begun).await;
        if let Err(error) = noted {
            say(&format!("drawbridge: {}: {error}", self.tenant.name));
        }
    }
}

/// The tenants of a folder, with a poller each.
pub(super) struct Fleet {
    place: DataLocation,
    services: Services,
    stop: Stop,
    once: bool,
    json: bool,
    /// Who is polled; nobody named, all are.
    asked: Vec<String>,
    /// Where the very first poll starts, unless the document is to say that.
    since: Option<Timestamp>,
    /// Whether no poll has ended yet.
    is_first: bool,
    is_hopeless: bool,
    turns: Arc<Semaphore>,
    known: HashMap<String, (Tenant, Arc<Poller>)>,
    polls: FuturesUnordered<LocalBoxFuture<'static, Polled>>,
    /// Whose polls are under way; and whose failed, so that another one that would poll the same alerts
    /// may try.
    so_far: PollsSoFar,
    /// The tenants that were polled.
    tried: HashSet<String>,
    /// Those of whom no error is noted that is not over.
    settled: HashSet<String>,
    /// When the documents were begun to be read by which this round goes.
    read_at: Timestamp,
    /// The folders of documents that cannot be entered.
    unreadable: Vec<ConfigError>,
    troubles: Troubles,
    /// Why the last report could not be written, if it could not.
    unwritten: Option<String>,
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
            json,
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
            unwritten: None,
            metrics: None,
        }
    }

    /// The same with a file of metrics that is written each round.
    pub(super) fn with_metrics(self, file: Option<PathBuf>) -> Self {
        Self {
            metrics: file.map(MetricsFile::new),
            ..self
        }
    }

    /// The same where only these are polled. The others count: they may poll the same alerts.
    pub(super) fn of(self, asked: &[String]) -> Self {
        Self {
            asked: asked.to_vec(),
            ..self
        }
    }

    /// The same where the very first poll starts at this time.
    pub(super) fn since(self, since: Option<Timestamp>) -> Self {
        Self { since, ..self }
    }

    /// Whether the very first poll failed so that none can go better until somebody has done something.
    pub(super) fn is_hopeless(&self) -> bool {
        self.is_hopeless
    }

    fn is_asked(&self, name: &str) -> bool {
        self.asked.is_empty() || self.asked.iter().any(|asked| asked == name)
    }

    pub(super) fn place(&self) -> &DataLocation {
        &self.place
    }

    /// Begins a poll of each tenant that has none under way.
    pub(super) async fn begin(&mut self, documents: TenantDocuments) {
        if self.unreadable != documents.unreadable {
            documents.say_unreadable();
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
                    if self.note_trouble(name, &failure) {
                        print_failure(name, &failure, self.json);
                    }
                    if let Some(metrics) = &mut self.metrics {
                        metrics.add(name, &Numbers::default().with(Metric::Failures, 1.0));
                    }
                }
            }
        }
        self.write_metrics();
    }

    /// Begins a round of the metrics: with how far each tenant was read, as far as its polls have not said.
    async fn begin_metrics(&mut self, there: &HashSet<&str>) {
        let Some(metrics) = &mut self.metrics else {
            return;
        };
        metrics.keep(|name| there.contains(name));
        // Metrics go with --all.
        for name in there {
            let is_failing = self.so_far.failures.contains_key(*name);
            if is_failing || !metrics.is_read(name) {
                // One that cannot be read tells nothing.
                let state = state_head(&self.place, name).await.ok().flatten();
                if let Some(time) = state.and_then(|state| state.read_up_to()) {
                    metrics.read_at_least_up_to(name, time);
                }
            }
        }
    }

    fn write_metrics(&mut self) {
        if let Some(metrics) = &mut self.metrics {
            metrics.write(self.services.clock.now());
        }
    }

    /// Whether polls failed, so that others may be let in their place.
    pub(super) fn is_anyone_failed(&self) -> bool {
        !self.so_far.failures.is_empty()
    }

    /// A tenant's poller, built anew when its document has changed.
    async fn poller(&mut self, tenant: Admitted<'_>) -> Result<Arc<Poller>, Failure> {
        if let Some((known, poller)) = self.known.get(&tenant.name)
            && *known == *tenant
        {
            return Ok(Arc::clone(poller));
        }
        // Its files have to be closed before they can be opened again.
        self.known.remove(&tenant.name);
        // Few are named, and each may hold its files: another one that polls it is told so.
        let hold = match self.once && !self.asked.is_empty() {
            true => Hold::Always,
            false => Hold::WhileSending,
        };
        let mut poller = poller(&self.place, &self.services, tenant, hold).await?;
        poller.settings.windows.first_from = self.since;
        let poller = Arc::new(poller);
        let known = (Tenant::clone(&tenant), Arc::clone(&poller));
        self.known.insert(tenant.name.clone(), known);
        Ok(poller)
    }

    fn spawn(&mut self, name: String, poller: Arc<Poller>) {
        self.so_far.under_way.insert(name.clone());
        self.tried.insert(name.clone());
        // Of several, no line could tell which it is about.
        let shown = (self.asked.len() == 1).then(Shown::start);
        let note = self.to_note(&name);
        let was_settled = self.settled.contains(&name);
        let (stop, turns) = (self.stop.clone(), Arc::clone(&self.turns));
        let once = self.once;
        self.polls.push(Box::pin(async move {
            // It is never closed; without a turn it would only be one poll more at once.
            let _turn = turns.acquire_owned().await.ok();
            let begun = Instant::now();
            let stop = if once { stop } else { stop.within(POLL_TIME) };
            let progress: &dyn Progress = match &shown {
                Some(shown) => shown,
                None => &Silent,
            };
            let poll = AssertUnwindSafe(poller.run(&stop, progress)).catch_unwind();
            let result = match poll.await {
                Ok(result) => result.map_err(|error| Ended::Failed(error.into())),
                Err(_) => Err(Ended::Panicked),
            };
            if let Some(shown) = shown {
                shown.end();
            }
            let is_well = match &result {
                Ok(report) => why_not_well(Ok(report)).is_none(),
                Err(_) => false,
            };
            let (store, now) = (poller.store.as_ref(), poller.clock.now());
            let is_settled = match &result {
                Ok(report) if report.ending == Ending::Complete => {
                    was_settled || LastError::note_over(store, &name, now).await
                }
                _ => is_well && was_settled,
            };
            let overdue = match is_well {
                true => None,
                false => {
                    LastError::note(store, &name, &why(&result), now).await;
                    overdue_since(store, &name, now).await
                }
            };
            if let (Ok(report), Some(note)) = (&result, note)
                && matches!(report.ending, Ending::Complete | Ending::OutOfTime)
            {
                note.done().await;
            }
            let (now, took) = (poller.clock.now(), begun.elapsed());
            let numbers = match &result {
                Ok(report) => job_numbers(Ok(report), overdue, now, took),
                Err(Ended::Failed(error)) => job_numbers(Err(error), overdue, now, took),
                Err(Ended::Panicked) => Numbers::default().with(Metric::Failures, 1.0),
            };
            Polled {
                name,
                is_settled,
                result,
                overdue,
                numbers,
            }
        }));
    }

    /// What notes the first poll of a tenant.
    fn to_note(&self, name: &str) -> Option<ToNote> {
        let (tenant, _) = self.known.get(name)?;
        Some(ToNote {
            store: self.services.store.clone(),
            tenant: tenant.clone(),
            begun: self.read_at,
        })
    }

    /// Begins another poll at once: there was no time for all that there is to read.
    fn go_on(&mut self, name: &str) {
        if let Some((_, poller)) = self.known.get(name) {
            self.spawn(name.to_owned(), Arc::clone(poller));
        }
    }

    /// Waits for a poll to end, for ever when there is none.
    pub(super) async fn next(&mut self) {
        match self.polls.next().await {
            Some(polled) => self.ended(polled),
            None => std::future::pending().await,
        }
    }

    /// Waits for all polls to end.
    pub(super) async fn finish(&mut self) {
        while !self.polls.is_empty() {
            self.next().await;
        }
    }

    /// The same; an error when any tenant is in trouble, or not known.
    pub(super) async fn end(mut self) -> Result<(), Failure> {
        self.finish().await;
        let count = self.troubles.count();
        let others = match self
            .known
            .keys()
            .any(|name| self.troubles.of(name).is_none())
        {
            true => "; the others were",
            false => "",
        };
        let tenants = if count == 1 {
            "tenant was"
        } else {
            "tenants were"
        };
        let trouble = (count > 0)
            .then(|| format!("{count} {tenants} not polled to the end: see above{others}"));
        let unwritten = self
            .unwritten
            .map(|why| format!("a report could not be written to standard output: {why}"));
        let trouble = [trouble, unwritten]
            .into_iter()
            .flatten()
            .reduce(|all, one| all + "; " + &one);
        TenantDocuments::ended(trouble, &self.unreadable)
    }

    fn ended(&mut self, polled: Polled) {
        let Polled {
            name,
            is_settled,
            result,
            overdue,
            numbers,
        } = polled;
        let name = name.as_str();
        self.so_far.under_way.remove(name);
        match is_settled {
            true => self.settled.insert(name.to_owned()),
            false => self.settled.remove(name),
        };
        let is_first = std::mem::replace(&mut self.is_first, false);
        if let Some(metrics) = &mut self.metrics {
            metrics.add(name, &numbers);
            if let Some(time) = result.as_ref().ok().and_then(|report| report.read_up_to) {
                metrics.read_up_to(name, time);
            }
            if self.so_far.under_way.is_empty() {
                self.write_metrics();
            }
        }
        if result.is_ok() {
            self.so_far.failures.remove(name);
        } else {
            *self.so_far.failures.entry(name.to_owned()).or_default() += 1;
        }
        let trouble = match result {
            Err(Ended::Failed(error)) => {
                self.is_hopeless |= is_first && !error.is_retryable();
                let error = error.to_string();
                print_failure(name, &error, self.json);
                Some(error)
            }
            Err(Ended::Panicked) => {
                print_failure(name, BUG, self.json);
                // In which state it left its poller is not known.
                self.known.remove(name);
                Some(BUG.to_owned())
            }
            Ok(report) => {
                // Whoever has just named a tenant sees that it is polled.
                let is_begin = is_first && !self.asked.is_empty();
                let is_news = report.records > 0 || self.once || self.json || is_begin;
                if is_news {
                    let printed = print_report_of(name, &report, self.json);
                    self.note_printed(name, printed);
                }
                if report.more && !self.once {
                    self.go_on(name);
                }
                let complete = check_complete(&report, self.once);
                complete.err().map(|failure| failure.to_string())
            }
        };
        match trouble {
            Some(trouble) => {
                self.note_trouble(name, &(trouble + &said_of(overdue)));
            }
            None => {
                if self.troubles.well(name) {
                    say_timed(&format!("{name}: all is well again"));
                }
            }
        }
    }

    /// Notes whether a report could be written, and says so if it is news that it could not: the poll was
    /// done.
    fn note_printed(&mut self, name: &str, printed: io::Result<()>) {
        let error = printed.err();
        // A poll goes on without a reader.
        let error = error.filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        let unwritten = error.map(|error| error.to_string());
        if let Some(why) = unwritten.as_ref().filter(|_| self.unwritten.is_none()) {
            say_timed(&format!(
                "drawbridge: {name}: the poll was done, but its report could not be written to standard \
                 output: {why}"
            ));
        }
        // Of several reports, one that is missing is missing.
        let before = self.unwritten.take().filter(|_| self.once);
        self.unwritten = before.or(unwritten);
    }

    /// Says what is wrong with a tenant if that is news, and tells whether it is.
    fn note_trouble(&mut self, name: &str, trouble: &str) -> bool {
        let is_news = self.troubles.note(name, trouble);
        if is_news {
            say_timed(&format!("drawbridge: {name}: {trouble}"));
        }
        is_news
    }
}

/// A tenant's poller in a folder, with the outputs of its document, whose files are kept open as
/// `hold` says.
pub(crate) async fn poller(
    place: &DataLocation,
    services: &Services,
    tenant: Admitted<'_>,
    hold: Hold,
) -> Result<Poller, Failure> {
    let folder = place
        .as_folder()
        .ok_or_else(|| Failure::of("a stack is polled by its poll function"))?;
    // Before the files, so that a document that cannot be used leaves none behind.
    services.client(tenant).map_err(Failure::of)?;
    let below = Path::new(&tenant.name);
    let outputs = crate::outputs::open(folder, below, &tenant, hold).await?;
    let poller = services.poller(tenant, outputs);
    poller.map_err(Failure::of)
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
