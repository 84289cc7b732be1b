//! The bars on the terminal, and how all else is written beside them: a line that came in between would
//! begin behind a bar, and leave it standing.

use std::io::{self, Write};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, TermLike};

use crate::screen::{error_columns, hanging};

/// How often the bars are drawn at most, per second.
const DRAWN_PER_SECOND: u8 = 20;

/// All of them are drawn by one, which knows what is on the terminal.
static BARS: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(Terminal::draw_target()));

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
    beside(&BARS, write)
}

/// What is told of a panic is written at once: the thread may hold the lock that taking the bars away waits for.
fn beside<T>(bars: &MultiProgress, write: impl FnOnce() -> T) -> T {
    if std::thread::panicking() {
        return write();
    }
    bars.suspend(write)
}

/// The terminal that the bars are drawn on. Drawing never fails, since `suspend` panics if it does: once something
/// could not be written, as to a terminal that was closed, nothing is drawn any more.
#[derive(Debug)]
struct Terminal {
    stderr: Term,
    is_gone: AtomicBool,
}

impl Terminal {
    /// Standard error, or nothing if that is no terminal that can show bars.
    fn draw_target() -> ProgressDrawTarget {
        if ProgressDrawTarget::stderr().is_hidden() {
            return ProgressDrawTarget::hidden();
        }
        let terminal = Self {
            stderr: Term::buffered_stderr(),
            is_gone: AtomicBool::new(false),
        };
        ProgressDrawTarget::term_like_with_hz(Box::new(terminal), DRAWN_PER_SECOND)
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "reads as the whole body of a method of `TermLike`"
    )]
    fn draw(&self, draw: impl FnOnce(&Term) -> io::Result<()>) -> io::Result<()> {
        if !self.is_gone.load(Ordering::Relaxed) && draw(&self.stderr).is_err() {
            // What was not written stays in the buffer, which would grow with each try.
            self.is_gone.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.stderr.size().1
    }

    fn height(&self) -> u16 {
        self.stderr.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.draw(|stderr| stderr.move_cursor_up(n))
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.draw(|stderr| stderr.move_cursor_down(n))
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.draw(|stderr| stderr.move_cursor_right(n))
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.draw(|stderr| stderr.move_cursor_left(n))
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.draw(|stderr| stderr.write_line(line))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.draw(|stderr| stderr.write_str(text))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.draw(Term::clear_line)
    }

    fn flush(&self) -> io::Result<()> {
        self.draw(Term::flush)
    }
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    struct SaysAtItsEnd {
        bars: MultiProgress,
        said: mpsc::Sender<()>,
    }

    impl Drop for SaysAtItsEnd {
        fn drop(&mut self) {
            let _ = beside(&self.bars, || self.said.send(()));
        }
    }

    /// It waited for a lock that its own thread held.
    #[test]
    fn a_panic_while_the_bars_are_away_can_be_told() {
        let (said, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
            let says = SaysAtItsEnd {
                bars: bars.clone(),
                said,
            };
            beside(&bars, || {
                let _says = says;
                panic!("in the middle");
            });
        });
        assert!(told.recv_timeout(Duration::from_secs(60)).is_ok());
        assert!(thread.join().is_err());
    }
}
