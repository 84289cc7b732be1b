//! The table of `docs/guarantees.md`.

use super::PEERS;
use super::ran::{Score, run};
use crate::{Kind, Kinds, Schedule, simulate};

/// A row of the table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Whose rule it is.
    pub name: String,
    /// Where that was read.
    pub source: String,
    /// Records that never arrived.
    pub lost: u64,
    /// Records that should have.
    pub wanted: u64,
    /// Alerts of which nothing arrived.
    pub unseen: u64,
    /// Deliveries of what had arrived already.
    pub repeated: u64,
    /// The longest time to an arrival, in seconds.
    pub worst_delay_secs: i64,
    /// Requests to Graph.
    pub requests: u64,
    /// Schedules after which nothing new arrived any more.
    pub stalled: u64,
}

impl Row {
    fn add(&mut self, score: Score) {
        self.lost += score.lost;
        self.wanted += score.wanted;
        self.unseen += score.unseen;
        self.repeated += score.repeated;
        self.worst_delay_secs = self.worst_delay_secs.max(score.worst_delay_secs);
        self.requests += score.requests;
        self.stalled += u64::from(score.stalled);
    }

    fn line(&self) -> String {
        let percent = self.lost as f64 * 100.0 / self.wanted.max(1) as f64;
        format!(
            "| {} | {} ({percent:.1} %) | {} | {} | {} | {} | {} |\n",
            self.name,
            self.lost,
            self.unseen,
            self.repeated,
            minutes(self.worst_delay_secs),
            self.requests,
            self.stalled
        )
    }
}

fn minutes(secs: i64) -> String {
    format!("{} min", (secs + 59) / 60)
}

/// Drawbridge and every peer over the first `schedules` schedules.
#[must_use]
pub fn table(schedules: u64) -> Vec<Row> {
    let mut ours = Row {
        name: "**Drawbridge** (the real handler)".to_owned(),
        source: "functions/poll".to_owned(),
        ..Row::default()
    };
    let mut rows: Vec<Row> = PEERS
        .iter()
        .map(|peer| Row {
            name: format!("{} (model)", peer.name),
            source: peer.source.to_owned(),
            ..Row::default()
        })
        .collect();
    // The models count a record per file: what comes late beside them is nothing to them.
    let without = Kinds::NONE.with(Kind::LateEvidence).with(Kind::Replicas);
    for seed in 0..schedules {
        let findings = simulate(seed, without).findings;
        ours.add(Score {
            lost: findings.lost as u64,
            wanted: findings.wanted as u64,
            unseen: findings.unseen as u64,
            repeated: findings.repeated as u64,
            worst_delay_secs: findings.worst_delay_secs,
            requests: findings.requests,
            stalled: findings.stalled,
        });
        for (row, peer) in rows.iter_mut().zip(&PEERS) {
            row.add(run(peer, Schedule::new(seed, &without.into())));
        }
    }
    rows.insert(0, ours);
    rows
}

/// The table as Markdown, with the sources of the models under it.
#[must_use]
pub fn markdown(rows: &[Row], schedules: u64) -> String {
    let mut text = format!(
        "{schedules} schedules, seeds 0 to {}.\n\n\
         | poller | records lost | alerts never seen | delivered again | worst delay | requests | \
         schedules stalled |\n|---|---|---|---|---|---|---|\n",
        schedules.saturating_sub(1)
    );
    text.extend(rows.iter().map(Row::line));
    text.push_str("\nWhere each rule was read:\n");
    for row in rows.iter().skip(1) {
        text.push_str(&format!("- {}: {}\n", row.name, row.source));
    }
    text
}
