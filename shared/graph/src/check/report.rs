//! What a check found.

use std::fmt;

use crate::error::ErrorKind;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The certificate, and how long it lasts.
    Credential,
    /// Whether Entra hands out a token.
    SignIn,
    /// What the token may do.
    Roles,
    /// Whether Graph answers with alerts.
    Alerts,
}

impl Topic {
    /// In lower case, for a table or an event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::SignIn => "sign-in",
            Self::Roles => "roles",
            Self::Alerts => "alerts",
        }
    }
}

/// How a finding bears on the tenant; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// As it should be.
    Passed,
    /// It works, but somebody should look at it.
    Warned,
    /// It does not work.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub topic: Topic,
    /// How it bears on the tenant.
    pub level: Level,
    /// What was found and what to do, in a sentence. Never a secret, a token or an alert.
    pub text: String,
    /// What to do by itself, for those who show it apart: of whatever has failed, and of what is warned
    /// of. The text says it, too.
    pub todo: Option<String>,
    /// The kind of the error behind it, if one was: throttling and the network pass by
    /// themselves, the others do not.
    pub kind: Option<ErrorKind>,
}

impl Finding {
    pub(super) fn passed(topic: Topic, text: String) -> Self {
        Self {
            topic,
            level: Level::Passed,
            text,
            todo: None,
            kind: None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.level {
            Level::Passed => "ok",
            Level::Warned => "warning",
            Level::Failed => "failed",
        };
        write!(f, "{}: {mark}: {}", self.topic.as_str(), self.text)
    }
}

/// What was found, in the order in which it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// One entry a topic that was reached.
    pub findings: Vec<Finding>,
}

impl Check {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The worst level of all.
    pub fn level(&self) -> Level {
        let levels = self.findings.iter().map(|finding| finding.level);
        levels.max().unwrap_or(Level::Passed)
    }

    /// Whether a poll of this tenant would work. Warnings do not count.
    pub fn works(&self) -> bool {
        self.level() < Level::Failed
    }
}

/// One line a finding.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}
