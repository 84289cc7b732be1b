use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::alerts::Row;
use crate::entra::Used;
use crate::filter::Filter;
use crate::world::List;
use crate::{Alerts, Credential, Fault, Stats};

/// What a list is asked for.
pub(crate) struct Query {
    pub(crate) filter: Filter,
    /// Alerts a page.
    pub(crate) top: usize,
    pub(crate) count: bool,
}

/// How many unfinished lists are remembered; the oldest is forgotten first.
const OPEN_LISTS: usize = 64;

/// One application in one tenant, with the alerts that it reads.
#[derive(Debug, Clone)]
pub struct SimulatedTenant {
    /// The tenant.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// What the application may prove its identity with.
    pub credentials: Vec<Credential>,
    /// The tenant's alerts.
    pub alerts: Alerts,
    /// Whether an administrator has consented. Without, a token has no role, and lists are
    /// answered with 403.
    pub has_consent: bool,
    /// Requests a minute above which this application is answered 429; none for no limit.
    pub requests_per_minute: Option<u32>,
    /// Whether the question for the number of alerts (`$count=true`) is refused.
    pub refuses_count: bool,
    /// How long a token is good for.
    pub token_lifetime: Duration,
}

impl SimulatedTenant {
    /// A tenant without alerts, in which an application signs in with `credential`.
    #[must_use]
    pub fn new(tenant_id: &str, client_id: &str, credential: Credential) -> Self {
        Self {
            tenant_id: tenant_id.to_owned(),
            client_id: client_id.to_owned(),
            credentials: vec![credential],
            alerts: Alerts::default(),
            has_consent: true,
            requests_per_minute: None,
            refuses_count: false,
            token_lifetime: Duration::from_secs(3599),
        }
    }
}

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
