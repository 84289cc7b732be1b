//! One page of alerts.

use std::fmt;
use std::ops::Range;

use drawbridge_alert::repair_surrogates;

use crate::envelope::{EnvelopeProblem, scan};
use crate::link::NextLink;

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

    /// `@odata.count`, where the answer has it.
    pub(crate) fn count(&self) -> Option<u64> {
        #[derive(serde::Deserialize)]
        struct Counted {
            #[serde(rename = "@odata.count")]
            count: Option<u64>,
        }
        let text = self.text.trim_start_matches('\u{feff}');
        serde_json::from_str::<Counted>(text).ok()?.count
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

    /// Reads a body; the text of the next link, not yet checked, comes back beside the page.
    pub(crate) fn read(
        mut body: Vec<u8>,
        incomplete: Option<String>,
    ) -> Result<(Self, Option<String>), EnvelopeProblem> {
        let had_halves = repair_surrogates(&mut body);
        let (text, repaired) = match String::from_utf8(body) {
            Ok(text) => (text, had_halves),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
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
        let (page, _) = Page::read(br#"{"value":["MARKER"]}"#.to_vec(), None).unwrap();
        let text = format!("{page:?}");
        assert!(
            text.contains("alerts: 1") && !text.contains("MARKER"),
            "{text}"
        );
    }

    #[test]
    fn broken_utf8_costs_a_character_and_not_the_page() {
        let (page, _) = Page::read(b"{\"value\":[\"a\xff\",2]}".to_vec(), None).unwrap();
        assert!(page.repaired());
        assert_eq!(page.alerts().collect::<Vec<_>>(), ["\"a\u{fffd}\"", "2"]);
        assert_eq!(page.alerts().len(), 2);
    }

    #[test]
    fn half_a_surrogate_pair_costs_a_character_too() {
        let body = br#"{"value":["a\ud800","\ud83d\ude00"]}"#;
        let (page, _) = Page::read(body.to_vec(), None).unwrap();
        assert!(page.repaired());
        let alerts: Vec<_> = page.alerts().collect();
        assert_eq!(alerts, [r#""a\ufffd""#, r#""\ud83d\ude00""#]);
        let (page, _) = Page::read(br#"{"value":["\ud83d\ude00"]}"#.to_vec(), None).unwrap();
        assert!(!page.repaired());
    }

    #[test]
    fn the_count_is_read_where_there_is_one() {
        let count = |body: &str| Page::read(body.into(), None).unwrap().0.count();
        assert_eq!(count(r#"{"@odata.count":7,"value":[{}]}"#), Some(7));
        assert_eq!(count(r#"{"value":[{}]}"#), None);
        assert_eq!(count(r#"{"@odata.count":"7","value":[{}]}"#), None);
    }

    #[test]
    fn a_byte_order_mark_is_stepped_over() {
        let (page, _) = Page::read(b"\xef\xbb\xbf{\"value\":[1]}".to_vec(), None).unwrap();
        assert_eq!(page.alerts().collect::<Vec<_>>(), ["1"]);
        assert!(!page.repaired());
    }
}
