//! Graph as every poller meets it: the drawn alerts, and whatever goes wrong at the moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::alerts::Version;
pub use crate::answer::Wait;
use crate::answer::{Answer, Question};
use crate::paging::cut;
use crate::replicas::Text;
use crate::{Kind, World, caps};

/// The server; clones are the same one.
#[derive(Clone)]
pub struct Graph {
    world: Arc<World>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    requests: AtomicU64,
    /// The newest token that was handed out, and the oldest that is still good.
    newest_token: AtomicU64,
    oldest_token: AtomicU64,
    /// The requests of the running minute, and which one that is.
    minute: AtomicU64,
    in_minute: AtomicU64,
}

/// The property that a filter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `createdDateTime`
    Created,
    /// `lastUpdateDateTime`
    Updated,
}

/// A request for one page.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What the filter is about.
    pub field: Field,
    /// The lower bound, which is met itself when the second is true (`ge`), else not (`gt`).
    pub from: (Timestamp, bool),
    /// The upper bound: `le` or `lt`.
    pub to: Option<(Timestamp, bool)>,
    /// Whether `$orderby` asks for the oldest first; without it, Graph answers in its own order.
    pub oldest_first: bool,
    /// `$top`.
    pub top: usize,
    /// Rows before the page: from `$skip`, or out of a next link.
    pub skip: usize,
    /// Whether `$count` asks how many rows there are in all.
    pub counts: bool,
}

/// One row of a page.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which alert.
    pub alert: usize,
    /// Which of its versions.
    pub version: usize,
    /// In which text.
    pub text: Text,
}

/// What Graph answers.
#[derive(Debug)]
pub enum Reply {
    /// A page.
    Page {
        /// Its rows.
        rows: Vec<Row>,
        /// Where the next page begins, if there is one.
        next: Option<usize>,
        /// Whether rows are missing, and the answer says so (206).
        partial: bool,
        /// How many rows there are in all, if that was asked for.
        count: Option<usize>,
    },
    /// A page whose next link leads to another host.
    ForeignLink(Vec<Row>),
    /// A web page.
    Html,
    /// None, for longer than any client waits.
    Hangs,
    /// Another status, perhaps with `Retry-After`.
    Status(u16, Option<Wait>),
    /// A reset connection.
    Reset,
    /// A body that ends too early.
    CutOff,
    /// A body that is no page.
    Malformed,
}

impl Graph {
    /// A server in `world`.
    #[must_use]
    pub fn new(world: Arc<World>) -> Self {
        Self {
            world,
            state: Arc::default(),
        }
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// The time by its clock.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.world.now()
    }

    /// A new token.
    #[must_use]
    pub fn sign_in(&self) -> u64 {
        self.state.newest_token.fetch_add(1, Ordering::Relaxed)
    }

    /// Answers a request that comes with the token of that number.
    pub async fn answer(&self, ask: &Ask, token: u64) -> Reply {
        let world = &self.world;
        self.state.requests.fetch_add(1, Ordering::Relaxed);
        let (least, most) = world.schedule.latency_ms;
        tokio::time::sleep(Duration::from_millis(world.roll(least, most))).await;
        let reply = match self.fault(ask, token).await {
            Some(reply) => reply,
            None => match self.page(ask) {
                Reply::Hangs => {
                    // Longer than any client waits.
                    tokio::time::sleep(Duration::from_secs(130)).await;
                    Reply::Reset
                }
                reply => reply,
            },
        };
        world.note(|| describe(ask, &reply));
        reply
    }

    /// The version behind a row.
    #[must_use]
    pub fn version(&self, row: Row) -> &Version {
        &self.world.schedule.alerts[row.alert].versions[row.version]
    }

    /// What is answered to a client that asks for a token; none if it gets one.
    #[must_use]
    pub fn refuses_sign_in(&self) -> Option<Reply> {
        let reply = self.odd_answer(Question::SignIn)?;
        self.world.note(|| format!("sign-in -> {reply:?}"));
        Some(reply)
    }

