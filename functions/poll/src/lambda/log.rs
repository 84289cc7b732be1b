use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_cursor::Job;
use drawbridge_store::Store;
use drawbridge_telemetry::{Metric, Numbers};
use drawbridge_time::{Clock, Deadline};
use jiff::Timestamp;

use super::tenants::KnownTenants;
use super::trouble::Trouble;
use crate::job_numbers::known_lag_secs;
use crate::messages::JobLog;
use crate::{Ending, JobFailure, LastError, Report, job_numbers, overdue_since, why_not_well};

/// How long a tenant's state is asked since when no poll has ended well. All that is told of a job has
/// three seconds.
const ASKING: Duration = Duration::from_secs(2);

/// How long the note may take of what ended the poll. It comes last: it is worth less.
const NOTING: Duration = Duration::from_millis(900);

/// Logs how jobs went: a line for each tenant in trouble, at once, a second one if it is overdue, and
/// one for all jobs when their invocation ends, with the numbers that the stack's metrics are made of.
pub(super) struct Log {
    /// Where the states are.
    pub(super) store: Arc<dyn Store>,
    /// The time of day.
    pub(super) clock: Arc<dyn Clock>,
    /// Whether each tenant has metrics of its own.
    pub(super) by_tenant: bool,
    /// Knows those that have them in any case.
    pub(super) known: Arc<KnownTenants>,
    /// Prints a line of numbers.
    pub(super) print: Print,
    /// What this invocation did so far.
    pub(super) batch: Mutex<Batch>,
    /// The tenants of which this process has noted an error that may not be over.
    pub(super) noted: Mutex<HashSet<String>>,
}

/// Where lines of numbers go.
type Print = Box<dyn Fn(&str) + Send + Sync>;

/// What the jobs of an invocation did.
#[derive(Default)]
pub(super) struct Batch {
    jobs: usize,
    numbers: Numbers,
}

impl Log {
    /// Counts a job.
    fn count(&self, numbers: &Numbers) {
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        batch.jobs += 1;
        batch.numbers.add(numbers);
    }

    /// Adds what is known of a job that was counted.
    fn add(&self, numbers: &Numbers) {
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        batch.numbers.add(numbers);
    }

    /// The line that tells of an invocation, which ends with it; none if it had no job.
    fn batch_line(&self) -> Option<String> {
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        let Batch { jobs, numbers } = std::mem::take(&mut *batch);
        (jobs > 0).then(|| numbers.batch_line("polled", ("jobs", jobs)))
    }

    /// Tells of a job that was done, and counts it: at first what is known by itself, for the store may
    /// be what is wrong, and then what the store says of a tenant whose poll did not end well.
    async fn log_job(&self, tenant: &str, result: Result<&Report, &JobFailure>, took: Duration) {
        let now = self.clock.now();
        let trouble = Trouble::of(result, None, now);
        if let Some(trouble) = &trouble {
            trouble.log(tenant);
        }
        let numbers = job_numbers(result, None, now, took);
        self.print_own(tenant, &numbers, now);
        self.count(&numbers);
        // A mistyped name must leave nothing in the store.
        let is_unknown = matches!(result, Err(JobFailure::UnknownTenant(_)));
        if is_unknown {
            return;
        }
        if let Ok(report) = result
            && why_not_well(Ok(report)).is_none()
        {
            if report.ending == Ending::Complete {
                self.note_over(tenant, now).await;
            }
            return;
        }
        self.log_overdue(tenant, result, now).await;
        if let Some(trouble) = trouble {
            let is_retryable = result.err().is_none_or(JobFailure::is_retryable);
            let store = self.store.as_ref();
            let noted = LastError::note(store, tenant, &trouble.what, is_retryable, now);
            Deadline::after(NOTING).bound(noted).await;
            self.noted().insert(tenant.to_owned());
        }
    }

    /// Notes that the last error of a tenant is over, if this process has noted one. Another process does not
    /// ask: it would cost a request per poll.
    async fn note_over(&self, tenant: &str, now: Timestamp) {
        if !self.noted().contains(tenant) {
            return;
        }
        let over = LastError::note_over(self.store.as_ref(), tenant, now);
        if Deadline::after(NOTING).bound(over).await == Some(true) {
            self.noted().remove(tenant);
        }
    }

    fn noted(&self) -> MutexGuard<'_, HashSet<String>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of a tenant whose poll did not end well if none has for too long, and counts that.
    async fn log_overdue(
        &self,
        tenant: &str,
        result: Result<&Report, &JobFailure>,
        now: Timestamp,
    ) {
        let asked = overdue_since(self.store.as_ref(), tenant, now);
        let Some(Some(since)) = Deadline::after(ASKING).bound(asked).await else {
            return;
        };
        // With the cause again: who looks for the latest line of a tenant finds both in it.
        if let Some(trouble) = Trouble::of(result, Some(since), now) {
            trouble.log(tenant);
        }
        let numbers = overdue_numbers(result.ok(), since, now);
        self.print_own(tenant, &numbers, now);
        self.add(&numbers);
    }

