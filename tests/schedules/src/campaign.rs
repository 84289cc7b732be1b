//! Many schedules at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Counts, Findings, Kind, Without, simulate};

/// What came of many schedules.
#[derive(Debug, Default)]
pub struct Campaign {
    /// The seeds whose schedules broke a property, in order.
    pub failed: Vec<(u64, Findings)>,
    /// What the faults did.
    pub counts: Counts,
    /// Records that were delivered.
    pub records: usize,
    /// Records that came again, each with an excuse.
    pub repeated: usize,
    /// Records with an `AlertPart` that another record of the alert has.
    pub shared_parts: usize,
    /// Alerts, records and windows that were put aside.
    pub quarantined: usize,
    /// Records in windows that were put aside.
    pub in_gaps: usize,
    /// Records in ranges that are still to be read.
    pub still_left: usize,
    /// Schedules whose watermark a poison alert holds back.
    pub held_back: usize,
    /// Requests to Graph.
    pub requests: u64,
    /// The longest time to a record's arrival, and the seed of its schedule.
    pub worst_delay_secs: (i64, u64),
    /// The longest time to the arrival of what only the hourly sweep finds, and only the daily one.
    pub worst_sweep_secs: [i64; 2],
    /// The same for tenants with nothing wrong, by what was wrong with a neighbour: with nothing
    /// else wrong, and with store or queue in trouble or every process busy.
    pub worst_beside_secs: BTreeMap<Kind, [i64; 2]>,
}

/// Runs the schedules of `seeds`, without some of what is in them, on two threads.
#[must_use]
pub fn campaign(seeds: Range<u64>, without: &Without) -> Campaign {
    let simulate = |seed| simulate(seed, without.clone());
    let mut all = Campaign::default();
    on_two_threads(seeds, simulate, |seed, outcome| {
        all.add(seed, &outcome.counts, outcome.findings);
    });
    all.failed.sort_by_key(|(seed, _)| *seed);
    all
}

/// Does something with each seed, and takes what comes of it in any order.
pub(crate) fn on_two_threads<T>(
    seeds: Range<u64>,
    work: impl Fn(u64) -> T + Sync,
    take: impl FnMut(u64, T) + Send,
) {
    let next = AtomicU64::new(seeds.start);
    let take = Mutex::new(take);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let done = work(seed);
                    let mut take = take.lock().unwrap_or_else(PoisonError::into_inner);
                    take(seed, done);
                }
            });
        }
    });
}

impl Campaign {
    fn add(&mut self, seed: u64, counts: &Counts, findings: Findings) {
        self.counts.add(counts);
        self.records += findings.records;
        self.repeated += findings.repeated;
        self.shared_parts += findings.shared_parts;
        self.quarantined += findings.quarantined;
        self.in_gaps += findings.in_gaps;
        self.still_left += findings.still_left;
        self.held_back += usize::from(findings.held_back);
        self.requests += findings.requests;
        let delay = (findings.worst_delay_secs, seed);
        self.worst_delay_secs = self.worst_delay_secs.max(delay);
        for (worst, secs) in self
            .worst_sweep_secs
            .iter_mut()
            .zip(findings.worst_sweep_secs)
        {
            *worst = secs.max(*worst);
        }
        for trouble in &findings.troubles {
            let worst = self.worst_beside_secs.entry(*trouble).or_default();
            let worst = &mut worst[usize::from(findings.beside_more)];
            *worst = findings.worst_beside_secs.max(*worst);
        }
        if !findings.broken.is_empty() {
            self.failed.push((seed, findings));
        }
    }

    /// The campaign in words and tables: Markdown.
    #[must_use]
    pub fn lines(&self, schedules: u64) -> String {
        let failed = self.failed.len();
        let mut text = format!("{schedules} schedules: {failed} broke a property.\n\n");
        let secs = i64::unsigned_abs;
        let ((delay, seed), [hourly, daily]) = (self.worst_delay_secs, self.worst_sweep_secs);
        let facts = [
            ("records delivered", self.records as u64),
            ("of them again, each with an excuse", self.repeated as u64),
            (
                "with an `AlertPart` that another record has, one of the two from a poll that did \
                 not save",
                self.shared_parts as u64,
            ),
            (
                "alerts, records and windows put aside",
                self.quarantined as u64,
            ),
            (
                "records in windows that were put aside",
                self.in_gaps as u64,
            ),
            (
                "records in ranges still to be read at the end",
                self.still_left as u64,
            ),
            (
                "watermarks held back by a poison alert at the end",
                self.held_back as u64,
            ),
            ("requests to Graph", self.requests),
            ("worst delay in seconds, outages included", secs(delay)),
            ("seed of its schedule", seed),
            (
                "worst delay of what only the hourly sweep finds",
                secs(hourly),
            ),
            (
                "worst delay of what only the daily sweep finds",
                secs(daily),
            ),
        ];
        text.push_str("| | |\n|---|---|\n");
        for (what, count) in facts {
            text.push_str(&format!("| {what} | {count} |\n"));
        }
        text.push_str(&format!("\n{}", self.counts.markdown()));
        text.push_str(
            "\n| a neighbour's trouble | worst delay of a tenant beside it, in seconds | the same \
             with store or queue in trouble, too, or every process busy |\n|---|---|---|\n",
        );
        for (kind, [alone, with_more]) in &self.worst_beside_secs {
            text.push_str(&format!("| {} | {alone} | {with_more} |\n", kind.name()));
        }
        for (seed, findings) in &self.failed {
            text.push_str(&format!("\nseed {seed}: {}\n", findings.broken[0]));
            text.push_str(&format!("  {}\n", command(*seed, &Without::default())));
        }
        text
    }
}

/// The command that runs a schedule again, with its trace.
#[must_use]
pub fn command(seed: u64, without: &Without) -> String {
    let mut command = format!("cargo run --release -p drawbridge-schedules -- --seed {seed}");
    let text = without.text();
    if !text.is_empty() {
        command.push_str(&format!(" --without {text}"));
    }
    command
}