    fn odd_answer(&self, question: Question) -> Option<Reply> {
        let (answer, number) = Answer::of(self.world.episode(Kind::OddAnswer)?.detail);
        if !question.is(number) {
            return None;
        }
        self.world.strikes(Kind::OddAnswer)?;
        match answer {
            Answer::Status(status, wait) => Some(Reply::Status(status, wait)),
            _ => Some(Reply::Html),
        }
    }

    /// Counts a request, and throttles it if there were too many in its minute.
    fn over_budget(&self) -> Option<Reply> {
        let most = self.world.episode(Kind::OwnBudget)?.detail;
        let secs = self.world.elapsed_ms() / 1000;
        if self.state.minute.swap(secs / 60, Ordering::Relaxed) != secs / 60 {
            self.state.in_minute.store(0, Ordering::Relaxed);
        }
        if self.state.in_minute.fetch_add(1, Ordering::Relaxed) < most {
            return None;
        }
        self.world.strike(Kind::OwnBudget);
        Some(Reply::Status(429, Some(Wait::Secs(60 - secs % 60))))
    }

    async fn fault(&self, ask: &Ask, token: u64) -> Option<Reply> {
        let world = &self.world;
        if world.strikes(Kind::Forbidden).is_some() {
            return Some(Reply::Status(403, None));
        }
        if let Some(reply) = self.over_budget() {
            return Some(reply);
        }
        let question = match ask {
            Ask { counts: true, .. } => Question::Count,
            Ask { skip: 0, .. } => Question::List,
            Ask { .. } => Question::NextLink,
        };
        if let Some(reply) = self.odd_answer(question) {
            return Some(reply);
        }
        if let Some(reply) = caps::failed_count(world, ask) {
            return Some(reply);
        }
        if world.strikes(Kind::Unauthorized).is_some() {
            self.state
                .oldest_token
                .fetch_max(token + 1, Ordering::Relaxed);
        }
        if token < self.state.oldest_token.load(Ordering::Relaxed) {
            return Some(Reply::Status(401, None));
        }
        if let Some(episode) = world.strikes(Kind::Throttled) {
            return Some(Reply::Status(429, Some(Wait::Secs(episode.detail))));
        }
        if world.strikes(Kind::ThrottledSilently).is_some() {
            return Some(Reply::Status(429, None));
        }
        if let Some(episode) = world.strikes(Kind::ServerError) {
            return Some(Reply::Status(
                u16::try_from(episode.detail).unwrap_or(500),
                None,
            ));
        }
        if world.strikes(Kind::Timeout).is_some() {
            // Longer than any client waits.
            tokio::time::sleep(Duration::from_secs(130)).await;
            return Some(Reply::Reset);
        }
        [
            (Kind::Reset, Reply::Reset),
            (Kind::CutOff, Reply::CutOff),
            (Kind::Malformed, Reply::Malformed),
        ]
        .into_iter()
        .find_map(|(kind, reply)| world.strikes(kind).map(|_| reply))
    }

