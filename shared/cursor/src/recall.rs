//! What a state knows of an alert, copied from its page when it is needed.

use jiff::Timestamp;

use crate::packed::packed_len;
use crate::pages::PageId;
use crate::{AlertDigest, State, epoch_secs_of};

impl State {
    /// A page that has to be [held](crate::Pages::hold) before an alert is [recalled](Self::recall).
    #[must_use]
    pub fn page_for(&mut self, alert: AlertDigest) -> Option<PageId> {
        if self.knows(alert) {
            return None;
        }
        for page in self.pages.places(alert) {
            let Some(held) = self.pages.page(page.id) else {
                return Some(page.id);
            };
            if !self.pages.rows_of(&held, &page, alert).is_empty() {
                return None;
            }
        }
        None
    }

    /// Has what is known of an alert at hand in every output, if the pages are for which
    /// [`page_for`](Self::page_for) asks. What was recalled before and did not change is let go.
    pub fn recall(&mut self, alert: AlertDigest) {
        self.settle();
        if !self.knows(alert) {
            self.recall_more(alert);
        }
        self.pages.recalled.push(alert);
    }

    fn recall_more(&mut self, alert: AlertDigest) {
        for page in self.pages.places(alert) {
            let Some(held) = self.pages.page(page.id) else {
                return;
            };
            let found = self.pages.rows_of(&held, &page, alert);
            let is_found = !found.is_empty();
            for (output, mut entry) in found {
                entry.created_secs = entry.created_secs.max(alert.created_secs);
                entry.clean_until = entry.seen_secs.saturating_add(self.pages.step_secs).max(1);
                self.output(&output).insert(alert.id, entry);
            }
            if is_found {
                return;
            }
        }
    }

    /// Whether what is known of an alert is at hand.
    fn knows(&self, alert: AlertDigest) -> bool {
        let mut outputs = self.outputs.values();
        outputs.any(|written| written.alerts.contains_key(&alert.id))
    }

    /// Lets go of what was recalled and did not change. Of an alert that did, all is kept, so that what
    /// a page says of it counts no more.
    pub fn settle(&mut self) {
        for alert in std::mem::take(&mut self.pages.recalled) {
            let entries = |state: &State| -> Vec<(bool, u32)> {
                let outputs = state.outputs.values();
                let entries = outputs.filter_map(|written| written.alerts.get(&alert.id));
                entries
                    .map(|entry| (entry.is_clean(), entry.created_secs))
                    .collect()
            };
            let entries = entries(self);
            let is_clean = entries.iter().all(|(is_clean, _)| *is_clean);
            let created = entries.iter().map(|(_, created)| *created).max();
            let created = created.unwrap_or_default().max(alert.created_secs);
            for written in self.outputs.values_mut() {
                if is_clean {
                    written.take(&alert.id);
                } else if let Some(entry) = written.alerts.get_mut(&alert.id) {
                    entry.change();
                    entry.created_secs = created;
                }
            }
        }
    }

    /// The alerts that are known without a page.
    #[must_use]
    pub fn known_alerts(&self) -> Vec<AlertDigest> {
        let outputs = self.outputs.values();
        let alerts = outputs.flat_map(|written| &written.alerts);
        let mut alerts: Vec<_> = alerts
            .map(|(id, entry)| AlertDigest {
                id: *id,
                created_secs: entry.created_secs,
            })
            .collect();
        alerts.sort_unstable_by_key(|alert| (alert.created_secs, alert.id));
        alerts.dedup();
        alerts
    }

    /// About how many bytes of the object say what is known without a page, before they are in base64.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.outputs.values().map(packed_len).sum()
    }

    /// Begins a save: its number, by which the pages that it writes are called.
    pub fn begin_save(&mut self, now: Timestamp) {
        self.settle();
        let now_secs = epoch_secs_of(now.as_second());
        self.pages.sequence = self.pages.sequence.saturating_add(1).max(now_secs);
    }
}
