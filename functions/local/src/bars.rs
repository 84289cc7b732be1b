//! The bars on the terminal, and how all else is written beside them: a line that came in between would
//! begin behind a bar, and leave it standing.

use std::io::{self, Write};
use std::sync::LazyLock;

use indicatif::{MultiProgress, ProgressBar};

use crate::screen::{error_columns, hanging};

/// All of them are drawn by one, which knows what is on the terminal.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Has a bar drawn, from its next change on.
pub(crate) fn drawn(bar: ProgressBar) -> ProgressBar {
    BARS.add(bar)
}

/// Takes a bar off the terminal.
pub(crate) fn cleared(bar: &ProgressBar) {
    bar.finish_and_clear();
    BARS.remove(bar);
}

/// Calls `write` while the bars are off the terminal. `write` has to lock the terminal itself, since drawing a bar
/// locks it, too.
pub(crate) fn without_bars<T>(write: impl FnOnce() -> T) -> T {
    BARS.suspend(write)
}

fn fitted(line: &str, columns: Option<usize>) -> String {
    match line.strip_suffix('\n') {
        Some(line) => hanging(line, columns) + "\n",
        None => hanging(line, columns),
    }
}

/// Standard error beside the bars, for the log.
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        without_bars(|| io::stderr().lock().write(bytes))
    }

    /// Whole lines, which end between words on a terminal.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let columns = error_columns();
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|_| columns.is_some());
        let lines = text.map(|text| {
            let lines = text.split_inclusive('\n');
            lines.map(|line| fitted(line, columns)).collect::<String>()
        });
        let bytes = lines.as_ref().map_or(bytes, String::as_bytes);
        without_bars(|| io::stderr().lock().write_all(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
