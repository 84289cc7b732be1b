use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use drawbridge_cursor::{AlertDigest, PageId, PageSettings, State};
use jiff::Timestamp;

use crate::row;

/// When the first alert came up.
const ORIGIN_SECS: u32 = 1_700_000_000;

/// Polls with news, and the new alerts of each.
const POLLS: u32 = 200;
const NEWS: u32 = 20;

/// The pages of a state, and how many bytes of them were read and written.
#[derive(Default)]
struct Stored {
    pages: HashMap<PageId, Arc<[u8]>>,
    read: usize,
    written: usize,
}

impl Stored {
    fn claim(&mut self, state: &mut State, n: u32) {
        let created = ORIGIN_SECS + n * 4;
        let alert = AlertDigest::of(&n.to_string()).created(created);
        while let Some(id) = state.page_for(alert) {
            self.read += self.pages[&id].len();
            state.pages.hold(id, &self.pages[&id]).unwrap();
        }
        state.recall(alert);
        for record in 0..4u8 {
            let siem = state.output("siem");
            let mut claimed = siem.claim(alert, &[record; 32], created).unwrap();
            siem.carry(&mut claimed, &[[record; 6]]);
        }
    }

    /// Merges, and gives the object.
    fn save(&mut self, state: &mut State, now_secs: u32) -> Vec<u8> {
        state.begin_save(Timestamp::from_second(now_secs.into()).unwrap());
        for merge in state.merges(now_secs, &PageSettings::default()) {
            let read = merge.pages.iter().map(|id| self.pages[id].len());
            self.read += read.sum::<usize>();
            for page in state.merge(&merge, &self.pages).unwrap().new {
                self.written += page.bytes.len();
                self.pages.insert(page.id, page.bytes);
            }
        }
        state.encode().unwrap()
    }
}

/// Weighs a state of a million keys of 250,000 alerts, and what a poll of it reads and writes.
pub(crate) fn run() {
    let (mut state, mut stored) = (State::default(), Stored::default());
    for n in 0..250_000 {
        stored.claim(&mut state, n);
        if n % 10_000 == 9_999 {
            stored.save(&mut state, ORIGIN_SECS + n * 4);
        }
    }
    let mut object = state.encode().unwrap();
    let (pages, _, _) = state.pages.count();
    row(
        "state of 1,000,000 keys and as many facts",
        &format!(
            "{pages} pages, {:.0} MB; object of {:.0} KB",
            state.pages.bytes() as f64 / 1e6,
            object.len() as f64 / 1e3
        ),
    );
    let started = Instant::now();
    assert!(State::decode(&object).unwrap() == state);
    row(
        "state: an idle poll",
        &format!(
            "reads {:.0} KB in {:.2} ms",
            object.len() as f64 / 1e3,
            started.elapsed().as_secs_f64() * 1e3
        ),
    );
    (stored.read, stored.written) = (0, 0);
    let started = Instant::now();
    for poll in 0..POLLS {
        let mut state = State::decode(&object).unwrap();
        stored.read += object.len();
        let first = 250_000 + poll * NEWS;
        for n in first..first + NEWS {
            stored.claim(&mut state, n);
        }
        object = stored.save(&mut state, ORIGIN_SECS + (first + NEWS) * 4);
        stored.written += object.len();
    }
    let per_poll = |bytes: usize| bytes as f64 / 1e3 / f64::from(POLLS);
    row(
        "state: a poll with 20 new alerts",
        &format!(
            "reads {:.0} KB, writes {:.0} KB, in {:.1} ms",
            per_poll(stored.read),
            per_poll(stored.written),
            started.elapsed().as_secs_f64() * 1e3 / f64::from(POLLS)
        ),
    );
}
