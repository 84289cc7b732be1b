//! How long live alerts take from the moment Graph shows them to the queue.

use crate::campaign::on_two_threads;
use crate::simulate::run;
use crate::{Kind, Kinds, Schedule, Without};

/// The schedules of each row in the documentation.
pub const LAG_SCHEDULES: u64 = 300;

/// What is measured: in words, how many seconds lie between two jobs of a tenant, and whether anything
/// goes wrong.
const ROWS: [(&str, u64, bool); 4] = [
    ("a job each minute, as it is", 60, false),
    ("the same under faults", 60, true),
    ("a job every 30 s", 30, false),
    ("a job every 20 s", 20, false),
];

/// How long the records of live alerts took.
#[derive(Debug)]
pub struct Lag {
    /// What was measured.
    pub name: &'static str,
    /// All of them, in milliseconds, the shortest first.
    sorted_ms: Vec<i64>,
}

impl Lag {
    /// So many of a hundred took no longer, in seconds.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> i64 {
        let last = self.sorted_ms.len().saturating_sub(1);
        let ms = self.sorted_ms.get(last * percent / 100);
        ms.map_or(0, |ms| (ms + 999) / 1000)
    }

    /// How many there were.
    #[must_use]
    pub fn records(&self) -> usize {
        self.sorted_ms.len()
    }
}

/// Measures each row over so many schedules.
#[must_use]
pub fn lags(schedules: u64) -> Vec<Lag> {
    let measure = |(name, tick_secs, has_faults)| {
        let mut sorted_ms = Vec::new();
        let lags_of = |seed| run(schedule(seed, tick_secs, has_faults)).findings.lags_ms;
        on_two_threads(0..schedules, lags_of, |_, lags| sorted_ms.extend(lags));
        sorted_ms.sort_unstable();
        Lag { name, sorted_ms }
    };
    ROWS.into_iter().map(measure).collect()
}

/// Everything that is drawn, or nothing but new alerts and updates.
fn schedule(seed: u64, tick_secs: u64, has_faults: bool) -> Schedule {
    let without = match has_faults {
        true => Kinds::NONE,
        false => Kind::ALL.into_iter().fold(Kinds::NONE, Kinds::with),
    };
    let mut schedule = Schedule::new(seed, &Without::from(without));
    for neighbour in &mut schedule.neighbours {
        neighbour.tick_secs = tick_secs;
    }
    Schedule {
        tick_secs,
        ..schedule
    }
}

/// The table of the documentation: Markdown.
#[must_use]
pub fn lag_table(lags: &[Lag], schedules: u64) -> String {
    let mut text = format!(
        "{schedules} schedules each, seeds 0 to {}.\n\n\
         | | records | half within | 95 of 100 within | all within |\n|---|---|---|---|---|\n",
        schedules - 1
    );
    for lag in lags {
        let [half, most, all] = [50, 95, 100].map(|percent| lag.percentile(percent));
        let (name, records) = (lag.name, lag.records());
        text.push_str(&format!(
            "| {name} | {records} | {half} s | {most} s | {all} s |\n"
        ));
    }
    text
}
