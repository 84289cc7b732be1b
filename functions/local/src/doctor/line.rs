use std::io::{self, Write};

use serde_json::{Value, json};

use crate::paint::{Colour, paint};
use crate::screen::{columns, wrapped};

/// How far lines are set in below their mark.
const INDENT: usize = 8;

/// How it is with what was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
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
    pub(crate) mark: Mark,
    /// What it is about, such as `clock` or `contoso: sign-in`.
    pub(crate) about: String,
    /// What was found.
    pub(crate) text: String,
    /// What to do, unless the text says it, or there is nothing to do.
    pub(crate) todo: Option<String>,
}

impl Line {
    pub(crate) fn new(mark: Mark, about: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            mark,
            about: about.into(),
            text: text.into(),
            todo: None,
        }
    }

    pub(crate) fn todo(self, todo: impl Into<String>) -> Self {
        Self {
            todo: Some(todo.into()),
            ..self
        }
    }

    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let text = format!("{}: {}", self.about, self.text);
        let text = wrapped(&text, INDENT, columns());
        writeln!(out, "{}{}", self.mark.painted(), text.trim_start())?;
        if let Some(todo) = &self.todo {
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
