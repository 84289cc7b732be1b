//! What a model of a poller may do, with the same faults as the real handler meets.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use crate::graph::{Ask, Graph, Reply, Row, Wait};
use crate::run::Run;
use crate::{Kind, Step, World};

/// How often a model asks for a page, the first time included: more than some of them do.
const TRIES: u32 = 3;

/// Something failed; the poll ends.
#[derive(Debug)]
pub(crate) struct Broke;

/// A page.
pub(crate) struct Page {
    pub(crate) rows: Vec<Row>,
    pub(crate) next: Option<usize>,
}

/// One version of an alert at its destination.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivered {
    pub(crate) row: Row,
    pub(crate) at: Timestamp,
}

/// The services of a model in one poll.
#[derive(Clone)]
pub(crate) struct Io {
    pub(crate) world: Arc<World>,
    pub(crate) graph: Graph,
    pub(crate) run: Arc<Run>,
    pub(crate) token: u64,
    pub(crate) delivered: Arc<Mutex<Vec<Delivered>>>,
}

impl Io {
    /// The poller's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock_of(0)
    }

    /// `secs` before now.
    pub(crate) fn ago(&self, secs: i64) -> Timestamp {
        self.now() - SignedDuration::from_secs(secs)
    }

    /// How many alerts a page has at most.
    pub(crate) fn page_size(&self) -> usize {
        usize::try_from(self.world.schedule.page_size).unwrap_or(usize::MAX)
    }

    /// `lastUpdateDateTime` of a row.
    pub(crate) fn updated(&self, row: Row) -> Timestamp {
        self.graph.version(row).updated
    }

    /// `createdDateTime` of a row.
    pub(crate) fn created(&self, row: Row) -> Timestamp {
        self.world.schedule.alerts[row.alert].created
    }

    /// Asks for a page, again where that may help.
    pub(crate) async fn ask(&self, ask: &Ask) -> Result<Page, Broke> {
        for _ in 1..TRIES {
            match self.ask_once(ask).await {
                Ok(page) => return Ok(page),
                Err(Some(secs)) if secs > 300 => return Err(Broke),
                Err(wait) => sleep(Duration::from_secs(wait.unwrap_or(1).max(1))).await,
            }
        }
        self.ask_once(ask).await.map_err(|_| Broke)
    }

    /// Asks for a page once; an error may hold `Retry-After`.
    pub(crate) async fn ask_once(&self, ask: &Ask) -> Result<Page, Option<u64>> {
        let reply = self
            .run
            .step(Step::AskGraph, self.graph.answer(ask, self.token))
            .await;
        match reply {
            // No model looks at the status 206: it is a success to every HTTP library.
            // A link that leads back would keep every model busy for ever.
            Reply::Page {
                next: Some(next), ..
            } if next <= ask.skip => Err(None),
            Reply::Page { rows, next, .. } => Ok(Page { rows, next }),
            Reply::Status(_, wait) => Err(wait.and_then(Wait::secs)),
            Reply::ForeignLink(_)
            | Reply::Html
            | Reply::Hangs
            | Reply::Reset
            | Reply::CutOff
            | Reply::Malformed => Err(None),
        }
    }

    /// All pages behind next links, each given to the destination when it comes.
    pub(crate) async fn all_pages(&self, mut ask: Ask) -> Result<Vec<Row>, Broke> {
        let mut rows = Vec::new();
        loop {
            let page = self.ask(&ask).await?;
            rows.extend(&page.rows);
            match page.next {
                Some(next) => ask.skip = next,
                None => return Ok(rows),
            }
        }
    }

    /// Gives rows to the destination; the answer may be lost, or some rows be refused.
    pub(crate) async fn send(&self, rows: &[Row]) -> Result<(), Broke> {
        if rows.is_empty() {
            return Ok(());
        }
        self.run
            .step(Step::Send, async { self.try_send(rows) })
            .await
    }

    /// Saves the cursor: whatever the model sets after this is what it finds after a death.
    pub(crate) async fn save(&self) -> Result<(), Broke> {
        let world = &self.world;
        self.run
            .step(Step::Save, async {
                if world.strikes(Kind::StoreDown).is_some() {
                    return Err(Broke);
                }
                Ok(())
            })
            .await
    }

    fn try_send(&self, rows: &[Row]) -> Result<(), Broke> {
        let world = &self.world;
        if world.strikes(Kind::QueueDown).is_some() {
            return Err(Broke);
        }
        let mut refused = false;
        for row in rows {
            if world.strikes(Kind::QueueRefuses).is_some() {
                refused = true;
                continue;
            }
            let at = world.now();
            let mut delivered = self
                .delivered
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            delivered.push(Delivered { row: *row, at });
        }
        if refused || world.strikes(Kind::QueueAmbiguous).is_some() {
            return Err(Broke);
        }
        Ok(())
    }
}
