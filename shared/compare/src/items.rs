//! JSON objects out of a stream: a list, lines, objects one behind the other, or a list within the
//! answer of Splunk, Elastic or Graph. One object is in memory at a time.

use std::io::{self, Read};

use crate::item::{Broken, Item, Position};
use crate::object::{Object, Step};

const BUFFER_BYTES: usize = 64 << 10;

/// How much may be passed over until it counts as another broken part.
const MAX_LOST_BYTES: u64 = 64 << 10;

/// Reads objects one after the other.
pub(crate) struct Items<R> {
    input: R,
    buffer: Vec<u8>,
    used: usize,
    at: Position,
    is_line_start: bool,
    /// The lists that are open, each with the object that holds it.
    lists: Vec<Option<Object>>,
    open: Option<Object>,
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
        let start = open.map_or(self.at, |open| open.start);
        Some(Item::broken(start, Broken::CutOff))
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
            b'{' => self.open = Some(Object::at(self.at, self.lists.is_empty())),
            b'[' => self.lists.push(None),
            b']' if !self.lists.is_empty() => {
                self.open = self.lists.pop().flatten();
                if let Some(open) = &mut self.open {
                    open.go_on();
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
        if byte == b'{' && open.is_at_list() {
            open.wrap();
            self.lists
                .push(self.open.replace(Object::at(self.at, false)));
            return None;
        }
        if byte == b'{' && self.is_line_start && !open.is_in_string() && !open.is_wrapper {
            // Nothing that is nested begins a line without a space before it: the one before is cut off.
            let position = open.start;
            self.open = Some(Object::at(self.at, self.lists.is_empty()));
            return Some(Item::broken(position, Broken::NotJson));
        }
        match open.step(byte) {
            Step::More => None,
            Step::Unfit => {
                let start = open.start;
                Some(self.broken(start, byte))
            }
            Step::Ended => {
                let mut item = self.open.take()?.ended();
                for wrapper in self.lists.iter_mut().flatten() {
                    wrapper.wrapped += 1;
                    item.is_preview |= wrapper.is_preview;
                }
                Some(item)
            }
        }
    }

    /// What cannot be JSON because of `byte`. The rest of the line is passed over.
    fn broken(&mut self, position: Position, byte: u8) -> Item {
        self.open = None;
        self.is_lost = true;
        self.lost_bytes = 0;
        self.is_within_line = byte != b'\n';
        Item::broken(position, Broken::NotJson)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::MAX_ITEM_BYTES;

    /// The items of a text: each object, or its line and why it is none.
    fn items(text: &str) -> Vec<String> {
        let mut items = Items::of(text.as_bytes());
        let mut all = Vec::new();
        while let Some(item) = items.next_item().unwrap() {
            if item.wrapped.is_some() {
                continue;
            }
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
