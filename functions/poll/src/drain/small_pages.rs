//! Pages that fit into the small share of the memory, for tenants whose alerts of a minute do not.
//!
//! Such a tenant would request its page twice in every poll, and wait for the large share each time. So the state
//! remembers how many alerts a page may have, and the tenant needs only its small share. This holds for the alerts
//! of a minute; a backlog is read in large pages.

use drawbridge_graph::Page;

use super::Drain;
use super::attempt::Attempt;
use crate::read_options::What;

/// More small pages than this are a backlog.
const MAX_SMALL_PAGES: u64 = 4;

/// Later alerts may be larger than those seen so far, so the page that is requested should be three quarters full.
const FILLED: (usize, usize) = (3, 4);

impl Drain<'_> {
    /// How many alerts the first page of a window is asked for.
    pub(super) fn page_size(&self) -> u32 {
        let page_size = self.poller.settings.page_size;
        match self.state.small_page {
            Some(small) if self.reads_small_pages() => small.min(page_size),
            _ => page_size,
        }
    }

    /// Learns from a page of an attempt, the one of that number, how many alerts a small one may have.
    pub(super) fn learn_page_size(&mut self, attempt: Attempt, number: u64, page: &Page) {
        if self.options.what != What::Live {
            return;
        }
        let small_bytes = self.poller.graph.max_small_bytes();
        let (alerts, bytes) = (page.alerts().len(), page.len_bytes());
        let (is_whole, is_too_large) = (page.next().is_none(), bytes > small_bytes);
        let fitting = small_bytes / FILLED.1 * FILLED.0 * alerts / bytes.max(1);
        let known = self.state.small_page;
        let learned = if known == Some(attempt.top) {
            let is_little = number == 1 && is_whole && bytes <= small_bytes / 2;
            let is_backlog = number >= 2 * MAX_SMALL_PAGES && !is_whole;
            match is_too_large {
                _ if is_little || is_backlog => None,
                true => u32::try_from(fitting).ok(),
                false => known,
            }
        // A poll that has all of the memory already asks for whole pages though a size is known.
        } else if known.is_none()
            && number == 1
            && is_whole
            && is_too_large
            && self.context.has_grown()
        {
            let pages = alerts.div_ceil(fitting.max(1)) as u64;
            let is_worth_it = pages <= MAX_SMALL_PAGES;
            is_worth_it.then(|| u32::try_from(fitting).ok()).flatten()
        } else {
            known
        };
        // A single alert that is larger than a small page fits into none.
        self.state.small_page = learned.filter(|fitting| *fitting > 0);
    }

    /// Whether it reads what is new with the small share of the memory.
    fn reads_small_pages(&self) -> bool {
        self.options.what == What::Live && self.context.small().is_some()
    }
}