    fn page(&self, ask: &Ask) -> Reply {
        let world = &self.world;
        let replica = world.strikes(Kind::Replicas).map(|episode| episode.detail);
        let hits = self.hits(ask, replica);
        if let Some(poison) = world.episode(Kind::PoisonWindow)
            && let (Answer::Status(status, wait), alert) = Answer::of(poison.detail)
            && hits.iter().any(|row| row.alert as u64 == alert)
        {
            world.strike(Kind::PoisonWindow);
            return Reply::Status(status, wait);
        }
        let cap = world
            .episode(Kind::CappedRows)
            .map(|e| Answer::of(e.detail));
        let listed = match cap {
            Some((_, rows)) => hits.len().min(usize::try_from(rows).unwrap_or(usize::MAX)),
            None => hits.len(),
        };
        let listed = caps::fitting(world, &hits, listed);
        let cut = cut(world, ask, &hits, listed);
        let (mut rows, mut next, end) = (cut.rows, cut.next, cut.end);
        let is_capped = |kind| world.episode(kind).is_some();
        if end >= listed
            && [Kind::CappedShort, Kind::CappedBytes]
                .into_iter()
                .any(is_capped)
        {
            next = None;
        }
        if let Some((answer, _)) = cap.filter(|_| end == listed && listed < hits.len()) {
            world.strike(Kind::CappedRows);
            match answer {
                Answer::Status(status, wait) if ask.skip >= listed => {
                    return Reply::Status(status, wait);
                }
                Answer::Status(..) => {}
                _ => next = None,
            }
        }
        if let Some(poison) = world.episode(Kind::PoisonAnswer)
            && let (answer, alert) = Answer::of(poison.detail)
            && rows.iter().any(|row| row.alert as u64 == alert)
        {
            world.strike(Kind::PoisonAnswer);
            match answer {
                Answer::Status(status, wait) => return Reply::Status(status, wait),
                Answer::Html => return Reply::Html,
                Answer::CircularLink => next = Some(ask.skip),
                Answer::ForeignLink => return Reply::ForeignLink(rows),
                Answer::Hangs => return Reply::Hangs,
                Answer::NoLink => {}
            }
        }
        if let Some(poison) = world.episode(Kind::Poison)
            && rows
                .iter()
                .any(|row| [u64::MAX, row.alert as u64].contains(&poison.detail))
        {
            world.strike(Kind::Poison);
            return Reply::Status(500, None);
        }
        // One of the products behind Graph does not answer: its alerts are missing all the while.
        let missing = |row: &Row| row.alert.is_multiple_of(2);
        let partial = rows.iter().any(missing) && world.strikes(Kind::Partial).is_some();
        if partial {
            rows.retain(|row| !missing(row));
        }
        Reply::Page {
            rows,
            next,
            partial,
            count: ask.counts.then(|| cut.count + caps::unlisted(world, ask)),
        }
    }

    /// All rows that the filter lets through, in the order of the answer. The next link counts
    /// them: a row that leaves between two pages shifts those behind it.
    fn hits(&self, ask: &Ask, replica: Option<u64>) -> Vec<Row> {
        let now = self.world.now();
        let lag = replica.filter(|_| self.world.roll(0, 1) == 0);
        let lag = SignedDuration::from_secs(lag.unwrap_or(0).cast_signed());
        let text = replica.map_or(Text::AsItIs, |_| Text::of(self.world.roll(0, 3)));
        let alerts = self.world.schedule.alerts.iter().enumerate();
        let mut hits: Vec<(Timestamp, Row)> = alerts
            .filter_map(|(alert, plan)| {
                let version = plan.behind(now, lag)?;
                let key = match ask.field {
                    Field::Created => plan.created,
                    Field::Updated => plan.versions[version].updated,
                };
                let row = Row {
                    alert,
                    version,
                    text,
                };
                Some((key, row))
            })
            .filter(|(key, _)| {
                let (from, met) = ask.from;
                (*key > from || met && *key == from)
                    && ask
                        .to
                        .is_none_or(|(to, met)| *key < to || met && *key == to)
            })
            .collect();
        hits.sort_by_key(|(key, row)| (*key, row.alert));
        if self.world.schedule.newest_first && !ask.oldest_first {
            hits.reverse();
        }
        hits.into_iter().map(|(_, row)| row).collect()
    }
}

fn describe(ask: &Ask, reply: &Reply) -> String {
    let to = ask.to.map(|(to, _)| format!("{to:.3}")).unwrap_or_default();
    let asked = format!(
        "GET {:?} {:.3}..{to} top {} skip {}",
        ask.field, ask.from.0, ask.top, ask.skip
    );
    match reply {
        Reply::Page {
            rows,
            next,
            partial,
            count,
        } => {
            let rows: Vec<String> = rows
                .iter()
                .map(|row| format!("{}v{}", row.alert, row.version))
                .collect();
            let partial = if *partial { " PARTIAL" } else { "" };
            let count = count
                .map(|count| format!(" of {count}"))
                .unwrap_or_default();
            format!(
                "{asked} -> [{}]{count} next {next:?}{partial}",
                rows.join(" ")
            )
        }
        other => format!("{asked} -> {other:?}"),
    }
}
