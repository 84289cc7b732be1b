//! Many schedules at once.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Counts, Findings, Kinds, simulate};

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
    /// Alerts, records and windows that were put aside.
    pub put_aside: usize,
    /// Records in windows that were put aside.
    pub in_gaps: usize,
    /// Records in windows that are still owed.
    pub still_owed: usize,
    /// Schedules whose watermark a poison alert holds back.
    pub held_back: usize,
    /// Requests to Graph.
    pub requests: u64,
    /// The longest time to a record's arrival.
    pub worst_delay_secs: i64,
}

/// Runs the schedules of `seeds` on two threads.
#[must_use]
pub fn campaign(seeds: Range<u64>) -> Campaign {
    let next = AtomicU64::new(seeds.start);
    let all = Mutex::new(Campaign::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let outcome = simulate(seed, Kinds::NONE);
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.add(seed, &outcome.counts, outcome.findings);
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.failed.sort_by_key(|(seed, _)| *seed);
    all
}

impl Campaign {
    fn add(&mut self, seed: u64, counts: &Counts, findings: Findings) {
        self.counts.add(counts);
        self.records += findings.records;
        self.repeated += findings.repeated;
        self.put_aside += findings.put_aside;
        self.in_gaps += findings.in_gaps;
        self.still_owed += findings.still_owed;
        self.held_back += usize::from(findings.held_back);
        self.requests += findings.requests;
        self.worst_delay_secs = self.worst_delay_secs.max(findings.worst_delay_secs);
        if !findings.broken.is_empty() {
            self.failed.push((seed, findings));
        }
    }

    /// The campaign in words.
    #[must_use]
    pub fn lines(&self, schedules: u64) -> String {
        let mut text = format!(
            "{schedules} schedules: {} broke a property\n{} records delivered, {} of them again, \
             {} things put aside, {} records in gaps, {} still owed, {} watermarks held back, {} requests, worst delay {} s\n{}",
            self.failed.len(),
            self.records,
            self.repeated,
            self.put_aside,
            self.in_gaps,
            self.still_owed,
            self.held_back,
            self.requests,
            self.worst_delay_secs,
            self.counts.lines()
        );
        for (seed, findings) in &self.failed {
            text.push_str(&format!("seed {seed}: {}\n", findings.broken[0]));
            text.push_str(&format!("  {}\n", command(*seed, Kinds::NONE)));
        }
        text
    }
}

/// The command that runs a schedule again, with its trace.
#[must_use]
pub fn command(seed: u64, without: Kinds) -> String {
    let names: Vec<String> = without.iter().map(crate::Kind::name).collect();
    let mut command = format!("cargo run --release -p drawbridge-schedules -- --seed {seed}");
    if !names.is_empty() {
        command.push_str(&format!(" --without {}", names.join(",")));
    }
    command
}

/// The kinds of fault that the schedule of `seed` can do without and still break a property.
#[must_use]
pub fn shrink(seed: u64) -> Kinds {
    crate::Kind::ALL.into_iter().fold(Kinds::NONE, |off, kind| {
        let fewer = off.with(kind);
        if simulate(seed, fewer).findings.broken.is_empty() {
            off
        } else {
            fewer
        }
    })
}
