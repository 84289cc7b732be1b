//! What is logged of a panic. A process of its own: the hook is the process's.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn a_panic_is_told_by_its_place_and_not_by_what_it_says() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    drawbridge_telemetry::log_panics();
    let caught = tracing::subscriber::with_default(subscriber, || {
        std::panic::catch_unwind(|| {
            // As an index into a text does, whose message quotes the text.
            let text = String::from("é, MARKER of an alert");
            text[1..].len()
        })
    });
    assert!(caught.is_err());
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        told.contains("panicked") && told.contains("panic.rs:"),
        "{told}"
    );
    assert!(!told.contains("MARKER"), "{told}");
}
