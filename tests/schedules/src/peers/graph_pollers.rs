//! Models of the pollers that follow `lastUpdateDateTime`.

use async_trait::async_trait;
use jiff::Timestamp;

use super::io::{Broke, Io};
use super::{Model, after, at_or_after};
use crate::graph::{Ask, Field, Row};

/// Elastic `m365_defender`, before and after July 2026.
#[derive(Default)]
pub(super) struct Elastic {
    pub(super) fixed: bool,
    pub(super) cursor: Option<Timestamp>,
}

#[async_trait(?Send)]
impl Model for Elastic {
    /// `ge` the last event's time, oldest first. Before: `$skip`, which Graph refuses past 500,
    /// half of its largest page. After: a full page is followed by `gt` its last time.
    async fn poll(&mut self, io: &Io) -> Result<(), Broke> {
        let top = io.page_size();
        let from = self.cursor.unwrap_or_else(|| io.ago(24 * 3600));
        let mut ask = at_or_after(Field::Updated, from, top);
        ask.oldest_first = true;
        loop {
            let page = io.ask(&ask).await?;
            io.send(&page.rows).await?;
            io.save().await?;
            let last = page.rows.iter().map(|row| io.updated(*row)).max();
            self.cursor = self.cursor.max(last);
            let Some(last) = last.filter(|_| page.rows.len() == top) else {
                return Ok(());
            };
            if self.fixed {
                ask.from = (last, false);
            } else {
                ask.skip += top;
                if ask.skip > (top / 2).max(1) {
                    return Err(Broke);
                }
            }
        }
    }
}

/// Splunk SOAR `microsoft365defender`.
#[derive(Default)]
pub(super) struct SplunkSoar {
    pub(super) cursor: Option<Timestamp>,
    known: Vec<Row>,
}

#[async_trait(?Send)]
impl Model for SplunkSoar {
    /// `ge` the last time, one page's worth a poll; the destination drops what it knows; a failure
    /// while ingesting is swallowed and the state moves on.
    async fn poll(&mut self, io: &Io) -> Result<(), Broke> {
        let from = self.cursor.unwrap_or_else(|| io.ago(7 * 24 * 3600));
        let mut ask = at_or_after(Field::Updated, from, io.page_size());
        ask.oldest_first = true;
        let page = io.ask(&ask).await?;
        let known = |row: &&Row| {
            let same = |k: &Row| k.alert == row.alert && k.version == row.version;
            !self.known.iter().any(same)
        };
        let new: Vec<Row> = page.rows.iter().filter(known).copied().collect();
        let _ = io.send(&new).await;
        self.known.extend(new);
        io.save().await?;
        let last = page.rows.iter().map(|row| io.updated(*row)).max();
        self.cursor = self.cursor.max(last);
        Ok(())
    }
}

/// What people write in an afternoon.
#[derive(Default)]
pub(super) struct Afternoon {
    pub(super) cursor: Option<Timestamp>,
}

#[async_trait(?Send)]
impl Model for Afternoon {
    /// `gt` the last run's start, next links followed, the answer of the queue not looked at.
    async fn poll(&mut self, io: &Io) -> Result<(), Broke> {
        let started = io.now();
        let from = self.cursor.unwrap_or_else(|| io.ago(3600));
        let rows = io
            .all_pages(after(Field::Updated, from, io.page_size()))
            .await?;
        let _ = io.send(&rows).await;
        io.save().await?;
        self.cursor = Some(started);
        Ok(())
    }
}

/// The careful rule that a reader of this repository would write first: for comparison.
#[derive(Default)]
pub(super) struct Overlapping {
    pub(super) cursor: Option<Timestamp>,
    known: Vec<Row>,
}

#[async_trait(?Send)]
impl Model for Overlapping {
    /// A closed window that overlaps the last one by 15 minutes; what is known is left out.
    async fn poll(&mut self, io: &Io) -> Result<(), Broke> {
        let overlap = jiff::SignedDuration::from_secs(900);
        let to = io.ago(30);
        let from = self
            .cursor
            .map_or_else(|| io.ago(24 * 3600), |c| c - overlap);
        let ask = Ask {
            to: Some((to, false)),
            ..at_or_after(Field::Updated, from, io.page_size())
        };
        let rows = io.all_pages(ask).await?;
        let known = |row: &Row| {
            let same = |k: &Row| k.alert == row.alert && k.version == row.version;
            self.known.iter().any(same)
        };
        let new: Vec<Row> = rows.into_iter().filter(|row| !known(row)).collect();
        io.send(&new).await?;
        io.save().await?;
        self.known.extend(new);
        self.cursor = self.cursor.max(Some(to));
        Ok(())
    }
}
