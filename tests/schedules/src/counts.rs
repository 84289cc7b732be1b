//! What each kind of fault did, over one schedule or many.

use std::collections::BTreeMap;

use crate::{Kind, Step};

/// How a poll ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// All was read.
    Well,
    /// The state knows the rest.
    OutOfTime,
    /// Graph asked to wait: the job comes back.
    Postponed,
    /// Another poll was faster.
    Overtaken,
    /// With an error: the job comes back.
    Failed,
    /// The process died, or was killed for want of time.
    Died,
}

impl Ended {
    /// Every end.
    pub const ALL: [Self; 6] = [
        Self::Well,
        Self::OutOfTime,
        Self::Postponed,
        Self::Overtaken,
        Self::Failed,
        Self::Died,
    ];
}

/// What else is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it in the table")]
pub enum Event {
    Polls,
    Sweeps,
    RequestsAgain,
    Conflicts,
    JobsAgain,
    DeadLetters,
    KilledByTimeout,
}

impl Event {
    /// Every event with its meaning.
    pub const ALL: [(Self, &str); 7] = [
        (Self::Polls, "polls"),
        (
            Self::Sweeps,
            "sweeps of the last day or week that they made",
        ),
        (
            Self::RequestsAgain,
            "requests to Graph made again or in vain",
        ),
        (Self::Conflicts, "saves answered with 412"),
        (Self::JobsAgain, "jobs given back to the jobs queue"),
        (Self::DeadLetters, "jobs that went to the dead-letter queue"),
        (
            Self::KilledByTimeout,
            "processes killed because a poll took too long",
        ),
    ];
}

/// How often each kind of fault struck, in how many schedules, and what became of the polls.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    strikes: BTreeMap<Kind, (u64, u64)>,
    ended: BTreeMap<(Kind, Ended), u64>,
    deaths: BTreeMap<(Step, bool), u64>,
    events: BTreeMap<Event, u64>,
}

impl Counts {
    /// Counts one strike.
    pub fn strike(&mut self, kind: Kind) {
        let entry = self.strikes.entry(kind).or_default();
        entry.0 += 1;
        entry.1 = 1;
    }

    /// Counts the end of a poll during which these kinds struck.
    pub fn ended(&mut self, kinds: impl IntoIterator<Item = Kind>, ended: Ended) {
        for kind in kinds {
            *self.ended.entry((kind, ended)).or_default() += 1;
        }
    }

    /// Counts a death before or after a step.
    pub fn died(&mut self, step: Step, after: bool) {
        *self.deaths.entry((step, after)).or_default() += 1;
    }

    /// Counts something else.
    pub fn event(&mut self, event: Event, count: u64) {
        *self.events.entry(event).or_default() += count;
    }

    /// Adds the counts of another schedule.
    pub fn add(&mut self, other: &Self) {
        self.sum(other, |ours, theirs| ours + theirs);
    }

    /// Adds the counts of another tenant of the same schedule.
    pub fn add_tenant(&mut self, other: &Self) {
        self.sum(other, u64::max);
    }

    fn sum(&mut self, other: &Self, schedules: impl Fn(u64, u64) -> u64) {
        for (kind, (strikes, theirs)) in &other.strikes {
            let entry = self.strikes.entry(*kind).or_default();
            entry.0 += strikes;
            entry.1 = schedules(entry.1, *theirs);
        }
        for (key, count) in &other.ended {
            *self.ended.entry(*key).or_default() += count;
        }
        for (key, count) in &other.deaths {
            *self.deaths.entry(*key).or_default() += count;
        }
        for (key, count) in &other.events {
            *self.events.entry(*key).or_default() += count;
        }
    }

    /// How often `kind` struck.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.strikes.get(&kind).map_or(0, |(strikes, _)| *strikes)
    }

    /// How often processes died before or after `step`.
    #[must_use]
    pub fn deaths(&self, step: Step, after: bool) -> u64 {
        self.deaths.get(&(step, after)).copied().unwrap_or(0)
    }

    /// How often `event` came.
    #[must_use]
    pub fn events(&self, event: Event) -> u64 {
        self.events.get(&event).copied().unwrap_or(0)
    }

    /// The counts as Markdown tables.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "| fault | struck | in schedules | polls hit | ended well all the same | out of time | \
             postponed | overtaken | failed | died |\n|---|---|---|---|---|---|---|---|---|---|\n",
        );
        for kind in Kind::ALL {
            let (strikes, schedules) = self.strikes.get(&kind).copied().unwrap_or_default();
            let of = |ended| self.ended.get(&(kind, ended)).copied().unwrap_or(0);
            let ends = Ended::ALL.map(of);
            let polls: u64 = ends.iter().sum();
            let cells = [strikes, schedules, polls].into_iter().chain(ends);
            let cells: Vec<String> = cells
                .enumerate()
                .map(|(n, count)| match count {
                    // What is in the alerts strikes no poll.
                    0 if polls == 0 && n > 1 => "–".to_owned(),
                    count => count.to_string(),
                })
                .collect();
            text.push_str(&format!("| {} | {} |\n", kind.name(), cells.join(" | ")));
        }
        text.push_str(
            "\n| a process died while it … | before it was done | after |\n|---|---|---|\n",
        );
        for step in Step::ALL {
            let (before, after) = (self.deaths(step, false), self.deaths(step, true));
            text.push_str(&format!("| {} | {before} | {after} |\n", step.name()));
        }
        text.push_str("\n| what came of it | |\n|---|---|\n");
        for (event, meaning) in Event::ALL {
            text.push_str(&format!("| {meaning} | {} |\n", self.events(event)));
        }
        text
    }
}
