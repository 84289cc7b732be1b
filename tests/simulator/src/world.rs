use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use url::Url;

use crate::alerts::{Alerts, Row};
use crate::entra::Used;
use crate::filter::Filter;
use crate::{Fault, Options};

/// How many unfinished lists are remembered; the oldest is forgotten first.
const OPEN_LISTS: usize = 64;

/// What the simulator was asked so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests to the token endpoint.
    pub token_requests: u64,
    /// Requests for a page of alerts, those that failed included.
    pub list_requests: u64,
    /// Requests answered with 429.
    pub throttled: u64,
    /// Alerts in the pages answered.
    pub alerts_served: u64,
}

/// Everything that the handlers share.
pub(crate) struct World {
    pub(crate) options: Options,
    /// The root of Graph, with a slash at its end.
    pub(crate) root: Url,
    /// Assertions that were taken, which are not taken again.
    pub(crate) used_assertions: Used,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The newest first, as Graph lists them.
    rows: Arc<Vec<Row>>,
    tokens: HashSet<String>,
    lists: BTreeMap<u64, Arc<List>>,
    next_list: u64,
    faults: VecDeque<Fault>,
    down: bool,
    recent: VecDeque<Instant>,
    stats: Stats,
}

/// The answer to one query, as it was when the query came.
pub(crate) struct List {
    pub(crate) rows: Arc<Vec<Row>>,
    pub(crate) matching: Vec<usize>,
    pub(crate) top: usize,
    pub(crate) count: bool,
}

impl World {
    pub(crate) fn new(options: Options, root: Url, alerts: Alerts) -> Self {
        let mut rows = alerts.rows;
        newest_first(&mut rows);
        let inner = Inner {
            rows: Arc::new(rows),
            ..Inner::default()
        };
        Self {
            options,
            root,
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
        rows.retain(|old| old.fields.id != row.fields.id);
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

    /// A token in Entra's shape, as far as a client may look at it; its signature is none.
    pub(crate) fn issue_token(&self) -> String {
        let roles: &[&str] = if self.options.token_without_roles {
            &[]
        } else {
            &["SecurityAlert.Read.All"]
        };
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": "simulated"});
        let claims = json!({
            "aud": self.root,
            "tid": self.options.tenant_id,
            "appid": self.options.client_id,
            "roles": roles,
        });
        let part = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let mut inner = self.inner();
        let number = inner.tokens.len() + 1;
        let token = format!("{}.{}.simulated-{number}", part(&header), part(&claims));
        inner.tokens.insert(token.clone());
        token
    }

    pub(crate) fn knows_token(&self, token: &str) -> bool {
        self.inner().tokens.contains(token)
    }

    /// Notes a request; the time to wait when there were too many within a minute.
    pub(crate) fn throttle(&self) -> Option<Duration> {
        let limit = self.options.requests_per_minute? as usize;
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
    pub(crate) fn open_list(&self, filter: &Filter, top: usize, count: bool) -> (u64, Arc<List>) {
        let rows = Arc::clone(&self.inner().rows);
        let matching = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| filter.matches(&row.fields))
            .map(|(index, _)| index)
            .collect();
        let list = Arc::new(List {
            rows,
            matching,
            top,
            count,
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
    rows.sort_by_key(|row| std::cmp::Reverse(row.fields.created));
}
