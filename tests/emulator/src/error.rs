//! Why there is no emulator, and what to do about it.

/// Why the emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// No Python that is new enough.
    #[error(
        "no Python 3.11 or newer was found (tried {tried}); install one, or put it first in PATH as python3"
    )]
    NoPython {
        /// The commands that were tried.
        tried: String,
    },
    /// Packages of Python or Debian could not be installed below `target/`.
    #[error("what the tests need could not be installed: {step} failed: {output}")]
    Environment {
        /// What was being done.
        step: String,
        /// The last lines that the command wrote.
        output: String,
    },
    /// A file or process operation failed.
    #[error("{what} failed: {source}")]
    Io {
        /// What was being done, and to what.
        what: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The emulator ended, or did not answer in time.
    #[error("the emulator did not start: {reason}; the end of its log:\n{log}")]
    NotReady {
        /// What happened.
        reason: String,
        /// The last lines of its log.
        log: String,
    },
    /// The test's runtime ended first.
    #[error("the runtime is shutting down")]
    ShuttingDown,
}

impl EmulatorError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
