//! Goes over a JSON text whose grammar serde has seen before: what it meets, and where it ends.

use crate::eight::equal;

/// A place in the text.
pub(crate) struct Scan<'a> {
    pub(crate) json: &'a str,
    /// The byte that is read next.
    pub(crate) at: usize,
}

/// A string as it stands in the text.
#[derive(Clone, Copy)]
pub(crate) enum Quoted<'a> {
    /// What is between the quotes; there is no escape in it.
    Plain(&'a str),
    /// With its quotes, since there is.
    Escaped(&'a str),
}

impl<'a> Scan<'a> {
    pub(crate) fn of(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// Goes to what is no blank, and says where that is.
    pub(crate) fn skip_blanks(&mut self) -> usize {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.at
    }

    /// Goes behind the colon that follows a name.
    pub(crate) fn skip_colon(&mut self) {
        self.skip_blanks();
        self.at += 1;
    }

    /// Whether something comes before the closing bracket; goes behind the comma or the bracket.
    pub(crate) fn more(&mut self, bracket: u8) -> Option<bool> {
        self.skip_blanks();
        if self.peek()? == b',' {
            self.at += 1;
            self.skip_blanks();
        }
        let more = self.peek()? != bracket;
        self.at += usize::from(!more);
        Some(more)
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Option<Quoted<'a>> {
        let start = self.at;
        Some(if self.skip_string()? {
            Quoted::Plain(self.json.get(start + 1..self.at - 1)?)
        } else {
            Quoted::Escaped(self.json.get(start..self.at)?)
        })
    }

    /// Goes behind the closing quote; says whether there was no escape.
    fn skip_string(&mut self) -> Option<bool> {
        self.at += 1;
        let mut is_plain = true;
        loop {
            self.at += quote_or_backslash(self.json.as_bytes().get(self.at..)?)?;
            if self.peek()? == b'"' {
                self.at += 1;
                return Some(is_plain);
            }
            is_plain = false;
            self.at += 2;
        }
    }

    /// Reads a number as it stands there; none where there is nothing of one.
    pub(crate) fn number(&mut self) -> Option<&'a str> {
        let rest = self.json.get(self.at..)?;
        let is_of_number = |byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().take_while(|byte| is_of_number(*byte)).count();
        self.at += length;
        rest.get(..length).filter(|number| !number.is_empty())
    }

    /// Goes behind a list or an object.
    pub(crate) fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// Where the first quote or backslash is, eight bytes at a time.
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<8>();
    for (number, block) in blocks.iter().enumerate() {
        let block = u64::from_le_bytes(*block);
        let found = equal(block, b'"') | equal(block, b'\\');
        if found != 0 {
            return Some(number * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let in_rest = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(blocks.len() * 8 + in_rest)
}
