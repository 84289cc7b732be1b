//! How much of a record its readers take. Nothing is ever cut here: a record over a bound is sent
//! whole, and reported.

mod field;
mod readers;

use std::fmt;

pub use readers::{READERS, Reader};

/// What a bound is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A whole record: an event, a line.
    Record,
    /// One member of a record; a record that is not a JSON object is one field.
    Field,
    /// A message of a queue, its attributes included.
    Message,
}

/// What a reader takes at most, and what becomes of more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderBound {
    /// The reader: one of [`READERS`], or the queue itself.
    pub reader: &'static str,
    /// What is bounded.
    pub measure: Measure,
    /// The most bytes of it.
    pub bytes: usize,
    /// What becomes of more.
    pub beyond: &'static str,
}

impl ReaderBound {
    /// Whether a record is over it. Fields are looked for only in a record that is longer than a
    /// field may be, so that it costs nothing with the others.
    pub(crate) fn is_exceeded_by(&self, body: &str) -> bool {
        body.len() > self.bytes
            && (self.measure != Measure::Field || field::longest_bytes(body) > self.bytes)
    }
}

impl fmt::Display for ReaderBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            reader,
            bytes,
            beyond,
            ..
        } = self;
        let of = match self.measure {
            Measure::Record => "record",
            Measure::Field => "field",
            Measure::Message => "message",
        };
        write!(
            f,
            "{reader} takes {bytes} bytes per {of}, and more {beyond}"
        )
    }
}

/// The bounds of the readers of a format's objects.
pub(crate) fn of_format(format: &str) -> Vec<ReaderBound> {
    of(|reader| reader.formats.contains(&format))
}

/// The bounds of the readers of these names.
pub(crate) fn of_readers<S: AsRef<str>>(names: &[S]) -> Vec<ReaderBound> {
    of(|reader| names.iter().any(|name| name.as_ref() == reader.name))
}

fn of(is_asked: impl Fn(&Reader) -> bool) -> Vec<ReaderBound> {
    let readers = READERS.iter().filter(|reader| is_asked(reader));
    readers.filter_map(|reader| reader.bound).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bounds: &[ReaderBound]) -> Vec<&str> {
        bounds.iter().map(|bound| bound.reader).collect()
    }

    #[test]
    fn a_format_has_the_bounds_of_those_who_read_its_objects() {
        assert_eq!(names(&of_format("siem")), ["sentinel", "wazuh"]);
        assert_eq!(names(&of_format("native")), ["elastic"]);
        assert_eq!(names(&of_format("cef")), [""; 0]);
        // Whatever they read, and some have none.
        assert_eq!(
            names(&of_readers(&["splunk", "wazuh", "elastic"])),
            ["elastic", "wazuh"]
        );
    }

    #[test]
    fn a_field_may_be_as_long_as_its_bound_and_a_record_longer() {
        let [sentinel, wazuh] = of_format("siem")[..] else {
            panic!("other bounds");
        };
        let record = |fields: usize, bytes: usize| {
            let fields = (0..fields).map(|n| format!("\"f{n}\":\"{}\"", "x".repeat(bytes)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        };
        for (fields, bytes, over_field, over_record) in [
            (1, 60_000, false, false),
            (2, 60_000, false, true),
            (2, 65_536, false, true),
            (2, 65_537, true, true),
        ] {
            let body = record(fields, bytes);
            assert_eq!(sentinel.is_exceeded_by(&body), over_field, "{bytes}");
            assert_eq!(wazuh.is_exceeded_by(&body), over_record, "{bytes}");
        }
        let line = "x".repeat(65_535);
        assert!(!wazuh.is_exceeded_by(&line) && wazuh.is_exceeded_by(&(line + "x")));
    }

    #[test]
    fn a_bound_is_told_in_a_sentence() {
        assert_eq!(
            of_format("native")[0].to_string(),
            "elastic takes 10485760 bytes per record, and more is cut off"
        );
    }
}
