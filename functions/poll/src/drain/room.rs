//! Whether there is memory for what comes next.

use drawbridge_alert::has_more_values_than;
use drawbridge_cursor::AlertDigest;
use drawbridge_graph::Room;

use super::Drain;
use super::attempt::Attempt;
use crate::read_ahead::ReadAhead;

/// What of the state's memory has to be free for an alert that is larger than a page may be: its text
/// of 64 MiB, its record, and that record on its way.
const LARGE_ALERT_ROOM_BYTES: usize = 192 << 20;

impl Drain<'_> {
    /// How large a page of an attempt may be.
    pub(super) fn room(&self, attempt: Attempt) -> Room {
        match self.context.room() {
            Room::Usual if attempt.top == 1 && self.has_room_for_a_large_alert() => Room::Large,
            room => room,
        }
    }

    /// Asks once more for a page that was too large for the small share of the memory, if there is
    /// time for it when the poll has more.
    pub(super) async fn again(&mut self, ahead: &ReadAhead, attempt: Attempt) -> Option<ReadAhead> {
        self.answered = true;
        self.context.progress.answered();
        self.note_requests();
        if !self.grow().await {
            return None;
        }
        let (pause, room) = (self.pause()?, self.room(attempt));
        let asked = ahead.asked.clone().with_room(room);
        let graph = &self.poller.graph;
        Some(ReadAhead::of(graph, asked, self.deadline(), pause))
    }

    /// Waits for all of the memory that a poll may take, as long as there is time for a page then;
    /// whether the poll has it.
    pub(super) async fn grow(&self) -> bool {
        self.context.grow(self.deadline()).await
    }

    /// Whether there is memory for an alert while it is mapped.
    pub(super) async fn has_memory_for(&self, raw: &str) -> bool {
        match self.context.small() {
            Some(small) if has_more_values_than(small.values, raw) => self.grow().await,
            _ => true,
        }
    }

    /// Whether there is memory for the page in which the state has what it knows of an alert.
    pub(super) async fn has_memory_to_recall(&mut self, alert: AlertDigest) -> bool {
        let (Some(small), Some(page)) = (self.context.small(), self.state.page_for(alert)) else {
            return true;
        };
        self.state.pages.bytes_of(page) <= small.state_page_bytes || self.grow().await
    }

    /// Whether the state may not grow any more in this poll, or no more may be sent.
    pub(super) async fn is_full(&mut self) -> bool {
        let is_small = self.context.small().is_some();
        let is_full = self.is_over() || self.context.has_sent_much();
        match is_full && is_small {
            true => !self.grow().await || self.is_over(),
            false => is_full,
        }
    }

    /// Whether the state takes more memory than it may. Pages that are at hand make room first.
    pub(super) fn is_over(&mut self) -> bool {
        let most = self.context.state_bytes(&self.poller.settings);
        if self.state.weight() > most {
            self.state.pages.give_up_cache();
        }
        self.state.weight() > most
    }

    /// Whether there is memory for an alert that is larger than a page may be.
    fn has_room_for_a_large_alert(&self) -> bool {
        let weight = self.state.weight().saturating_add(LARGE_ALERT_ROOM_BYTES);
        weight <= self.poller.settings.most_state_bytes
    }
}
