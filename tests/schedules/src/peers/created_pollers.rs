//! Models of the pollers that follow `createdDateTime`: they see each alert once, and no update.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::io::{Broke, Io};
use super::{Model, at_or_after};
use crate::graph::{Ask, Field, Row};

/// Wazuh `ms-graph`.
#[derive(Default)]
pub(super) struct Wazuh {
    bookmark: Option<Timestamp>,
}

#[async_trait(?Send)]
impl Model for Wazuh {
    /// `[bookmark, now - 30 s)`, next links followed, pages sent as they come. A page that fails
    /// fails the window; an event that cannot be handed on is logged, and the bookmark moves.
    async fn poll(&mut self, io: &Io) -> Result<(), Broke> {
        let to = io.ago(30);
        let Some(from) = self.bookmark else {
            self.bookmark = Some(to);
            return Ok(());
        };
        if from >= to {
            return Ok(());
        }
        let mut ask = Ask {
            to: Some((to, false)),
            ..at_or_after(Field::Created, from, io.page_size())
        };
        loop {
            let page = io.ask(&ask).await?;
            let _ = io.send(&page.rows).await;
            let Some(next) = page.next else { break };
            ask.skip = next;
        }
        io.save().await?;
        self.bookmark = Some(to);
        Ok(())
    }

    /// `only_future_events` is on by default: what came while it was down is not read.
    fn restarted(&mut self) {
        self.bookmark = None;
    }
}

/// Cortex XSOAR `MicrosoftGraphSecurity`.
#[derive(Default)]
pub(super) struct Xsoar {
    last: Option<Timestamp>,
}

#[async_trait(?Send)]
impl Model for Xsoar {
    /// The first page of `[last, now]`, sorted by the client; then only what is later than the
    /// last one's time, ten at most.
    async fn poll(&mut self, io: &Io) -> Result<(), Broke> {
        let last = self.last.unwrap_or_else(|| io.ago(3600));
        let ask = Ask {
            to: Some((io.now(), true)),
            ..at_or_after(Field::Created, last, io.page_size())
        };
        let page = io.ask(&ask).await?;
        let mut rows: Vec<Row> = page.rows;
        rows.retain(|row| io.created(*row) > last);
        rows.sort_by_key(|row| io.created(*row));
        rows.truncate(10);
        io.send(&rows).await?;
        io.save().await?;
        self.last = rows.last().map(|row| io.created(*row)).or(Some(last));
        Ok(())
    }
}

/// Matano's managed pullers, pointed at alerts.
#[derive(Default)]
pub(super) struct Matano {
    until: Option<Timestamp>,
    queued: Vec<(Timestamp, Timestamp, u32)>,
}

#[async_trait(?Send)]
impl Model for Matano {
    /// A message a tick holds its window `[time - rate, time)`; three tries, then it waits in the
    /// dead-letter queue for somebody to redrive it. 429 and 5xx are not tried again within a try.
    async fn poll(&mut self, io: &Io) -> Result<(), Broke> {
        let rate = SignedDuration::from_secs(io.world.schedule.tick_secs.cast_signed());
        let now = io.world.now();
        let mut until = self.until.unwrap_or(now - rate);
        while until + rate <= now {
            self.queued.push((until, until + rate, 0));
            until += rate;
        }
        self.until = Some(until);
        let mut todo = std::mem::take(&mut self.queued);
        // Counted before the try: a message that killed its reader was received all the same.
        for message in &mut todo {
            message.2 += 1;
        }
        self.queued = todo.iter().filter(|m| m.2 < 3).copied().collect();
        for message in todo {
            if window(io, message.0, message.1).await.is_ok() {
                self.queued.retain(|queued| queued.0 != message.0);
            }
        }
        Ok(())
    }
}

async fn window(io: &Io, from: Timestamp, to: Timestamp) -> Result<(), Broke> {
    let mut ask = Ask {
        to: Some((to, false)),
        ..at_or_after(Field::Created, from, io.page_size())
    };
    let mut rows = Vec::new();
    loop {
        let page = io.ask_once(&ask).await.map_err(|_| Broke)?;
        rows.extend(page.rows);
        match page.next {
            Some(next) => ask.skip = next,
            None => break,
        }
    }
    io.send(&rows).await
}
