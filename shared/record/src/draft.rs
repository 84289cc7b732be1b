use std::cell::OnceCell;

use drawbridge_alert::Alert;

use crate::detection::{CalledFor, Detection};
use crate::seen::Seen;
use crate::version::{Version, Writer};
use crate::{Change, Explained, Fact, Facts, Record};

/// The records that one alert calls for.
pub type Drafts<'d> = Box<dyn Iterator<Item = Draft<'d>> + Send + 'd>;

/// A record that an alert calls for, not yet written.
pub struct Draft<'d> {
    /// The record is called for only if no record of the alert that was written carries one of
    /// these: it shows what came later than the others. None where it is called for in any case.
    pub unless_carried: Facts,
    /// What the record shows that a SIEM joins on, as far as it may come later than other records of
    /// the alert; nothing in a format that writes one record per alert.
    pub carries: Facts,
    identity: OnceCell<[u8; 32]>,
    content: OnceCell<[u8; 32]>,
    source: Source<'d>,
}

/// What a record is made from.
enum Source<'d> {
    Detection(Detection<'d>),
    Version(Version<'d>),
}

impl<'d> From<CalledFor<'d>> for Draft<'d> {
    fn from(called_for: CalledFor<'d>) -> Self {
        let source = Source::Detection(called_for.detection);
        Self::new(source, called_for.unless_carried, called_for.carries)
    }
}

/// The one record that describes an alert as it is now.
pub(crate) fn version<'d>(alert: &'d Alert<'d>, writer: &'d dyn Writer) -> Drafts<'d> {
    let source = Source::Version(Version::new(alert, writer));
    let nothing = Facts::default();
    Box::new(std::iter::once(Draft::new(source, nothing, nothing)))
}

impl<'d> Draft<'d> {
    fn new(source: Source<'d>, unless_carried: Facts, carries: Facts) -> Self {
        Self {
            unless_carried,
            carries,
            identity: OnceCell::new(),
            content: OnceCell::new(),
            source,
        }
    }

    /// What makes the record the one it is: SHA-256 of what it stays the same by. The same record
    /// has the same identity for ever.
    #[must_use]
    pub fn identity(&self) -> [u8; 32] {
        *self.identity.get_or_init(|| match &self.source {
            Source::Detection(detection) => detection.identity(),
            Source::Version(version) => version.identity(),
        })
    }

    /// A digest of the bytes that the record comes from, without what changes all the time: where it
    /// is the same, so is the content, and it takes less time.
    #[must_use]
    pub fn bytes(&self) -> [u8; 32] {
        match &self.source {
            Source::Detection(_) => self.content(),
            Source::Version(version) => version.bytes(),
        }
    }

    /// The same with the time of the alert's last update.
    #[must_use]
    pub fn text(&self) -> [u8; 32] {
        match &self.source {
            Source::Detection(_) => self.version(),
            Source::Version(version) => version.text(),
        }
    }

    /// A digest of the record's content without what changes all the time: of what it means, however
    /// Graph writes it.
    #[must_use]
    pub fn content(&self) -> [u8; 32] {
        *self.content.get_or_init(|| match &self.source {
            Source::Detection(detection) => detection.content(),
            Source::Version(version) => version.content(),
        })
    }

    /// A digest of the content and of the instant of the alert's last update: what tells this version
    /// of the record from all others.
    #[must_use]
    pub fn version(&self) -> [u8; 32] {
        match &self.source {
            Source::Detection(detection) => detection.version(&self.content()),
            Source::Version(version) => version.digest(),
        }
    }

    /// Writes the record. `part` is its `AlertPart`: 0, 1, … in the order of first emission within
    /// the alert.
    #[must_use]
    pub fn write(&self, part: u32, change: Change) -> Record {
        match &self.source {
            Source::Detection(detection) => detection.write(&self.identity(), part, change),
            Source::Version(version) => version.write(change),
        }
    }

    /// Says of each value of the record where it came from.
    pub(crate) fn explain(&self, part: u32) -> Explained {
        match &self.source {
            Source::Detection(detection) => detection.explain(&self.identity(), part),
            Source::Version(version) => version.explain(),
        }
    }
}

/// What is wanted of an alert of which nothing was written: each record once.
#[derive(Default)]
pub struct FirstReading {
    taken: Seen<[u8; 32]>,
    carried: Seen<Fact>,
}

impl FirstReading {
    /// Whether any of `facts` is in none of these records.
    #[must_use]
    pub fn lacks(&self, facts: &[Fact]) -> bool {
        facts.iter().any(|fact| !self.carried.contains(fact))
    }

    /// Takes a record; false if one of the same identity was taken before.
    pub fn take(&mut self, draft: &Draft<'_>) -> bool {
        self.taken.insert(draft.identity())
    }

    /// Notes what a record carries that was taken.
    pub fn carry(&mut self, facts: &[Fact]) {
        for fact in facts {
            self.carried.insert(*fact);
        }
    }

    /// Takes a record if it is called for, and gives its `AlertPart`.
    pub(crate) fn part(&mut self, draft: &Draft<'_>) -> Option<u32> {
        let facts = &draft.unless_carried;
        let part = u32::try_from(self.taken.len()).ok()?;
        let is_wanted = (facts.is_empty() || self.lacks(facts)) && self.take(draft);
        if is_wanted {
            self.carry(&draft.carries);
        }
        is_wanted.then_some(part)
    }
}
