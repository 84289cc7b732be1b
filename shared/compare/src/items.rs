//! JSON objects out of a stream: a list, lines, objects one behind the other, or a list within the
//! answer of Splunk, Elastic or Graph. One object is in memory at a time.

use std::io::{self, Read};

/// The longest object that is read; Graph's largest alert has 64 MiB.
pub const MAX_ITEM_BYTES: usize = 64 << 20;

const BUFFER_BYTES: usize = 64 << 10;

/// How much may be passed over until it counts as another broken part.
const MAX_LOST_BYTES: u64 = 64 << 10;

/// Where something begins in the unpacked text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The byte, from 0.
    pub byte: u64,
}

/// Why a part of the text is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It is something else, or its brackets and quotes do not fit.
    #[error("is not a JSON object")]
    NotJson,
    /// It is longer than [`MAX_ITEM_BYTES`].
    #[error("is longer than 64 MiB")]
    TooLong,
    /// The text ends before it does.
    #[error("is cut off: the file ends within it")]
    CutOff,
}

/// An object, or a part of the text that is none.
#[derive(Debug)]
pub(crate) struct Item {
    /// Where it begins.
    pub(crate) position: Position,
    /// Its text.
    pub(crate) text: Result<String, Broken>,
}

/// What is read of an object that has not ended.
struct Open {
    start: Position,
    text: Vec<u8>,
    depth: u32,
    /// Whether it may hold a list of objects instead of being one.
    may_wrap: bool,
    /// Whether it held such a list, so that the rest of it is passed over.
    is_wrapper: bool,
    is_too_long: bool,
    string: Option<Quoted>,
    /// The last text in quotes, as far as a name of a list is long.
    last_string: Vec<u8>,
    /// The last byte outside of a string that is no space.
    last: u8,
    /// Whether the object at depth 2 is the value of `hits`.
    is_in_hits: bool,
}

/// A text in quotes that has not ended.
struct Quoted {
    is_escaped: bool,
}

/// Reads objects one after the other.
pub(crate) struct Items<R> {
    input: R,
    buffer: Vec<u8>,
    used: usize,
    at: Position,
    is_line_start: bool,
    /// The lists that are open, each with the depth of the object that holds it.
    lists: Vec<Option<u32>>,
    open: Option<Open>,
    /// Whether what comes is passed over, until a line begins with an object.
    is_lost: bool,
    /// How much was passed over since the last broken part.
    lost_bytes: u64,
    /// Whether the line that is passed over has begun with something else.
    is_within_line: bool,
    has_ended: bool,
}

impl<R: Read> Items<R> {
    /// Reads from `input`, whose byte order mark was taken off.
    pub(crate) fn of(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            used: 0,
            at: Position { line: 1, byte: 0 },
            is_line_start: true,
            lists: Vec::new(),
            open: None,
            is_lost: false,
            lost_bytes: 0,
            is_within_line: false,
            has_ended: false,
        }
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// Those of the input. What was begun is then lost.
    pub(crate) fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            let Some(&byte) = self.buffer.get(self.used) else {
                if self.fill()? {
                    continue;
                }
                return Ok(self.end());
            };
            self.used += 1;
            let found = self.take(byte);
            self.at.byte += 1;
            self.is_line_start = byte == b'\n';
            if self.is_line_start {
                self.at.line += 1;
            }
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// How far it was read.
    pub(crate) fn position(&self) -> Position {
        self.at
    }

    /// Whether there is more.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.resize(BUFFER_BYTES, 0);
        self.used = 0;
        let read = loop {
            match self.input.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        Ok(read? > 0)
    }

    /// What is left open when the text ends.
    fn end(&mut self) -> Option<Item> {
        let open = self.open.take();
        let is_whole = open.is_none() && self.lists.is_empty();
        if std::mem::replace(&mut self.has_ended, true) || is_whole {
            return None;
        }
        Some(Item {
            position: open.map_or(self.at, |open| open.start),
            text: Err(Broken::CutOff),
        })
    }

