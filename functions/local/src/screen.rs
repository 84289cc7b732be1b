//! What the command writes for a person, or as JSON: no text from outside does anything there.

use std::io::{self, IsTerminal as _, StderrLock, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use drawbridge_telemetry::Escaped;

/// The fewest columns that anything is laid out for.
const FEWEST: usize = 40;

/// The blanks before a line that goes on from the one above.
const HANGING: usize = 2;

/// The blanks before what a command does, where that has no room beside it.
const BELOW: usize = 6;

/// Whether anything was written to standard output.
static HAS_PRINTED: AtomicBool = AtomicBool::new(false);

/// Standard output, which remembers that something was written to it.
pub(crate) struct Stdout(StdoutLock<'static>);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HAS_PRINTED.fetch_or(!bytes.is_empty(), Ordering::Relaxed);
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether anything was written to standard output by now.
pub(crate) fn has_printed() -> bool {
    HAS_PRINTED.load(Ordering::Relaxed)
}

/// Standard output.
pub(crate) fn stdout() -> Escaped<Stdout> {
    Escaped::new(Stdout(io::stdout().lock()), has_colours())
}

/// Standard error.
pub(crate) fn stderr() -> Escaped<StderrLock<'static>> {
    Escaped::new(io::stderr().lock(), false)
}

/// Whether standard output shows colours: a terminal does unless `NO_COLOR` is set, and anything else
/// if `CLICOLOR_FORCE` is.
pub(crate) fn has_colours() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_forced =
        is_set("CLICOLOR_FORCE") && std::env::var_os("CLICOLOR_FORCE") != Some("0".into());
    !is_set("NO_COLOR") && (is_forced || io::stdout().is_terminal())
}

/// The columns of standard output: what `COLUMNS` says, or the terminal; `None` where lines may be of
/// any length, as in a file.
pub(crate) fn columns() -> Option<usize> {
    let given = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let of_terminal = || {
        let size = console::Term::stdout().size_checked();
        size.map(|(_rows, columns)| usize::from(columns))
    };
    let columns: Option<usize> = given.or_else(of_terminal);
    columns
        .filter(|columns| *columns > 0)
        .map(|columns| columns.max(FEWEST))
}

/// The columns of standard error if it is a terminal.
pub(crate) fn error_columns() -> Option<usize> {
    let size = console::Term::stderr().size_checked();
    size.map(|(_rows, columns)| usize::from(columns).max(FEWEST))
}

/// Writes a line for a person to standard output, which goes on below where it has no room.
pub(crate) fn print_line(text: &str) -> io::Result<()> {
    writeln!(stdout(), "{}", hanging(text, columns()))
}

/// Prints what a command did: lines for a person, or one JSON object with what it was done to.
pub(crate) fn print_done(
    json: bool,
    (what, name): (&str, &str),
    lines: &[String],
) -> io::Result<()> {
    if json {
        let line = serde_json::json!({what: name, "ending": "complete", "text": lines.join("; ")});
        return writeln!(stdout(), "{line}");
    }
    lines.iter().try_for_each(|line| print_line(line))
}

/// What a command does, in the lines below it.
pub(crate) fn below(what: &str, columns: Option<usize>) -> String {
    wrapped(what, BELOW, columns)
}

/// A text in lines of at most `columns`, each behind `indent` blanks and with one column at least. A command between backticks stays
/// in one line, so that it can be copied, and so does a word with colours; any other word that is longer than
/// a line goes on in the next.
pub(crate) fn wrapped(text: &str, indent: usize, columns: Option<usize>) -> String {
    let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(indent).max(1));
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in words(text) {
        let length = width(&line);
        if length > 0 && length + 1 + width(&word) > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
        // A line with colours is of several words, or of one that stays whole.
        while !line.contains(['`', ESCAPE])
            && let Some((at, _)) = line.char_indices().nth(room)
        {
            let rest = line.split_off(at);
            lines.push(std::mem::replace(&mut line, rest));
        }
    }
    lines.push(line);
    let blanks = " ".repeat(indent);
    let lines: Vec<String> = lines.iter().map(|line| format!("{blanks}{line}")).collect();
    lines.join("\n")
}

/// A name, and behind it a text that begins in column `at`, and goes on there in the next lines where it has no
/// room.
pub(crate) fn beside(name: &str, at: usize, text: &str, columns: Option<usize>) -> String {
    let name = format!("{:HANGING$}{name}", "");
    let first = format!("{name:<at$} ");
    let length = width(&first);
    if columns.is_none_or(|columns| length + width(text) <= columns) {
        return first + text;
    }
    let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(at + 1));
    // Below a name that reaches into the text's column, and where a word has no room in that.
    if length > at + 1 || words(text).iter().any(|word| width(word) > room) {
        let below = below(text, columns);
        return match name.trim() {
            "" => below,
            _ => format!("{name}\n{below}"),
        };
    }
    first + &wrapped(text, length, columns).split_off(length)
}

