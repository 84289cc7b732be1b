//! What the intakes of the tests have in common: each is busy first, and notes what it takes then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use drawbridge_intakes::http::{ReceivedRequest, Reply};

/// Busy for a second.
pub(crate) fn busy(status: u16, body: &str) -> Reply {
    let after = ("retry-after", "1".to_owned());
    Reply::Answer(status, vec![after], body.to_owned())
}

/// The requests that an intake has taken.
#[derive(Clone, Default)]
pub(crate) struct Taken(Arc<Mutex<Vec<ReceivedRequest>>>);

impl Taken {
    pub(crate) fn note(&self, asked: &ReceivedRequest) {
        self.0.lock().unwrap().push(asked.clone());
    }

    pub(crate) fn all(&self) -> Vec<ReceivedRequest> {
        self.0.lock().unwrap().clone()
    }
}

/// True once: whoever asks first.
#[derive(Default)]
pub(crate) struct First(AtomicBool);

impl First {
    pub(crate) fn is_it(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}
