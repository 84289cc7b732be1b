use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::alerts::Row;
use crate::entra::Used;
use crate::filter::Filter;
use crate::{Fault, SimulatedTenant, Stats};

/// What a list is asked for.
pub(crate) struct Query {
    pub(crate) filter: Filter,
    /// Alerts per page.
    pub(crate) top: usize,
    pub(crate) count: bool,
}

/// The answer to one query, as it was when the query came.
pub(crate) struct List {
    pub(crate) rows: Arc<Vec<Row>>,
    /// When it was asked for, which decides between the versions of an alert.
    pub(crate) now: Timestamp,
    pub(crate) matching: Vec<usize>,
    pub(crate) top: usize,
    pub(crate) count: bool,
}

/// How many unfinished lists are remembered; the oldest is forgotten first.
const OPEN_LISTS: usize = 64;

/// A tenant that is being served.
pub(crate) struct Tenant {
    pub(crate) settings: SimulatedTenant,
    /// Assertions that were taken, which are not taken again.
    pub(crate) used_assertions: Used,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The newest first, as Graph lists them.
    rows: Arc<Vec<Row>>,
    lists: BTreeMap<u64, Arc<List>>,
    next_list: u64,
    faults: VecDeque<Fault>,
    down: bool,
    recent: VecDeque<Instant>,
    stats: Stats,
}

impl Tenant {
    pub(crate) fn new(mut settings: SimulatedTenant) -> Self {
        let mut rows = std::mem::take(&mut settings.alerts).rows;
        newest_first(&mut rows);
        let inner = Inner {
            rows: Arc::new(rows),
            ..Inner::default()
        };
        Self {
            settings,
            used_assertions: Used::default(),
            inner: Mutex::new(inner),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stats(&self) -> Stats {
        self.inner().stats
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Stats)) {
        count(&mut self.inner().stats);
    }

    /// Adds an alert, or replaces the one of its id.
    pub(crate) fn set_alert(&self, json: &str) {
        let row = Row::new(json);
        let mut inner = self.inner();
        let rows = Arc::make_mut(&mut inner.rows);
        rows.retain(|old| old.id() != row.id());
        rows.push(row);
        newest_first(rows);
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.inner().faults.push_back(fault);
    }

    pub(crate) fn next_fault(&self) -> Option<Fault> {
        self.inner().faults.pop_front()
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.inner().down = down;
    }

    pub(crate) fn is_down(&self) -> bool {
        self.inner().down
    }

    /// Notes a request; the time to wait when there were too many within a minute.
    pub(crate) fn throttle(&self) -> Option<Duration> {
        let limit = self.settings.requests_per_minute? as usize;
        let minute = Duration::from_secs(60);
        let now = Instant::now();
        let mut inner = self.inner();
        while inner
            .recent
            .front()
            .is_some_and(|&time| now.duration_since(time) >= minute)
        {
            inner.recent.pop_front();
        }
        if inner.recent.len() < limit {
            inner.recent.push_back(now);
            return None;
        }
        let oldest = inner.recent.front().copied().unwrap_or(now);
        Some(minute.saturating_sub(now.duration_since(oldest)))
    }

    /// Answers a query; the answer can be read on page by page under its number.
    pub(crate) fn open_list(&self, query: &Query, now: Timestamp) -> (u64, Arc<List>) {
        let rows = Arc::clone(&self.inner().rows);
        let matching = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| query.filter.matches(&row.at(now).fields))
            .map(|(index, _)| index)
            .collect();
        let list = Arc::new(List {
            rows,
            now,
            matching,
            top: query.top,
            count: query.count,
        });
        let mut inner = self.inner();
        let number = inner.next_list;
        inner.next_list += 1;
        inner.lists.insert(number, Arc::clone(&list));
        if inner.lists.len() > OPEN_LISTS {
            inner.lists.pop_first();
        }
        (number, list)
    }

    pub(crate) fn list(&self, number: u64) -> Option<Arc<List>> {
        self.inner().lists.get(&number).cloned()
    }
}

fn newest_first(rows: &mut [Row]) {
    rows.sort_by_key(|row| std::cmp::Reverse(row.created()));
}