/// A text in lines of at most `columns`, with two blanks before each but the first: where a name that is
/// repeated goes on in the next line, that line is not taken for one of ours.
pub(crate) fn hanging(text: &str, columns: Option<usize>) -> String {
    match columns {
        Some(columns) if width(text) > columns => {
            wrapped(text, HANGING, Some(columns)).split_off(HANGING)
        }
        _ => text.to_owned(),
    }
}

/// A text behind the name that its line begins with, and the blanks between them. Where it has no room it goes on
/// below in its column, or two columns behind that if there are only blanks before it.
pub(crate) fn continued(name: &str, text: &str, columns: Option<usize>) -> String {
    let length = width(name);
    let Some(columns) = columns.filter(|columns| length + width(text) > *columns) else {
        return format!("{name}{text}");
    };
    let at = match name.trim() {
        "" => length + HANGING,
        _ => length,
    };
    // The first line has the room of the others, behind blanks alone, too.
    name.to_owned() + wrapped(text, at, Some(columns)).trim_start()
}

/// What begins the code of a colour, which ends with an `m`.
const ESCAPE: char = '\u{1b}';

/// The columns that a text takes, which may have colours.
fn width(text: &str) -> usize {
    let mut parts = text.split(ESCAPE);
    let first = parts.next().map_or(0, |part| part.chars().count());
    let of_part = |part: &str| part.chars().skip_while(|c| *c != 'm').skip(1).count();
    first + parts.map(of_part).sum::<usize>()
}

/// The words of a text, where what is between backticks is one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for word in text.split_whitespace() {
        match words.last_mut().filter(|_| is_open) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
        is_open ^= word.matches('`').count() % 2 == 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{beside, continued, hanging, wrapped};

    fn without_blanks(text: &str) -> String {
        text.split_whitespace().collect()
    }

    proptest! {
        /// What begins behind the terminal's last column never came to its end.
        #[test]
        fn every_text_is_laid_out_whole(
            name in "[ a]{0,30}",
            text in "[a-c` é]{0,60}",
            at in 0_usize..100,
            columns in 1_usize..80,
        ) {
            let columns = Some(columns);
            for lines in [wrapped(&text, at, columns), hanging(&text, columns)] {
                prop_assert_eq!(without_blanks(&lines), without_blanks(&text));
            }
            for lines in [continued(&name, &text, columns), beside(&name, at, &text, columns)] {
                prop_assert_eq!(without_blanks(&lines), without_blanks(&(name.clone() + &text)));
            }
        }
    }

    #[test]
    fn a_line_with_colours_has_as_many_columns_as_one_without() {
        let text = "\u{1b}[33mWARN\u{1b}[0m no \u{1b}[3mtoken\u{1b}[0m yet, trying again";
        let expected = "\u{1b}[33mWARN\u{1b}[0m no \u{1b}[3mtoken\u{1b}[0m yet,\ntrying again";
        assert_eq!(wrapped(text, 0, Some(20)), expected);
    }

    #[test]
    fn a_text_stays_in_its_column_as_long_as_its_words_fit() {
        assert_eq!(beside("a", 4, "b c", None), "  a  b c");
        assert_eq!(beside("a", 4, "bb cc", Some(8)), "  a  bb\n     cc");
        assert_eq!(beside("a", 4, "b ccccc", Some(11)), "  a  b\n     ccccc");
        assert_eq!(beside("aaaa", 4, "bb cc", Some(11)), "  aaaa\n      bb cc");
        assert_eq!(beside("a", 12, "bb dddd", Some(14)), "  a\n      bb dddd");
        assert_eq!(beside("", 12, "bb dddd", Some(14)), "      bb dddd");
    }

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrapped("a bb ccc", 2, Some(7)), "  a bb\n  ccc");
        assert_eq!(
            wrapped("a /long/path b", 2, Some(8)),
            "  a\n  /long/\n  path b"
        );
        assert_eq!(wrapped("a bb  ccc", 2, None), "  a bb ccc");
        assert_eq!(wrapped("", 2, Some(9)), "  ");
        assert_eq!(wrapped("ab c", 2, Some(2)), "  a\n  b\n  c");
        assert_eq!(wrapped("ab", 3, Some(2)), "   a\n   b");
        assert_eq!(
            wrapped("run `a b`, or `c`", 2, Some(9)),
            "  run\n  `a b`,\n  or `c`"
        );
        assert_eq!(hanging("a bb  ccc", Some(9)), "a bb  ccc");
        assert_eq!(hanging("a bb  ccc", Some(8)), "a bb\n  ccc");
        assert_eq!(hanging("a bb  ccc", None), "a bb  ccc");
        assert_eq!(continued("   ", "a  bb", Some(8)), "   a  bb");
        let lines = "   a\n     bb\n     c";
        assert_eq!(continued("   ", "a bb c", Some(8)), lines);
        assert_eq!(continued("a   ", "bb  c", Some(7)), "a   bb\n    c");
        let faint = "\u{1b}[2mfaint\u{1b}[0m";
        assert_eq!(
            hanging(&format!("{faint} {faint} aa"), Some(13)),
            format!("{faint} {faint}\n  aa")
        );
    }
}