    fn take(&mut self, byte: u8) -> Option<Item> {
        if self.is_lost {
            self.lost_bytes += 1;
            if self.lost_bytes == MAX_LOST_BYTES {
                return Some(self.broken(self.at, byte));
            }
            if byte.is_ascii_whitespace() {
                self.is_within_line &= byte != b'\n';
                return None;
            }
            // Objects of a list begin lines of their own, or each is a line.
            if self.is_within_line || !matches!(byte, b'{' | b'[' | b']') {
                self.is_within_line = true;
                return None;
            }
            self.is_lost = false;
        }
        if self.open.is_some() {
            self.take_inside(byte)
        } else {
            self.take_between(byte)
        }
    }

    fn take_between(&mut self, byte: u8) -> Option<Item> {
        match byte {
            b'{' => self.open = Some(Open::at(self.at, self.lists.is_empty())),
            b'[' => self.lists.push(None),
            b']' if !self.lists.is_empty() => {
                if let Some(Some(depth)) = self.lists.pop() {
                    self.open = Some(Open::rest_of_wrapper(self.at, depth));
                }
            }
            b',' => {}
            space if space.is_ascii_whitespace() => {}
            _ => return Some(self.broken(self.at, byte)),
        }
        None
    }

    fn take_inside(&mut self, byte: u8) -> Option<Item> {
        let open = self.open.as_mut()?;
        if byte == b'{' && self.is_line_start && open.string.is_none() && !open.is_wrapper {
            // Nothing that is nested begins a line without a space before it: the one before is cut off.
            let position = open.start;
            self.open = Some(Open::at(self.at, self.lists.is_empty()));
            return Some(Item {
                position,
                text: Err(Broken::NotJson),
            });
        }
        match open.step(byte) {
            Step::More => None,
            Step::Unfit => {
                let start = open.start;
                Some(self.broken(start, byte))
            }
            Step::List => {
                self.lists.push(Some(open.depth));
                self.open = None;
                None
            }
            Step::Ended => self.open.take()?.ended(),
        }
    }

    /// What cannot be JSON because of `byte`. The rest of the line is passed over.
    fn broken(&mut self, position: Position, byte: u8) -> Item {
        self.open = None;
        self.is_lost = true;
        self.lost_bytes = 0;
        self.is_within_line = byte != b'\n';
        Item {
            position,
            text: Err(Broken::NotJson),
        }
    }
}

enum Step {
    More,
    /// The object is whole.
    Ended,
    /// A list of objects has begun within it.
    List,
    /// It cannot be JSON.
    Unfit,
}

impl Open {
    fn at(start: Position, may_wrap: bool) -> Self {
        Self {
            start,
            text: vec![b'{'],
            depth: 1,
            may_wrap,
            is_wrapper: false,
            is_too_long: false,
            string: None,
            last_string: Vec::new(),
            last: b'{',
            is_in_hits: false,
        }
    }

    fn rest_of_wrapper(start: Position, depth: u32) -> Self {
        Self {
            text: Vec::new(),
            depth,
            is_wrapper: true,
            last: b']',
            ..Self::at(start, true)
        }
    }

