//! One segment on its way: the lines as they came, with a place in each for the stamp.

use std::io::{self, Write as _};

use bytes::Bytes;
use tokio::time::Instant;

use super::stamp::Stamp;
use crate::gzip;

/// The member of a record that says when it was made available to readers, by format. Their cursors
/// are made of it, so that a served record has the moment from which it is shown there.
const STAMPED: &[(&str, &str)] = &[("siem", "LastProcessedTimeUtc")];

/// Where a line has its stamp.
#[derive(Clone, Debug)]
pub(super) struct Stamped {
    /// What stands before the member's text: `"NAME":"`. A quote inside of a JSON text is escaped, so
    /// that this is found nowhere but at the member.
    opening: String,
}

/// A record of the format that lacks the member.
#[derive(Debug)]
pub(super) struct NotStamped;

impl Stamped {
    /// Of a format by its name; `None` if its records do not say it.
    pub(super) fn of(format: &str) -> Option<Self> {
        let (_, member) = STAMPED.iter().find(|(name, _)| *name == format)?;
        Some(Self {
            opening: format!("\"{member}\":\""),
        })
    }

    /// A line before and after the member's text.
    fn split<'l>(&self, line: &'l str) -> Result<(&'l str, &'l str), NotStamped> {
        let begin = line.find(&self.opening).ok_or(NotStamped)? + self.opening.len();
        // A time has nothing that would be escaped.
        let length = line[begin..].find('"').ok_or(NotStamped)?;
        Ok((&line[..begin], &line[begin + length..]))
    }
}

/// Lines that go into one segment.
pub(super) struct Segment {
    lines: Vec<u8>,
    /// Where in `lines` the stamp belongs.
    places: Vec<usize>,
    since: Instant,
}

impl Segment {
    pub(super) fn new() -> Self {
        Self {
            lines: Vec::new(),
            places: Vec::new(),
            since: Instant::now(),
        }
    }

    /// Bytes so far, without the stamps.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// How long it has been open.
    pub(super) fn age(&self) -> std::time::Duration {
        self.since.elapsed()
    }

    /// Adds a line, which has no line break.
    pub(super) fn push(&mut self, line: &str, stamped: Option<&Stamped>) -> Result<(), NotStamped> {
        let line = match stamped {
            None => line,
            Some(stamped) => {
                let (before, after) = stamped.split(line)?;
                self.lines.extend_from_slice(before.as_bytes());
                self.places.push(self.lines.len());
                after
            }
        };
        self.lines.extend_from_slice(line.as_bytes());
        self.lines.push(b'\n');
        Ok(())
    }

    /// The compressed lines, with that stamp.
    pub(super) fn stamped(&self, stamp: Stamp) -> io::Result<Bytes> {
        let text = stamp.in_a_record();
        let mut encoder = gzip::encoder();
        let mut from = 0;
        for &place in &self.places {
            encoder.write_all(&self.lines[from..place])?;
            encoder.write_all(text.as_bytes())?;
            from = place;
        }
        encoder.write_all(&self.lines[from..])?;
        Ok(encoder.finish()?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_is_found_and_nothing_that_looks_like_it() {
        let stamped = Stamped::of("siem").unwrap();
        let text = r#"\"LastProcessedTimeUtc\":\"never"#;
        let line = format!(
            r#"{{"Title":"{text}","Name":"LastProcessedTimeUtc","LastProcessedTimeUtc":"old","Url":"{text}"}}"#
        );
        let (before, after) = stamped.split(&line).unwrap();
        let set = format!("{before}new{after}");
        assert_eq!(set, line.replace(r#""old""#, r#""new""#));
        let read: serde_json::Value = serde_json::from_str(&set).unwrap();
        assert_eq!(read["LastProcessedTimeUtc"], "new");
        assert_eq!(read["Title"], r#""LastProcessedTimeUtc":"never"#);
        for without in [
            "{}",
            r#"{"LastProcessedTimeUtc":null}"#,
            r#"{"a":"\"LastProcessedTimeUtc\":\""}"#,
        ] {
            assert!(stamped.split(without).is_err(), "{without}");
        }
    }

    #[test]
    fn other_formats_say_it_in_the_name_alone() {
        for format in ["native", "ocsf", "ecs"] {
            assert!(Stamped::of(format).is_none());
        }
    }
}
