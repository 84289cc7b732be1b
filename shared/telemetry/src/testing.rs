//! What is logged, for tests that look for what must not be there.
#![allow(
    clippy::unwrap_used,
    reason = "only tests use this module; it says what is wrong by failing"
)]

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// A subscriber that nobody uses and that lives as long as the process.
///
/// Whether an event is made at all is decided once, for the whole process. While `tracing` knows of one
/// subscriber only, the thread that comes to an event first decides, and a thread that does not record
/// switches it off for the one that does. With two, all of them are asked.
static SECOND_SUBSCRIBER: LazyLock<Dispatch> = LazyLock::new(|| {
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    Dispatch::new(subscriber.with_writer(io::sink).finish())
});

/// The events of a thread, of any library, at the most talkative level.
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
        (events, record_with(subscriber))
    }

    /// Records this thread's events as a deployed function prints them: from `INFO` up, a JSON object per
    /// line, with the fields beside the message, but without the time.
    #[must_use]
    pub fn record_json() -> (Self, DefaultGuard) {
        let events = Self::default();
        let writer = events.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        (events, record_with(subscriber))
    }

    /// What was recorded so far, a line per event.
    ///
    /// # Panics
    /// If it is no text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The objects that [`Events::record_json`] recorded since the last time.
    ///
    /// # Panics
    /// If a line is no JSON.
    #[must_use]
    pub fn take_json(&self) -> Vec<serde_json::Value> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let lines = serde_json::Deserializer::from_slice(&bytes).into_iter();
        lines.map(Result::unwrap).collect()
    }
}

fn record_with(subscriber: impl Into<Dispatch>) -> DefaultGuard {
    LazyLock::force(&SECOND_SUBSCRIBER);
    tracing::dispatcher::set_default(&subscriber.into())
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