    /// Prints the metrics of a tenant that has its own.
    fn print_own(&self, tenant: &str, numbers: &Numbers, now: Timestamp) {
        if self.by_tenant || self.known.has_own_metrics(tenant) {
            (self.print)(&numbers.tenant_line(tenant, now.as_millisecond()));
        }
    }
}

/// What is added to the numbers of a job of a tenant none of whose polls has ended well since then.
fn overdue_numbers(report: Option<&Report>, since: Timestamp, now: Timestamp) -> Numbers {
    let numbers = Numbers::default().with(Metric::Overdue, 1.0);
    match known_lag_secs(report, Some(since), now) {
        Some(secs) => numbers.with(Metric::WatermarkLag, secs),
        None => numbers,
    }
}

#[async_trait]
impl JobLog for Log {
    async fn done(
        &self,
        job: &Job,
        done: &Result<Option<Report>, JobFailure>,
        is_message: bool,
        took: Duration,
    ) {
        let result = match done {
            Ok(Some(report)) => Ok(report),
            // A later poll has done it already.
            Ok(None) => return self.count(&Numbers::default()),
            // The tick is from before the tenant was paused or removed.
            Err(error @ JobFailure::UnknownTenant(_)) if is_message => {
                tracing::warn!(tenant = job.tenant, %error, "nothing to poll");
                return self.count(&Numbers::default());
            }
            // It is polled in a moment, or handed back.
            Err(error) if error.is_postponed() => return,
            Err(error) => Err(error),
        };
        self.log_job(&job.tenant, result, took).await;
    }

