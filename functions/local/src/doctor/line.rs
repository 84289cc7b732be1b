use std::io::{self, Write};

use serde_json::{Value, json};

use crate::paint::{Colour, paint};
use crate::screen::{columns, wrapped};

/// How far lines are set in below their mark.
const INDENT: usize = 8;

/// How it is with what was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Ok,
    Warn,
    Failed,
    /// It was not looked at.
    Note,
}

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Failed => "failed",
            Self::Note => "note",
        }
    }

    fn painted(self) -> String {
        let word = format!("{:<INDENT$}", self.word());
        match self {
            Self::Ok => paint(&word, Colour::Green),
            Self::Warn => paint(&word, Colour::Yellow),
            Self::Failed => paint(&word, Colour::Red),
            Self::Note => word,
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(super) mark: Mark,
    /// What it is about, such as `clock` or `contoso: sign-in`.
    about: String,
    /// What was found.
    pub(super) text: String,
    /// What to do: of all that has failed or is warned of.
    todo: Option<String>,
}

impl Line {
    /// It is as it should be.
    pub(crate) fn ok(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            mark: Mark::Ok,
            about: about.into(),
            text: text.into(),
            todo: None,
        }
    }

    /// It was not looked at.
    pub(crate) fn note(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            mark: Mark::Note,
            ..Self::ok(about, text)
        }
    }

    /// It works, but somebody should look at it.
    pub(crate) fn warn(
        about: impl Into<String>,
        text: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            mark: Mark::Warn,
            todo: Some(todo.into()),
            ..Self::ok(about, text)
        }
    }

    /// It does not work.
    pub(crate) fn failed(
        about: impl Into<String>,
        text: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            mark: Mark::Failed,
            ..Self::warn(about, text, todo)
        }
    }

    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let text = format!("{}: {}", self.about, self.text);
        let text = wrapped(&text, INDENT, columns());
        writeln!(out, "{}{}", self.mark.painted(), text.trim_start())?;
        // Many an error says it itself.
        let todo = self.todo.iter().find(|todo| !self.text.contains(*todo));
        if let Some(todo) = todo {
            let todo = format!("what to do: {todo}");
            writeln!(out, "{}", wrapped(&todo, INDENT, columns()))?;
        }
        Ok(())
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "level": self.mark.word(),
            "about": self.about,
            "text": self.text,
            "do": self.todo,
        })
    }
}
