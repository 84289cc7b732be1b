use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::progress::{say, say_timed};
use crate::screen::has_printed;

/// Why the command ends with an exit code other than 0.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was asked for could not be done; the text says what to do.
    #[error("{0}")]
    Message(String),
    /// How a command ended that may run for days or under a scheduler, which its reports do not say. It is printed
    /// with the time.
    #[error("{0}")]
    Ended(String),
    /// The command line is wrong; the text says how to correct it.
    #[error("{0}")]
    Usage(String),
    /// Some of the input was not used; each part was reported when it was met.
    #[error("{}", some_alerts(*.bad, *.all))]
    SomeAlerts {
        /// How many were not used.
        bad: usize,
        /// How many there were.
        all: usize,
    },
    /// The reader of the output closed it, as `head` does. That is not really a failure.
    #[error("the reader of the output went away")]
    ReaderGone,
}

fn some_alerts(bad: usize, all: usize) -> String {
    match (bad, all) {
        (_, 1) => "the alert could not be read".to_owned(),
        (bad, all) if bad == all => format!("none of the {all} alerts could be read"),
        (bad, all) => format!("{bad} of {all} alerts could not be read; the others were written"),
    }
}

impl Failure {
    /// A failure with a text.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "reads as `.map_err(Failure::of)`"
    )]
    pub(crate) fn of(text: impl ToString) -> Self {
        Self::Message(text.to_string())
    }

    /// A command line that cannot be what was meant.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "reads as `.map_err(Failure::usage)`"
    )]
    pub(crate) fn usage(text: impl ToString) -> Self {
        Self::Usage(text.to_string())
    }

    /// How a command ended that may run for days.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "reads as `.map_err(Failure::ended)`"
    )]
    pub(crate) fn ended(text: impl ToString) -> Self {
        Self::Ended(text.to_string())
    }

    /// What a script is told that asked for JSON.
    pub(crate) fn json(error: &str) -> Value {
        json!({"ending": "failed", "error": error})
    }

    /// Tells a script that asked for JSON what is wrong with a part, on a line of its own; the pair is a
    /// member that says of what. A person reads it on standard error. If it cannot be written, nothing else happens.
    pub(crate) fn print_json(error: &str, (member, of): (&str, Option<&str>)) {
        let mut line = Self::json(error);
        line[member] = of.into();
        let _ = writeln!(crate::screen::stdout(), "{line}");
    }

    /// Tells the user and gives the exit code. A script that asked for JSON gets an object even where
    /// nothing was printed before the failure, and always where what was printed does not say why.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        if matches!(self, Self::ReaderGone) {
            return ExitCode::SUCCESS;
        }
        if json && (!has_printed() || matches!(self, Self::Ended(_))) {
            // What cannot be written is no reason for more.
            let _ = writeln!(crate::screen::stdout(), "{}", Self::json(&self.to_string()));
        }
        let text = format!("drawbridge: {self}");
        match &self {
            Self::Ended(_) => say_timed(&text),
            _ => say(&text),
        }
        match self {
            Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Message(format!("writing the output failed: {error}")),
        }
    }
}
