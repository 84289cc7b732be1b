//! Questions to Graph, and the one that tells trouble with a window from trouble with Graph.

use std::time::Duration;

use drawbridge_graph::{AlertQuery, Room};
use drawbridge_time::Deadline;
use jiff::{SignedDuration, Timestamp};

use crate::Poller;
use crate::context::PollContext;

/// How long the question for nothing may take that tells a refused page from a refused tenant.
const QUESTION_TIME: Duration = Duration::from_secs(10);

impl Poller {
    /// The question for the alerts of a window.
    pub(crate) fn query(&self, from: Timestamp, to: Timestamp, top: u32) -> AlertQuery {
        AlertQuery {
            from,
            to,
            service_sources: self.settings.service_sources.clone(),
            severities: self.settings.severities.clone(),
            top,
            room: Room::Usual,
        }
    }

    /// Asks Graph another question, unless it was asked before and `answered` says how that went; whether Graph
    /// answers.
    pub(crate) async fn ask_graph(
        &self,
        answered: Option<bool>,
        context: &PollContext<'_>,
    ) -> bool {
        match answered {
            Some(answered) => answered,
            None => self.ask_for_nothing_once(context.stop.deadline()).await,
        }
    }

    /// Asks Graph for a window without alerts; whether it answers. If it does not, Graph is down, or it is no
    /// Graph at all, and no window may be given up for that.
    pub(crate) async fn ask_for_nothing(&self, deadline: Deadline) -> bool {
        let page = self.graph.list(&self.nothing(), deadline).await;
        page.is_ok_and(|page| page.next().is_none())
    }

    /// The same with a single try: a client that is throttled would otherwise wait until it is answered.
    pub(crate) async fn ask_for_nothing_once(&self, deadline: Deadline) -> bool {
        let deadline = deadline.at_most(QUESTION_TIME);
        let page = self.graph.list_once(&self.nothing(), deadline).await;
        page.is_ok_and(|page| page.next().is_none())
    }

    /// The question for a window in which there is nothing, at an instant that nobody writes where there is
    /// none.
    pub(crate) fn no_alerts(&self) -> AlertQuery {
        let from = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(123_456_789);
        AlertQuery {
            room: Room::Small,
            ..self.query(from, from + SignedDuration::from_millis(1), 1)
        }
    }

    fn nothing(&self) -> AlertQuery {
        let from = Timestamp::UNIX_EPOCH;
        AlertQuery {
            // The answer has no alerts, so a small page is enough.
            room: Room::Small,
            ..self.query(from, from + SignedDuration::from_millis(1), 1)
        }
    }
}
