use std::io;

use drawbridge_poll::Report;

use super::report::print_report_of;
use crate::progress::say_timed;

/// The reports that the command prints, and whether any could not be written.
pub(super) struct Reports {
    /// Whether they are printed as JSON, for a script.
    pub(super) json: bool,
    once: bool,
    /// Why the last report could not be written, if it could not; of a single round, why any could not.
    unwritten: Option<String>,
}

impl Reports {
    pub(super) fn new(once: bool, json: bool) -> Self {
        Self {
            json,
            once,
            unwritten: None,
        }
    }

    /// Prints the report of a tenant's poll. The poll is done, whatever becomes of its report.
    pub(super) fn print(&mut self, name: &str, report: &Report) {
        let error = print_report_of(name, report, self.json).err();
        // A poll goes on without a reader.
        let error = error.filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        let unwritten = error.map(|error| error.to_string());
        if let Some(why) = unwritten.as_ref().filter(|_| self.unwritten.is_none()) {
            say_timed(&format!(
                "drawbridge: {name}: the poll was done, but its report could not be written to standard \
                 output: {why}"
            ));
        }
        // In a single round, a report that is missing once stays missing.
        let before = self.unwritten.take().filter(|_| self.once);
        self.unwritten = before.or(unwritten);
    }

    /// What is wrong with the reports at the end, if anything is.
    pub(super) fn trouble(self) -> Option<String> {
        let why = self.unwritten?;
        Some(format!(
            "a report could not be written to standard output: {why}"
        ))
    }
}
