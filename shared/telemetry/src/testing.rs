//! What is logged, for tests that look for what must not be there.
#![allow(
    clippy::unwrap_used,
    reason = "only tests use this module; it says what is wrong by failing"
)]

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

/// The events of a thread, of any library, at the most talkative level.
///
/// Which events are told at all is decided for the whole process: a test that reads those of a library
/// should be alone in its process, or all of its neighbours should record, too.
#[derive(Clone, Debug, Default)]
pub struct Events(Arc<Mutex<Vec<u8>>>);

impl Events {
    /// Records every event of this thread while the guard lives.
    #[must_use]
    pub fn record() -> (Self, DefaultGuard) {
        let events = Self::default();
        let writer = events.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (events, tracing::subscriber::set_default(subscriber))
    }

    /// What was recorded so far, a line per event.
    ///
    /// # Panics
    /// If it is no text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Events {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
