//! Waits and makes room for the memory that the next step needs.

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

    /// Requests a page again that was too large for the small share of the memory, once the poll has the large
    /// share and if there is time left then.
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

    /// Waits, if need be, for the memory in which an alert is mapped; whether the poll has it.
    pub(super) async fn wait_for_memory_to_map(&self, raw: &str) -> bool {
        match self.context.small() {
            Some(small) if has_more_values_than(small.values, raw) => self.grow().await,
            _ => true,
        }
    }

    /// Waits, if need be, for the memory of the page that holds what the state knows of an alert; whether the
    /// poll has it.
    pub(super) async fn wait_for_memory_to_recall(&mut self, alert: AlertDigest) -> bool {
        let (Some(small), Some(page)) = (self.context.small(), self.state.page_for(alert)) else {
            return true;
        };
        self.state.pages.bytes_of(page) <= small.state_page_bytes || self.grow().await
    }

    /// Makes room for another page of Graph, and waits for more memory if that is not enough; whether the state
    /// may grow further in this poll, and more may be sent.
    pub(super) async fn make_room_for_a_page(&mut self) -> bool {
        let has_room = self.make_room() && !self.context.has_sent_much();
        match self.context.small() {
            Some(_) if !has_room => self.grow().await && self.make_room(),
            _ => has_room,
        }
    }

    /// Drops the cached pages of the state if it takes more memory than it may; whether it is within its bound
    /// now.
    pub(super) fn make_room(&mut self) -> bool {
        let most = self.context.state_bytes(&self.poller.settings);
        // To weigh the state takes as long as it has alerts, so it is done twice only if need be.
        if self.state.weight() <= most {
            return true;
        }
        self.state.pages.give_up_cache();
        self.state.weight() <= most
    }

    /// Whether there is memory for an alert that is larger than a page may be.
    fn has_room_for_a_large_alert(&self) -> bool {
        let weight = self.state.weight().saturating_add(LARGE_ALERT_ROOM_BYTES);
        weight <= self.poller.settings.most_state_bytes
    }
}
