//! One page of alerts.

use std::fmt;
use std::ops::Range;

use drawbridge_alert::repair_surrogates;

use crate::envelope::{EnvelopeProblem, scan};
use crate::link::NextLink;

/// U+FFFD, which stands for what is no character.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// What an answer says of the number of alerts in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The number.
    Alerts(u64),
    /// Nothing.
    Missing,
    /// Something that is no number, or more than one.
    Unreadable,
}

/// Reads a member that may be `null`, which is not the same as none.
fn present<'de, D: serde::Deserializer<'de>>(
    member: D,
) -> Result<Option<serde_json::Value>, D::Error> {
    serde::Deserialize::deserialize(member).map(Some)
}

/// Why a body is no page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PageProblem {
    /// Its text is longer than a page may be.
    TooLarge,
    /// The text is not a page.
    Envelope(EnvelopeProblem),
}

impl From<EnvelopeProblem> for PageProblem {
    fn from(problem: EnvelopeProblem) -> Self {
        Self::Envelope(problem)
    }
}

/// A page: its text as received, where each alert lies in it, and the way on.
#[derive(Clone)]
pub struct Page {
    text: String,
    alerts: Vec<Range<usize>>,
    next: Option<NextLink>,
    incomplete: Option<String>,
    repaired: bool,
}

impl Page {
    /// The alerts in the order of the page, each exactly as Graph sent it. An element may be any
    /// JSON value: judging it is the decoder's task.
    pub fn alerts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.alerts
            .iter()
            .map(|range| self.text.get(range.clone()).unwrap_or_default())
    }

    /// Where the next page is; `None` on the last one.
    pub fn next(&self) -> Option<&NextLink> {
        self.next.as_ref()
    }

    /// What the answer says of `@odata.count`.
    pub(crate) fn count(&self) -> Counted {
        #[derive(serde::Deserialize)]
        struct Envelope {
            #[serde(rename = "@odata.count", default, deserialize_with = "present")]
            count: Option<serde_json::Value>,
        }
        let text = self.text.trim_start_matches('\u{feff}');
        let number = match serde_json::from_str(text) {
            Ok(Envelope { count: None }) => return Counted::Missing,
            Ok(Envelope { count: Some(count) }) => match count {
                // How OData writes it where numbers of 64 bits are strings (`IEEE754Compatible=true`).
                serde_json::Value::String(digits) => digits.parse().ok(),
                number => number.as_u64(),
            },
            Err(_) => None,
        };
        number.map_or(Counted::Unreadable, Counted::Alerts)
    }

    /// What the answer says is missing from it (HTTP 206 or a `Warning` header), for example
    /// `Microsoft/WDATP/504/10000`: vendor, provider, status, latency in ms. Printable ASCII, at
    /// most 200 characters.
    pub fn incomplete(&self) -> Option<&str> {
        self.incomplete.as_deref()
    }

    /// Size of the page in bytes, decompressed.
    pub fn len_bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether the body was not valid UTF-8 or had halves of surrogate pairs, so that some characters
    /// are now U+FFFD.
    pub fn repaired(&self) -> bool {
        self.repaired
    }

    /// Reads a body whose text has at most `most` bytes; the text of the next link, not yet checked,
    /// comes back beside the page.
    pub(crate) fn read(
        mut body: Vec<u8>,
        incomplete: Option<String>,
        most: usize,
    ) -> Result<(Self, Option<String>), PageProblem> {
        let had_halves = repair_surrogates(&mut body);
        let (text, repaired) = match String::from_utf8(body) {
            Ok(text) => (text, had_halves),
            Err(error) => {
                let text = without_invalid(error.into_bytes(), most);
                (text.ok_or(PageProblem::TooLarge)?, true)
            }
        };
        // A byte order mark is no part of JSON, but some gateways put one in front.
        let skipped = text.len() - text.trim_start_matches('\u{feff}').len();
        let envelope = scan(text.get(skipped..).unwrap_or_default())?;
        let page = Self {
            alerts: envelope
                .alerts
                .into_iter()
                .map(|range| range.start + skipped..range.end + skipped)
                .collect(),
            text,
            next: None,
            incomplete,
            repaired,
        };
        Ok((page, envelope.next))
    }

    pub(crate) fn with_next(mut self, next: Option<NextLink>) -> Self {
        self.next = next;
        self
    }
}

