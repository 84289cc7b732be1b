//! How far a backfill has come, for people and scripts.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use drawbridge_poll::{BackfillProgress, Progress, Report};
use indicatif::{ProgressBar, ProgressStyle};

use crate::data_location::DataLocation;
use crate::failure::Failure;
use crate::progress::{counted, say};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The parts of the bar, more than a terminal can show.
const BAR_PARTS: u64 = 10_000;

/// From so many columns on, there is room for a longer bar.
const WIDE_FROM: u16 = 100;

/// Whether nothing is left to be read. Windows that failed again and again are not left: they are
/// in quarantine.
pub(super) fn is_done(progress: &BackfillProgress) -> bool {
    progress.left.is_empty()
}

/// Whether nothing more is to come of it until somebody does something.
pub(super) fn has_ended(progress: &BackfillProgress) -> bool {
    is_done(progress) || progress.stopped.is_some() || progress.cancelled
}

/// The word for where it stands.
pub(super) fn state(progress: &BackfillProgress) -> &'static str {
    match (is_done(progress), progress.stopped.is_some()) {
        (false, _) if progress.cancelled => "cancelled",
        (false, true) => "stopped",
        (false, false) => "under way",
        (true, _) if !progress.failed.is_empty() => "done but for what failed",
        (true, _) => "done",
    }
}

/// Prints how it ended. It is an error unless all was read and delivered, even if nobody reads
/// that.
pub(super) fn print_ended(
    place: &DataLocation,
    progress: &BackfillProgress,
    json: bool,
) -> Result<(), Failure> {
    let printed = print_report(progress, json);
    check_complete(place, progress).and(printed)
}

fn print_report(progress: &BackfillProgress, json: bool) -> Result<(), Failure> {
    let mut out = crate::screen::stdout();
    if json {
        writeln!(out, "{}", serde_json::json!(progress))?;
    } else {
        let written = if progress.dry_run {
            "would be written"
        } else {
            "written"
        };
        writeln!(
            out,
            "{}: {}, {} %: {} read, {} {written}, {} there already, {}",
            progress.id,
            state(progress),
            progress.percent(),
            counted(progress.alerts, "alert", "alerts"),
            counted(progress.records, "record", "records"),
            progress.suppressed,
            counted(progress.requests, "request", "requests"),
        )?;
    }
    Ok(())
}

fn check_complete(place: &DataLocation, progress: &BackfillProgress) -> Result<(), Failure> {
    let resume = place.command(&format!("backfill resume {}", progress.id));
    let go_on = format!("{resume} goes on");
    if progress.cancelled && !is_done(progress) {
        return Err(Failure::of(format!("it was cancelled; {go_on}")));
    }
    if let Some(reason) = &progress.stopped {
        return Err(Failure::of(format!("it stopped: {reason}; {go_on}")));
    }
    if !is_done(progress) {
        return Err(Failure::of(format!(
            "stopped before the end; nothing is lost: {go_on}"
        )));
    }
    match progress.failed.len() {
        0 => {}
        1 => {
            return Err(Failure::of(format!(
                "1 window failed again and again and is in quarantine/; {go_on} with it"
            )));
        }
        failed => {
            return Err(Failure::of(format!(
                "{failed} windows failed again and again and are in quarantine/; {go_on} with them"
            )));
        }
    }
    let list = place.command("replay list");
    match progress.quarantined {
        0 => Ok(()),
        1 => Err(Failure::of(format!(
            "1 alert or record could not be read or sent and is in quarantine/: see {list}"
        ))),
        many => Err(Failure::of(format!(
            "{many} alerts or records could not be read or sent and are in quarantine/: see {list}"
        ))),
    }
}

/// A bar on a terminal, lines elsewhere.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    shown: Mutex<Shown>,
}

/// What is shown. What was read once does not go back, though what failed is read again.
struct Shown {
    last_line: Instant,
    /// What was done before the step at hand.
    before: Counts,
    /// With that.
    now: Counts,
    asked_ms: u64,
    read_ms: u64,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    alerts: u64,
    records: u64,
}

impl Shown {
    fn begin() -> Self {
        Self {
            last_line: Instant::now(),
            before: Counts::default(),
            now: Counts::default(),
            asked_ms: 0,
            read_ms: 0,
        }
    }

    fn left(&mut self, left_ms: u64) {
        let read_ms = self.asked_ms.saturating_sub(left_ms);
        self.read_ms = self.read_ms.max(read_ms);
    }

    /// How many parts of `of` were read; all of them only if nothing is left.
    fn share(&self, of: u64) -> u64 {
        let share = u128::from(self.read_ms) * u128::from(of) / u128::from(self.asked_ms.max(1));
        u64::try_from(share).unwrap_or(of)
    }

    fn counts(&self) -> String {
        let Counts { alerts, records } = self.now;
        format!(
            "{}, {}",
            counted(alerts, "alert", "alerts"),
            counted(records, "record", "records")
        )
    }
}

impl Bar {
    pub(super) fn start() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(BAR_PARTS);
            let width = match console::Term::stderr().size() {
                (_, ..WIDE_FROM) => 12,
                _ => 40,
            };
            let look = format!("{{bar:{width}}} {{msg}}  {{elapsed}}");
            if let Ok(style) = ProgressStyle::with_template(&look) {
                bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏░"));
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            bar,
            shown: Mutex::new(Shown::begin()),
        }
    }

    /// Shows what is done.
    pub(super) fn at(&self, progress: &BackfillProgress) {
        let counts = Counts {
            alerts: progress.alerts,
            records: progress.records,
        };
        self.show(|shown| {
            (shown.before, shown.now) = (counts, counts);
            shown.asked_ms = progress.asked_ms();
            shown.left(progress.left_ms());
        });
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&self, change: impl FnOnce(&mut Shown)) {
        let Ok(mut shown) = self.shown.lock() else {
            return;
        };
        change(&mut shown);
        let percent = format!("{} %", shown.share(100));
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{percent:>5}  {}", shown.counts()));
            bar.set_position(shown.share(BAR_PARTS));
        } else if shown.last_line.elapsed() >= LINE_EVERY {
            shown.last_line = Instant::now();
            say(&format!("{percent}, {}", shown.counts()));
        }
    }
}

impl Progress for Bar {
    fn page(&self, step: &Report) {
        self.show(|shown| {
            shown.now = Counts {
                alerts: shown.before.alerts + step.alerts,
                records: shown.before.records + step.records,
            };
        });
    }

    fn backfill_left(&self, left_ms: u64) {
        self.show(|shown| shown.left(left_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_does_not_go_back_and_is_all_only_at_the_end() {
        let mut shown = Shown::begin();
        assert_eq!(shown.share(100), 0);
        shown.asked_ms = 1000;
        for (left_ms, percent) in [(1000, 0), (500, 50), (700, 50), (1, 99), (0, 100), (9, 100)] {
            shown.left(left_ms);
            assert_eq!(shown.share(100), percent, "{left_ms}");
        }
    }
}
