//! An object whose text has not ended: whether it is one, or is wrapped around a list of others.

use crate::item::{Broken, Item, MAX_ITEM_BYTES, Position};
use crate::wrapper::is_whole_by_names;

/// The longest name that is looked at, more than that of any key.
const MAX_NAME_BYTES: usize = 32;

/// How many names of an object are looked at before a list in it.
const MAX_NAMES: usize = 200;

/// What is read of an object that has not ended.
pub(crate) struct Object {
    pub(crate) start: Position,
    text: Vec<u8>,
    depth: u32,
    /// Whether it may hold a list of objects instead of being one.
    may_wrap: bool,
    /// Whether it held such a list: the objects in it are items of their own.
    pub(crate) is_wrapper: bool,
    /// How many these are.
    pub(crate) wrapped: u64,
    /// Whether the list that began last may be one of objects that are items.
    is_at_list: bool,
    /// Whether it says that its list is a preview of Splunk's.
    pub(crate) is_preview: bool,
    is_too_long: bool,
    string: Option<Quoted>,
    /// The last text in quotes, as far as a name is long.
    last_string: Vec<u8>,
    /// The names of its members so far.
    names: Vec<String>,
    /// The last byte outside of a string that is no space.
    last: u8,
    /// Whether the object at depth 2 is the value of `hits`.
    is_in_hits: bool,
}

/// A text in quotes that has not ended.
struct Quoted {
    is_escaped: bool,
}

/// What a byte means.
pub(crate) enum Step {
    More,
    /// The object is whole.
    Ended,
    /// It cannot be JSON.
    Unfit,
}

impl Object {
    pub(crate) fn at(start: Position, may_wrap: bool) -> Self {
        Self {
            start,
            text: vec![b'{'],
            depth: 1,
            may_wrap,
            is_wrapper: false,
            wrapped: 0,
            is_at_list: false,
            is_preview: false,
            is_too_long: false,
            string: None,
            last_string: Vec::new(),
            names: Vec::new(),
            last: b'{',
            is_in_hits: false,
        }
    }

    pub(crate) fn is_in_string(&self) -> bool {
        self.string.is_some()
    }

    /// Whether an object that comes now is the first one of a list of them.
    pub(crate) fn is_at_list(&self) -> bool {
        self.is_at_list && self.last == b'['
    }

    /// The objects of the list that has begun are items of their own.
    pub(crate) fn wrap(&mut self) {
        self.is_wrapper = true;
        self.depth -= 1;
    }

    /// The list in it has ended with a bracket.
    pub(crate) fn go_on(&mut self) {
        self.text.push(b']');
        self.last = b']';
    }

    pub(crate) fn ended(self) -> Item {
        let text = if self.is_too_long {
            Err(Broken::TooLong)
        } else {
            let mut text = self.text;
            // As a poll does.
            drawbridge_alert::repair_surrogates(&mut text);
            String::from_utf8(text).map_err(|_| Broken::NotUtf8)
        };
        Item {
            position: self.start,
            text,
            wrapped: self.is_wrapper.then_some(self.wrapped),
            is_preview: false,
        }
    }

    pub(crate) fn step(&mut self, byte: u8) -> Step {
        if self.text.len() >= MAX_ITEM_BYTES {
            self.is_too_long = true;
            self.text = Vec::new();
        }
        if !self.is_too_long {
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
                _ if self.last_string.len() < MAX_NAME_BYTES => self.last_string.push(byte),
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
            b'[' => {
                self.is_at_list = self.may_wrap && self.holds_objects();
                self.depth += 1;
            }
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
            b':' if self.depth == 1 => self.name(),
            b't' if self.depth == 1 => self.is_preview |= self.is_value_of(&["preview"]),
            _ => {}
        }
        self.last = byte;
        Step::More
    }

    /// Notes the name of a member.
    fn name(&mut self) {
        if self.may_wrap && self.last == b'"' && self.names.len() < MAX_NAMES {
            let name = String::from_utf8_lossy(&self.last_string);
            self.names.push(name.into_owned());
        }
    }

    /// Whether the list that begins here is that of a known answer, and not the list of a record or an
    /// alert.
    fn holds_objects(&self) -> bool {
        let is_of_an_answer = match self.depth {
            1 => self.is_value_of(&["value", "results", "alerts", "hits"]),
            2 => self.is_in_hits && self.is_value_of(&["hits"]),
            _ => false,
        };
        is_of_an_answer && !is_whole_by_names(self.names.iter().map(String::as_str))
    }

    fn is_value_of(&self, names: &[&str]) -> bool {
        self.last == b':' && names.iter().any(|name| name.as_bytes() == self.last_string)
    }
}