    fn ended(self) -> Option<Item> {
        if self.is_wrapper {
            return None;
        }
        let text = if self.is_too_long {
            Err(Broken::TooLong)
        } else {
            let mut text = self.text;
            // As a poll reads it.
            drawbridge_alert::repair_surrogates(&mut text);
            Ok(match String::from_utf8(text) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            })
        };
        Some(Item {
            position: self.start,
            text,
        })
    }

    fn step(&mut self, byte: u8) -> Step {
        if self.text.len() >= MAX_ITEM_BYTES {
            self.is_too_long = true;
            self.text = Vec::new();
        }
        if !self.is_wrapper && !self.is_too_long {
            self.text.push(byte);
        }
        if let Some(string) = &mut self.string {
            let was_escaped = std::mem::replace(&mut string.is_escaped, false);
            match byte {
                _ if was_escaped => {}
                b'\\' => string.is_escaped = true,
                b'"' => {
                    self.string = None;
                    self.last = b'"';
                }
                b'\n' => return Step::Unfit,
                // More is longer than the name of any list.
                _ if self.last_string.len() < 8 => self.last_string.push(byte),
                _ => {}
            }
            return Step::More;
        }
        match byte {
            b'"' => {
                self.string = Some(Quoted { is_escaped: false });
                self.last_string.clear();
            }
            b'{' => {
                if !matches!(self.last, b':' | b',' | b'[') {
                    return Step::Unfit;
                }
                if self.depth == 1 {
                    self.is_in_hits = self.is_value_of(&["hits"]);
                }
                self.depth += 1;
            }
            b'[' if self.may_wrap && self.holds_objects() => {
                self.is_wrapper = true;
                return Step::List;
            }
            b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    return if byte == b'}' {
                        Step::Ended
                    } else {
                        Step::Unfit
                    };
                }
            }
            space if space.is_ascii_whitespace() => return Step::More,
            _ => {}
        }
        self.last = byte;
        Step::More
    }

    /// Whether the list that begins here is that of a known answer.
    fn holds_objects(&self) -> bool {
        match self.depth {
            1 => self.is_value_of(&["value", "results", "alerts", "hits"]),
            2 => self.is_in_hits && self.is_value_of(&["hits"]),
            _ => false,
        }
    }

    fn is_value_of(&self, names: &[&str]) -> bool {
        self.last == b':' && names.iter().any(|name| name.as_bytes() == self.last_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items of a text: each object, or its line and why it is none.
    fn items(text: &str) -> Vec<String> {
        let mut items = Items::of(text.as_bytes());
        let mut all = Vec::new();
        while let Some(item) = items.next_item().unwrap() {
            all.push(match item.text {
                Ok(text) => text.split_whitespace().collect(),
                Err(why) => format!("line {}: {why:?}", item.position.line),
            });
        }
        all
    }

    #[test]
    fn objects_are_found_in_every_shape() {
        let two = ["{\"a\":\"[{\\\"\"}", "{\"b\":{\"c\":[{}]}}"];
        let [a, b] = two;
        for text in [
            format!("[{a},{b}]"),
            format!("[\n  {a},\n  {b}\n]\n"),
            format!("{a}\n{b}\n"),
            format!("{a}\r\n\r\n{b}"),
            format!("{a}{b}"),
            format!(
                "{{\"took\":3,\"hits\":{{\"total\":{{\"value\":2}},\"hits\":[{a},{b}]}},\"aggs\":{{\"x\":[]}}}}"
            ),
            format!("{{\"preview\":false,\"results\" : [\n{a},\n{b}], \"highlighted\":{{}}}}"),
            format!("{{\"@odata.context\":\"x\",\"value\":[{a}]}}\n{{\"value\":[{b}]}}"),
        ] {
            assert_eq!(items(&text), two, "{text}");
        }
        assert_eq!(
            items("{\n  \"a\": {\n    \"x\": 1\n  }\n}\n"),
            ["{\"a\":{\"x\":1}}"]
        );
        assert!(items("").is_empty() && items("[]").is_empty());
    }

    #[test]
    fn what_is_broken_ends_nothing() {
        let (a, b) = ("{\"a\":1}", "{\"b\":2}");
        for bad in [
            "{\"x\": \"not closed",
            "{\"x\": 1",
            "{\"x\":",
            "what is this {",
            "{\"x\": 1]",
        ] {
            let found = items(&format!("{a}\n{bad}\n{b}\n"));
            assert_eq!(found, [a, "line 2: NotJson", b], "{bad}");
            let found = items(&format!("[\n{a},\n{bad},\n{b}\n]"));
            assert_eq!(found, [a, "line 3: NotJson", b], "{bad}");
            let found = items(&format!("{bad}\n{a}\n{b}\n"));
            assert_eq!(found, ["line 1: NotJson", a, b], "{bad}");
        }
        assert_eq!(items(&format!("{a}\n{{\"x\"")), [a, "line 2: CutOff"]);
        assert_eq!(items(&format!("[{a},\n")), [a, "line 2: CutOff"]);
        assert_eq!(items("plain\ntext\n"), ["line 1: NotJson"]);
    }

    #[test]
    fn what_is_too_long_is_passed_over_without_being_kept() {
        let long = std::io::repeat(b'x').take(MAX_ITEM_BYTES as u64 + 1);
        let text = b"{\"a\":\"".chain(long).chain(&b"\"}\n{\"b\":2}"[..]);
        let mut items = Items::of(text);
        let item = items.next_item().unwrap().unwrap();
        assert_eq!(item.text.unwrap_err(), Broken::TooLong);
        assert_eq!(
            items.next_item().unwrap().unwrap().text.unwrap(),
            "{\"b\":2}"
        );
    }
}
