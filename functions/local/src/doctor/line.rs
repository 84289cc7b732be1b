use std::io::{self, Write};

use serde_json::{Value, json};

use crate::advice::Advice;
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

    pub(super) fn print(&self, out: &mut impl Write, advice: &mut Advice) -> io::Result<()> {
        let text = format!("{}: {}", self.about, advice.once(&self.text));
        let text = wrapped(&text, INDENT, columns());
        writeln!(out, "{}{}", self.mark.painted(), text.trim_start())?;
        // Many an error says it itself.
        let todo = self.todo.iter().find(|todo| !self.text.contains(*todo));
        if let Some(todo) = todo.filter(|todo| advice.is_new(todo)) {
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

#[cfg(test)]
mod tests {
    use drawbridge_files::RUN_AS_OWNER;

    use super::*;

    /// Every folder and every state was followed by the same sentence.
    #[test]
    fn whose_folder_it_is_is_told_once() {
        let denied = format!("no access to state/a.json (permission denied): {RUN_AS_OWNER}");
        let lines = [
            Line::failed("folder", "data/ cannot be written to", RUN_AS_OWNER),
            Line::failed("folder", "data/state cannot be written to", RUN_AS_OWNER),
            Line::failed("a: polls", denied, RUN_AS_OWNER),
            Line::failed("disk", "2 MiB are free", "make room"),
            Line::failed("disk", "1 MiB are free", "make room"),
        ];
        let (mut advice, mut out) = (Advice::default(), Vec::new());
        for line in lines {
            line.print(&mut out, &mut advice).unwrap();
        }
        let shown = String::from_utf8(out).unwrap();
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(shown.matches(RUN_AS_OWNER).count(), 1, "{shown}");
        assert_eq!(shown.matches("make room").count(), 2, "{shown}");
        assert!(
            shown.contains("no access to state/a.json (permission denied)"),
            "{shown}"
        );
    }
}
