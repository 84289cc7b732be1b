//! Text from outside, such as the title of an alert or the key of an object, made fit to be read on a
//! terminal or in a log: nothing in it moves the cursor, hides what stands beside it or reads backwards.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Whether a character does something instead of being shown: a control character (C0, DEL, C1), a
/// mark that turns the direction of writing or annotates, an invisible blank, sign or tag, or a line
/// break of Unicode's own. The two joiners, and the sixteen signs that choose a letter's form, are
/// shown: words of some languages and emoji need them.
fn acts(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}' | '\u{34f}' | '\u{61c}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// `text` on one line, with each character that does something as `\u` and its four digits, or twice
/// that for one beyond U+FFFF, as JSON has it.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push(c, &mut shown);
    }
    Cow::Owned(shown)
}

fn push(c: char, shown: &mut String) {
    if acts(c) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    } else {
        shown.push(c);
    }
}

/// Writes text with its line breaks and escapes the rest as [`shown`] does. What is JSON stays JSON:
/// there, such characters stand within strings only.
#[derive(Debug)]
pub struct Escaped<W> {
    inner: W,
    /// Whether colours go through, as they are set by this program for a terminal.
    colours: bool,
    /// The beginning of a character that is not all there yet.
    begun: Vec<u8>,
}

impl<W> Escaped<W> {
    /// Escapes what is written to `inner`; with `colours`, all but the codes of plain colours.
    pub fn new(inner: W, colours: bool) -> Self {
        Self {
            inner,
            colours,
            begun: Vec::new(),
        }
    }

    fn escape(&self, text: &str, escaped: &mut String) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let colour = if self.colours { colour(rest) } else { 0 };
            let (here, after) = rest.split_at(colour.max(c.len_utf8()));
            if colour > 0 || c == '\n' {
                escaped.push_str(here);
            } else {
                push(c, escaped);
            }
            rest = after;
        }
    }
}

/// The length of the code of a colour at the beginning of `text`, or 0.
fn colour(text: &str) -> usize {
    let Some(code) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let Some((number, _)) = code.split_once('m') else {
        return 0;
    };
    // Normal, bold, faint, italic, and eight colours: none of them hides a text.
    let is_plain = matches!(number.parse(), Ok(0_u8..=3 | 31..=37));
    if is_plain { number.len() + 3 } else { 0 }
}

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let whole = if self.begun.is_empty() {
            Cow::Borrowed(bytes)
        } else {
            let mut whole = std::mem::take(&mut self.begun);
            whole.extend_from_slice(bytes);
            Cow::Owned(whole)
        };
        let mut escaped = String::with_capacity(whole.len());
        let mut rest = &*whole;
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.escape(text, &mut escaped);
                    break;
                }
                Err(error) => {
                    let (text, after) = rest.split_at(error.valid_up_to());
                    if let Ok(text) = std::str::from_utf8(text) {
                        self.escape(text, &mut escaped);
                    }
                    let Some(bad) = error.error_len() else {
                        self.begun = after.to_vec();
                        break;
                    };
                    escaped.push(char::REPLACEMENT_CHARACTER);
                    rest = &after[bad..];
                }
            }
        }
        self.inner.write_all(escaped.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each kind of character that does something, and what it becomes.
    const ACTING: [(&str, &str); 17] = [
        ("\u{1b}[2J", "\\u001b[2J"),
        ("\r", "\\u000d"),
        ("\u{8}", "\\u0008"),
        ("\u{7f}", "\\u007f"),
        ("\u{9b}31m", "\\u009b31m"),
        ("\u{202e}", "\\u202e"),
        ("\u{2066}", "\\u2066"),
        ("\u{206e}", "\\u206e"),
        ("\u{200b}", "\\u200b"),
        ("\u{fffa}", "\\ufffa"),
        ("\u{200f}", "\\u200f"),
        ("\u{2028}", "\\u2028"),
        ("\0", "\\u0000"),
        ("\u{ad}", "\\u00ad"),
        ("\u{3164}", "\\u3164"),
        ("\u{e0041}", "\\udb40\\udc41"),
        ("\u{e01ef}", "\\udb40\\uddef"),
    ];

    fn written(parts: &[&[u8]], colours: bool) -> String {
        let mut out = Escaped::new(Vec::new(), colours);
        for part in parts {
            out.write_all(part).unwrap();
        }
        String::from_utf8(out.inner).unwrap()
    }

    #[test]
    fn what_acts_is_escaped_and_nothing_else() {
        for (raw, escaped) in ACTING {
            assert_eq!(shown(&format!("a{raw}b")), format!("a{escaped}b"));
            let line = written(&[b"a", raw.as_bytes(), b"b\n"], true);
            assert_eq!(line, format!("a{escaped}b\n"));
        }
        let plain = "Ünïcödé, 日本語, עברית and 🙂 ❤\u{fe0f}";
        assert!(matches!(shown(plain), Cow::Borrowed(_)));
        assert_eq!(written(&[plain.as_bytes()], false), plain);
        assert_eq!(shown("a\nok\tb"), "a\\u000aok\\u0009b");
    }

    #[test]
    fn colours_are_for_terminals_and_hide_nothing() {
        let red = "\u{1b}[31mred\u{1b}[0m";
        assert_eq!(written(&[red.as_bytes()], true), red);
        assert!(!written(&[red.as_bytes()], false).contains('\u{1b}'));
        for code in ["8", "30", "38;5;0", "", "1J", "31"] {
            assert!(!written(&[format!("\u{1b}[{code}x").as_bytes()], true).contains('\u{1b}'));
        }
    }

    #[test]
    fn a_character_may_come_in_pieces_and_json_stays_json() {
        let text = "é\u{202e}🙂";
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(written(&bytes, false), "é\\u202e🙂");
        assert_eq!(written(&[b"a\xffb"], false), "a\u{fffd}b");
        let json = serde_json::json!({"a\u{7f}": "\u{e0041}\u{9b}\u{202e}\u{1b}\n"});
        let line = written(&[json.to_string().as_bytes()], false);
        assert!(line.is_ascii(), "{line}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            json
        );
    }
}