/// Replaces invalid UTF-8 by U+FFFD as [`String::from_utf8_lossy`] does, but in the same memory: with
/// three bytes for one, a copy could be larger than any page is expected to be. `None` if the text would
/// have more than `most` bytes.
fn without_invalid(mut body: Vec<u8>, most: usize) -> Option<String> {
    let lengths = body.utf8_chunks().map(|chunk| {
        let is_replaced = !chunk.invalid().is_empty();
        chunk.valid().len() + usize::from(is_replaced) * REPLACEMENT.len()
    });
    let needed: usize = lengths.sum();
    if needed > most {
        return None;
    }
    // Read from the end of the memory, and written from its beginning. What is no character has one to
    // three bytes and gets three, so what is written never comes ahead of what is read.
    let (length, room) = (body.len(), needed);
    body.reserve_exact(room - length);
    body.resize(room, 0);
    body.copy_within(..length, room - length);
    let (mut read, mut written) = (room - length, 0);
    while let Some(chunk) = body.get(read..).and_then(|rest| rest.utf8_chunks().next()) {
        let (valid, invalid) = (chunk.valid().len(), chunk.invalid().len());
        body.copy_within(read..read + valid, written);
        (read, written) = (read + valid + invalid, written + valid);
        if invalid > 0
            && let Some(place) = body.get_mut(written..written + REPLACEMENT.len())
        {
            place.copy_from_slice(REPLACEMENT);
            written += REPLACEMENT.len();
        }
    }
    body.truncate(written);
    String::from_utf8(body).ok()
}

/// Sizes only: alerts do not belong in logs.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("alerts", &self.alerts.len())
            .field("bytes", &self.text.len())
            .field("next", &self.next)
            .field("incomplete", &self.incomplete)
            .field("repaired", &self.repaired)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_sizes_and_no_alert() {
        let (page, _) = Page::read(br#"{"value":["MARKER"]}"#.to_vec(), None, 100).unwrap();
        let text = format!("{page:?}");
        assert!(
            text.contains("alerts: 1") && !text.contains("MARKER"),
            "{text}"
        );
    }

    #[test]
    fn broken_utf8_costs_a_character_and_not_the_page() {
        let (page, _) = Page::read(b"{\"value\":[\"a\xff\",2]}".to_vec(), None, 100).unwrap();
        assert!(page.repaired());
        assert_eq!(page.alerts().collect::<Vec<_>>(), ["\"a\u{fffd}\"", "2"]);
        assert_eq!(page.alerts().len(), 2);
    }

    /// What is no character becomes up to three times as long, outside of what memory is reckoned for.
    #[test]
    fn a_repaired_page_is_no_longer_than_a_page_may_be() {
        let body = |bytes: &[u8]| [b"{\"value\":[\"", bytes, b"\"]}"].concat();
        let broken = body(&[0xff; 100]);
        let most = body(&[0; 300]).len();
        let (page, _) = Page::read(broken.clone(), None, most).unwrap();
        assert_eq!(page.len_bytes(), most);
        assert_eq!(page.text.capacity(), most);
        let problem = Page::read(broken, None, most - 1).unwrap_err();
        assert_eq!(problem, PageProblem::TooLarge);
    }

    #[test]
    fn what_is_no_character_is_replaced_as_everybody_does_it() {
        let parts: [&[u8]; 8] = [
            b"a",
            "\u{e4}\u{20ac}\u{1f600}".as_bytes(),
            b"\xff",
            b"\xf0\x9f\x98",
            b"\xe2\x82",
            b"\xed\xa0\x80",
            b"\xc0\xaf",
            b"",
        ];
        for first in parts {
            for second in parts {
                for third in parts {
                    let body = [first, second, third, b"z", first].concat();
                    let expected = String::from_utf8_lossy(&body).into_owned();
                    let text = without_invalid(body, expected.len());
                    assert_eq!(text, Some(expected));
                }
            }
        }
    }

    #[test]
    fn half_a_surrogate_pair_costs_a_character_too() {
        let body = br#"{"value":["a\ud800","\ud83d\ude00"]}"#;
        let (page, _) = Page::read(body.to_vec(), None, 100).unwrap();
        assert!(page.repaired());
        let alerts: Vec<_> = page.alerts().collect();
        assert_eq!(alerts, [r#""a\ufffd""#, r#""\ud83d\ude00""#]);
        let (page, _) = Page::read(br#"{"value":["\ud83d\ude00"]}"#.to_vec(), None, 100).unwrap();
        assert!(!page.repaired());
    }

    #[test]
    fn the_count_is_read_where_there_is_one() {
        let count = |body: &str| Page::read(body.into(), None, 100).unwrap().0.count();
        assert_eq!(count(r#"{"value":[{}]}"#), Counted::Missing);
        for number in ["7", "\"7\""] {
            let body = format!(r#"{{"@odata.count":{number},"value":[{{}}]}}"#);
            assert_eq!(count(&body), Counted::Alerts(7), "{number}");
        }
        for number in ["null", "-7", "7.5", "\"\"", "[7]", "7,\"@odata.count\":7"] {
            let body = format!(r#"{{"@odata.count":{number},"value":[{{}}]}}"#);
            assert_eq!(count(&body), Counted::Unreadable, "{number}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_stepped_over() {
        let (page, _) = Page::read(b"\xef\xbb\xbf{\"value\":[1]}".to_vec(), None, 100).unwrap();
        assert_eq!(page.alerts().collect::<Vec<_>>(), ["1"]);
        assert!(!page.repaired());
    }
}