    fn invocation_ends(&self) {
        if let Some(line) = self.batch_line() {
            (self.print)(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use drawbridge_config::ConfigError;
    use drawbridge_store::testing::{Call, Hook, Hooked};
    use drawbridge_store::{LocalStore, StoreError};
    use drawbridge_telemetry::testing::Events;
    use jiff::SignedDuration;
    use serde_json::Value;

    use super::*;
    use crate::PollError;

    /// A log whose lines are kept, those of words behind those of numbers.
    struct Kept {
        log: Log,
        lines: Arc<Mutex<Vec<String>>>,
        words: Events,
        _until: tracing::subscriber::DefaultGuard,
        folder: tempfile::TempDir,
    }

    fn now() -> Timestamp {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    fn kept(by_tenant: bool) -> Kept {
        let folder = tempfile::tempdir().unwrap();
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let printed = Arc::clone(&lines);
        let (words, until) = Events::record_json();
        Kept {
            log: Log {
                store: Arc::new(LocalStore::new(folder.path())),
                clock: Arc::new(now),
                by_tenant,
                known: Arc::default(),
                print: Box::new(move |line| printed.lock().unwrap().push(line.to_owned())),
                batch: Mutex::default(),
                noted: Mutex::default(),
            },
            lines,
            words,
            _until: until,
            folder,
        }
    }

    impl Kept {
        async fn done(&self, tenant: &str, done: Result<Option<Report>, JobFailure>) {
            let took = Duration::from_millis(480);
            self.log.done(&Job::of(tenant), &done, true, took).await;
        }

        /// The lines of numbers since the last time.
        fn lines(&self) -> Vec<String> {
            std::mem::take(&mut self.lines.lock().unwrap())
        }

        /// The lines of words since the last time.
        fn words(&self) -> Vec<Value> {
            self.words.take_json()
        }
    }

    /// What an idle poll tells.
    fn idle() -> Report {
        Report {
            requests: 1,
            pages: 1,
            read_up_to: Some(now() - SignedDuration::from_secs(31)),
            ..Report::default()
        }
    }

    /// The bytes that `docs/costs.md` has for the log of an idle batch.
    #[tokio::test]
    async fn an_idle_batch_of_ten_prints_one_short_line() {
        let kept = kept(false);
        // At the same time, as the jobs of a batch are done.
        let names: Vec<String> = (0..10).map(|n| format!("tenant-{n}")).collect();
        let jobs = names.iter().map(|name| kept.done(name, Ok(Some(idle()))));
        futures::future::join_all(jobs).await;
        assert_eq!(kept.lines(), [""; 0], "nothing before the end");
        kept.log.invocation_ends();
        let lines = kept.lines();
        assert_eq!(
            lines,
            [concat!(
                r#"{"level":"INFO","message":"polled","jobs":10,"batch":{"GraphRequests":10,"#,
                r#""WatermarkLag":31,"Duration":480,"Successes":10}}"#
            )]
        );
        assert!(lines[0].len() < 150, "{} bytes", lines[0].len());
        assert_eq!(kept.words(), [Value::Null; 0], "all tenants are well");
        kept.log.invocation_ends();
        assert_eq!(kept.lines(), [""; 0], "the next one had no job");
    }

    #[tokio::test]
    async fn a_tenant_in_trouble_is_named_at_once_and_counted_at_the_end() {
        let kept = kept(false);
        let late = Report {
            read_up_to: Some(now() - SignedDuration::from_secs(4000)),
            alerts: 7,
            ..idle()
        };
        kept.done("late", Ok(Some(late))).await;
        let words = kept.words();
        assert_eq!(words.len(), 1, "{words:?}");
        assert_eq!(
            (&words[0]["tenant"], &words[0]["level"]),
            (&"late".into(), &"WARN".into())
        );
        assert_eq!(words[0]["lag_secs"], 4000.0);
        crate::change_state(kept.log.store.as_ref(), "broken", |state| {
            state.last_success = Some(now() - SignedDuration::from_hours(2));
        })
        .await
        .unwrap();
        let missing = ConfigError::Missing {
            name: "DRAWBRIDGE_X",
            meaning: "nothing",
        };
        kept.done("broken", Err(missing.into())).await;
        let words = kept.words();
        assert_eq!(words.len(), 2, "{words:?}");
        for (line, lag_secs) in words.iter().zip([Value::Null, 7200.0.into()]) {
            assert_eq!(
                (&line["tenant"], &line["level"], &line["lag_secs"]),
                (&"broken".into(), &"ERROR".into(), &lag_secs)
            );
            let trouble = line["trouble"].as_str().unwrap();
            assert!(trouble.contains("DRAWBRIDGE_X"), "{trouble}");
            let says_since = trouble.contains("has succeeded");
            assert_eq!(says_since, !lag_secs.is_null(), "{trouble}");
        }
        kept.done("failing", Err(PollError::Circular.into())).await;
        kept.done("well", Ok(Some(idle()))).await;
        kept.done("gone", Err(JobFailure::UnknownTenant("gone".into())))
            .await;
        kept.done("well", Ok(None)).await;
        kept.log.invocation_ends();
        let line: Value = serde_json::from_str(&kept.lines().concat()).unwrap();
        assert_eq!(line["jobs"], 6);
        let expected = serde_json::json!({
            "AlertsFetched": 7, "GraphRequests": 2, "WatermarkLag": 7200, "Duration": 480,
            "ConfigErrors": 1, "Failures": 2, "Overdue": 1, "Successes": 2,
        });
        assert_eq!(line["batch"], expected);
    }

    /// A store that does not answer for keys with this ending.
    struct Hangs(&'static str);

    #[async_trait]
    impl Hook for Hangs {
        async fn before(&self, _: Call, key: &str) -> Result<(), StoreError> {
            if key.ends_with(self.0) {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    }

    impl Hangs {
        fn store(self, folder: &Path) -> Arc<dyn Store> {
            let store = Arc::new(LocalStore::new(folder));
            Arc::new(Hooked { store, hook: self })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_store_hangs_a_failure_is_told_and_counted_all_the_same() {
        // The time that a job has to be told of, and what is left of it after one that was given up.
        for (left, is_whole) in [(3, true), (1, false)] {
            let mut kept = kept(true);
            kept.log.store = Hangs("").store(kept.folder.path());
            let told = kept.done("t", Err(JobFailure::GivenUp));
            let told = tokio::time::timeout(Duration::from_secs(left), told).await;
            assert_eq!(told.is_ok(), is_whole, "{left} s");
            let words = kept.words();
            assert_eq!(words.len(), 1, "{words:?}");
            assert_eq!(words[0]["trouble"], JobFailure::GivenUp.to_string());
            kept.log.invocation_ends();
            let lines = kept.lines();
            assert_eq!(lines.len(), 2, "{lines:?}");
            assert!(lines[0].contains(r#""Tenant":"t""#), "{lines:?}");
            let line: Value = serde_json::from_str(&lines[1]).unwrap();
            assert_eq!(
                (&line["jobs"], &line["batch"]["Failures"]),
                (&1.into(), &1.into())
            );
        }
    }

    /// Its next try has all of the time: that it is slow is no failure, and is told all the same.
    #[tokio::test]
    async fn a_tenant_that_is_put_off_is_named_and_has_not_failed() {
        let kept = kept(false);
        kept.done("slow", Err(JobFailure::NoPage)).await;
        kept.log.invocation_ends();
        let words = kept.words();
        assert_eq!(words[0]["level"], "WARN");
        assert_eq!(words[0]["trouble"], JobFailure::NoPage.to_string());
        let line: Value = serde_json::from_str(&kept.lines().concat()).unwrap();
        assert_eq!(line["jobs"], 1);
        assert_eq!(line["batch"].get("Failures"), None, "{line}");
    }

    #[tokio::test(start_paused = true)]
    async fn since_when_polls_fail_is_noted_before_what_ended_the_last_one() {
        let mut kept = kept(false);
        kept.log.store = Hangs(".error.json").store(kept.folder.path());
        let store = Arc::clone(&kept.log.store);
        crate::change_state(store.as_ref(), "t", |state| {
            state.last_success = Some(now() - SignedDuration::from_mins(10));
        })
        .await
        .unwrap();
        // The time that is left after a poll that was given up.
        let told = kept.done("t", Err(JobFailure::GivenUp));
        let _ = tokio::time::timeout(Duration::from_secs(1), told).await;
        let state = crate::state_object::head(store.as_ref(), "t", usize::MAX).await;
        assert_eq!(state.unwrap().unwrap().failing_since, Some(now()));
    }

    #[tokio::test]
    async fn of_a_name_that_nobody_has_nothing_is_noted() {
        let kept = kept(false);
        let unknown = || Err(JobFailure::UnknownTenant("typo".into()));
        let job = Job::of("typo");
        kept.log.done(&job, &unknown(), false, Duration::ZERO).await;
        let noted = LastError::of(kept.log.store.as_ref(), "typo").await;
        assert_eq!(noted.unwrap(), None);
        assert_eq!(kept.words().len(), 1, "it is told");
        // Of one that there is, it is.
        kept.done("t", Err(PollError::Circular.into())).await;
        let noted = LastError::of(kept.log.store.as_ref(), "t").await;
        assert!(noted.unwrap().is_some());
    }

    #[tokio::test]
    async fn an_error_is_over_when_the_process_that_noted_it_polls_well_again() {
        let kept = kept(false);
        let over = async || {
            let last = LastError::of(kept.log.store.as_ref(), "t").await;
            last.unwrap().map(|last| last.over)
        };
        kept.done("t", Err(PollError::Circular.into())).await;
        assert_eq!(over().await, Some(None));
        kept.done("t", Ok(Some(idle()))).await;
        assert_eq!(over().await, Some(Some(now())));
        assert!(kept.log.noted().is_empty());
        // Nothing is asked for a tenant without an error.
        let file = kept.folder.path().join("state/t.error.json");
        std::fs::write(
            file,
            serde_json::json!({"at": now(), "error": "x"}).to_string(),
        )
        .unwrap();
        kept.done("t", Ok(Some(idle()))).await;
        assert_eq!(over().await, Some(None));
    }

    /// What the second line adds, the first does not have.
    #[tokio::test]
    async fn an_overdue_tenants_own_metrics_count_each_failure_once() {
        let kept = kept(true);
        crate::change_state(kept.log.store.as_ref(), "t", |state| {
            state.last_success = Some(now() - SignedDuration::from_hours(2));
        })
        .await
        .unwrap();
        kept.done("t", Err(PollError::Circular.into())).await;
        let metrics = |line: &String| -> Vec<Value> {
            let line: Value = serde_json::from_str(line).unwrap();
            let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array();
            let metrics = metrics.unwrap().iter();
            metrics.map(|metric| metric["Name"].clone()).collect()
        };
        let lines: Vec<_> = kept.lines().iter().map(metrics).collect();
        assert_eq!(
            lines,
            [["Duration", "Failures"], ["WatermarkLag", "Overdue"]]
                .map(|names| names.map(Value::from).to_vec())
        );
    }

    #[tokio::test]
    async fn who_asks_for_metrics_has_them_beside_those_of_the_stack() {
        let whose = |kept: &Kept| -> Vec<Value> {
            let lines = kept.lines().into_iter();
            let lines = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
            lines.map(|line| line["Tenant"].clone()).collect()
        };
        for (by_tenant, asks, expected) in [
            (false, false, vec![Value::Null]),
            (false, true, vec!["a".into(), Value::Null]),
            (true, false, vec!["a".into(), "b".into(), Value::Null]),
        ] {
            let kept = kept(by_tenant);
            let document = format!(
                r#"[{{"name":"a","tenant_id":"t.example","secret":"s","metrics":{asks},
                "client_id":"00000000-0000-0000-0000-000000000001"}}]"#
            );
            let tenants = drawbridge_config::Tenant::parse_list("T", &document).unwrap();
            kept.log.known.note_own_metrics(&tenants[0]);
            kept.done("a", Ok(Some(idle()))).await;
            kept.done("b", Err(PollError::Circular.into())).await;
            kept.log.invocation_ends();
            assert_eq!(whose(&kept), expected, "{by_tenant} {asks}");
        }
    }
}
