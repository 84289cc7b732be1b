//! The versions of one record, in an output that asks for changes.
//!
//! A version is the instant of the alert's last update and the record's content: what it means, and
//! not its bytes. Graph's replicas disagree for some minutes, so that an old version and a new one
//! are read in turn, or one version in several texts: each is to be written once. The time alone makes
//! no version, since it moves while nothing else does; and a content that comes back later, as when a
//! status is set and set back, is one.

/// The most versions of a record that are remembered; the oldest are forgotten.
pub(crate) const MOST_VERSIONS: usize = 16;

/// No content: the record was claimed for the first time, and the claim was released.
const NEVER_WRITTEN: [u8; 16] = [0; 16];

/// Some content: the record was written, and no more is known.
const UNKNOWN: [u8; 16] = [0xff; 16];

/// Digests of the text that Graph returned for a record; they are cheap to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextDigests {
    /// The bytes that it comes from, without the time of the alert's last update. Up to version 5 of
    /// the state, this was known for the content.
    pub bytes: [u8; 32],
    /// The same with that time: read again, it is known without a look at what it means.
    pub text: [u8; 32],
}

/// Digests of what that text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What the record holds.
    pub content: [u8; 32],
    /// The same and the instant of the alert's last update.
    pub version: [u8; 32],
    /// That instant, in tenths of a microsecond since 1970; the earliest there is, where it is not
    /// known.
    pub updated: i64,
}

/// What is known of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The text that was read last.
    pub(crate) text: [u8; 16],
    /// The content of the newest version that was written. One that is written late, because a replica
    /// shows it late, is not the newest.
    pub(crate) content: [u8; 16],
    /// The instant of that version.
    pub(crate) updated: i64,
    /// Those that were written, the oldest first.
    pub(crate) known: Vec<[u8; 16]>,
}

/// A version that was claimed, and what was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    content: [u8; 16],
    version: [u8; 16],
    content_before: [u8; 16],
    updated_before: i64,
    version_before: Option<[u8; 16]>,
    forgotten: Option<[u8; 16]>,
}

impl Versions {
    /// A record that was written, and of which no more is known.
    pub(crate) const UNKNOWN: Self = Self {
        text: UNKNOWN,
        content: UNKNOWN,
        updated: i64::MIN,
        known: Vec::new(),
    };

    /// A record that was never written.
    pub(crate) const NEVER_WRITTEN: Self = Self {
        text: UNKNOWN,
        content: NEVER_WRITTEN,
        updated: i64::MIN,
        known: Vec::new(),
    };

    /// A record of which an earlier release knew what it held last, by its bytes.
    pub(crate) const fn of_bytes(bytes: [u8; 16]) -> Self {
        Self {
            text: UNKNOWN,
            content: bytes,
            updated: i64::MIN,
            known: Vec::new(),
        }
    }

    pub(crate) fn is_never_written(&self) -> bool {
        self.content == NEVER_WRITTEN
    }

    /// Notes a reading; what it claims, unless that was written before. What it means is asked for
    /// only if its text is not the one that was read last.
    pub(crate) fn take(
        &mut self,
        reading: &TextDigests,
        meaning: impl FnOnce() -> Meaning,
    ) -> Option<Taken> {
        let text = half(&reading.text);
        if self.text == text {
            return None;
        }
        self.text = text;
        let meaning = meaning();
        let (content, version) = (half(&meaning.content), half(&meaning.version));
        // What holds what the newest version holds is no change, whatever its time. It is not
        // remembered for written, either: after another version it is one.
        let is_as_newest = [content, half(&reading.bytes)].contains(&self.content);
        if is_as_newest {
            self.content = content;
            return None;
        }
        if self.known.contains(&version) {
            return None;
        }
        let taken = Taken {
            content,
            version,
            content_before: self.content,
            updated_before: self.updated,
            version_before: self.known.last().copied(),
            forgotten: (self.known.len() >= MOST_VERSIONS).then(|| self.known.remove(0)),
        };
        self.known.push(version);
        if meaning.updated >= self.updated || self.is_never_written() {
            self.content = content;
            self.updated = meaning.updated;
        }
        Some(taken)
    }

    /// Notes the reading as the only version that was written.
    pub(crate) fn take_again(&mut self, reading: &TextDigests, meaning: &Meaning) -> Taken {
        *self = Self::NEVER_WRITTEN;
        let taken = Taken {
            content: half(&meaning.content),
            version: half(&meaning.version),
            content_before: NEVER_WRITTEN,
            updated_before: i64::MIN,
            version_before: None,
            forgotten: None,
        };
        self.text = half(&reading.text);
        self.content = taken.content;
        self.updated = meaning.updated;
        self.known.push(taken.version);
        taken
    }

    /// Releases what was taken: that version is claimed when it is read again.
    pub(crate) fn release(&mut self, taken: &Taken) {
        self.forget(taken);
        if self.content == taken.content {
            // What came before may have been released first.
            let is_as_before = self.known.last().copied() == taken.version_before;
            (self.content, self.updated) = match is_as_before {
                true => (taken.content_before, taken.updated_before),
                false => (UNKNOWN, i64::MIN),
            };
        }
    }

    /// The same for a version that lies in quarantine, or that the queue may have taken. Whatever comes after it is
    /// written, also if it says what was written before: the quarantine or the reader would have the newest version
    /// otherwise.
    pub(crate) fn release_in_doubt(&mut self, taken: &Taken) {
        if self.content != taken.content || taken.content_before == NEVER_WRITTEN {
            return self.release(taken);
        }
        self.forget(taken);
        self.content = UNKNOWN;
    }

    /// Forgets that a version was taken.
    fn forget(&mut self, taken: &Taken) {
        self.text = UNKNOWN;
        if let Some(at) = self.known.iter().position(|known| *known == taken.version) {
            self.known.remove(at);
            let forgotten = taken.forgotten.into_iter();
            self.known.splice(..0, forgotten);
        }
    }

    /// Adopts what others wrote meanwhile.
    pub(crate) fn adopt(&mut self, theirs: &Self) {
        for version in &theirs.known {
            if !self.known.contains(version) {
                self.known.push(*version);
            }
        }
        let is_theirs_newer = theirs.updated > self.updated && !theirs.is_never_written();
        if self.is_never_written() || is_theirs_newer {
            self.content = theirs.content;
            self.updated = theirs.updated;
        }
        let excess = self.known.len().saturating_sub(MOST_VERSIONS);
        self.known.drain(..excess);
    }
}

/// The first half of a digest: enough to tell versions and records apart.
pub(crate) fn half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AlertDigest, Claimed, DeliveredRecords};

    /// What Graph shows of a record: which content at which time, and in which of its texts.
    type Shown = (u8, u8, u8);

    fn reading((content, time, text): Shown) -> TextDigests {
        TextDigests {
            bytes: [content ^ text; 32],
            text: [content ^ text ^ time; 32],
        }
    }

    fn meaning((content, time, _): Shown) -> Meaning {
        Meaning {
            content: [content; 32],
            version: [content ^ time; 32],
            updated: time.into(),
        }
    }

    fn claim_of(written: &mut DeliveredRecords, key: u8, shown: Shown) -> Option<Claimed> {
        let alert = AlertDigest::of("da1");
        written.claim_change(alert, &[key; 32], &reading(shown), || meaning(shown), 10)
    }

    fn claim(written: &mut DeliveredRecords, shown: Shown) -> Option<Claimed> {
        claim_of(written, 1, shown)
    }

    /// Which of the readings are written.
    fn claimed(written: &mut DeliveredRecords, all: &[Shown]) -> Vec<Shown> {
        let mut granted = all.to_vec();
        granted.retain(|shown| claim(written, *shown).is_some());
        granted
    }

    // Contents, times and texts differ in bits of their own, as digests do.
    const NEW: u8 = 0x01;
    const ACTIVE: u8 = 0x02;
    const CLOSED: u8 = 0x04;
    const NULLS: u8 = 0x10;

    #[test]
    fn replicas_that_disagree_are_written_once_each() {
        let (old, new) = ((NEW, 0x20, 0), (ACTIVE, 0x40, 0));
        let mut written = DeliveredRecords::default();
        let all = [old, new, old, new, old, old, new];
        assert_eq!(claimed(&mut written, &all), [old, new]);
        // One version in several texts.
        let nulls = (ACTIVE, 0x40, NULLS);
        assert_eq!(claimed(&mut written, &[nulls, new, nulls, old]), []);
    }

    #[test]
    fn a_status_that_is_set_back_later_is_written() {
        let mut written = DeliveredRecords::default();
        let all = [(NEW, 0x20, 0), (ACTIVE, 0x40, 0), (NEW, 0x60, 0)];
        assert_eq!(claimed(&mut written, &all), all);
        assert_eq!(claimed(&mut written, &all), []);
    }

    #[test]
    fn a_time_that_moves_alone_is_no_change() {
        let mut written = DeliveredRecords::default();
        let (first, touched) = ((NEW, 0x20, 0), (NEW, 0x40, 0));
        assert_eq!(claimed(&mut written, &[first, touched, first]), [first]);
        // Behind another version it is one, once: nobody knows which of the two is the newer one.
        let next = (ACTIVE, 0x60, 0);
        let all = [next, touched, next, first, touched, next];
        assert_eq!(claimed(&mut written, &all), [next, touched]);
    }

    #[test]
    fn what_was_set_back_to_what_a_replica_showed_late_is_written() {
        let mut written = DeliveredRecords::default();
        let (late, first, set_back) = ((NEW, 0x20, 0), (ACTIVE, 0x40, 0), (NEW, 0x60, 0));
        let all = [first, late, first, set_back, first, late];
        assert_eq!(claimed(&mut written, &all), [first, late, set_back]);
    }

    #[test]
    fn what_was_set_back_is_written_after_what_a_replica_shows_late() {
        let mut written = DeliveredRecords::default();
        let (first, late, set_back) = ((NEW, 0x20, 0), (ACTIVE, 0x40, 0), (NEW, 0x60, 0));
        let all = [first, set_back, late, set_back, late];
        assert_eq!(claimed(&mut written, &all), [first, late, set_back]);
    }

    #[test]
    fn what_it_means_is_asked_for_another_text_only() {
        let mut written = DeliveredRecords::default();
        let shown = (NEW, 0x20, 0);
        claim(&mut written, shown);
        let alert = AlertDigest::of("da1");
        let same = || panic!("the same text was read");
        let again = written.claim_change(alert, &[1; 32], &reading(shown), same, 10);
        assert_eq!(again, None);
    }

    #[test]
    fn what_is_given_back_is_as_if_it_was_never_claimed() {
        let (old, new, next) = ((NEW, 0x20, 0), (ACTIVE, 0x40, 0), (CLOSED, 0x60, 0));
        let touched = (ACTIVE, 0x80, 0);
        let mut written = DeliveredRecords::default();
        claim(&mut written, old);
        let refused = claim(&mut written, new).unwrap();
        assert_eq!(claim(&mut written, touched), None);
        written.release(&refused);
        // What was the same is not written, either.
        assert_eq!(claimed(&mut written, &[old, touched, old, new]), [touched]);

        // Two of one batch, given back in either order; what came before them stays known.
        for is_last_first in [false, true] {
            let mut written = DeliveredRecords::default();
            claim(&mut written, old);
            let mut both = [new, next].map(|shown| claim(&mut written, shown).unwrap());
            if is_last_first {
                both.reverse();
            }
            both.iter().for_each(|claimed| written.release(claimed));
            assert_eq!(claimed(&mut written, &[old, new, next, old]), [new, next]);
        }
        // One of the two, and the other one was taken.
        let mut written = DeliveredRecords::default();
        let refused = claim(&mut written, old).unwrap();
        claim(&mut written, new);
        written.release(&refused);
        assert_eq!(claimed(&mut written, &[new, old, new, old]), [old]);
    }

    #[test]
    fn what_was_set_back_is_written_after_what_was_released_in_doubt() {
        let (old, new, set_back) = ((NEW, 0x20, 0), (ACTIVE, 0x40, 0), (NEW, 0x60, 0));
        let mut written = DeliveredRecords::default();
        claim(&mut written, old);
        let refused = claim(&mut written, new).unwrap();
        let before = written.clone();
        written.release_in_doubt(&refused);
        let all = [old, set_back, old, set_back];
        assert_eq!(claimed(&mut written.clone(), &all), [set_back]);
        // Another poll knows the old one only, and writes nothing.
        let mut other = DeliveredRecords::default();
        claim(&mut other, old);
        for (alert, entry) in &other.alerts {
            written.adopt(*alert, entry);
        }
        assert_eq!(claimed(&mut written.clone(), &all), [set_back]);
        // Read again, it is put there again.
        assert_eq!(
            claimed(&mut written, &[new, old, new, set_back]),
            [new, set_back]
        );

        // What came after it is the newest version all the same.
        let mut written = before;
        claim(&mut written, set_back);
        written.release_in_doubt(&refused);
        assert_eq!(claimed(&mut written, &[set_back, old]), []);
        // And a first version is still the first.
        let mut written = DeliveredRecords::default();
        let refused = claim(&mut written, old).unwrap();
        written.release_in_doubt(&refused);
        assert!(claim(&mut written, new).unwrap().is_new);
    }

    #[test]
    fn a_first_version_that_was_released_is_still_the_first() {
        let (old, new) = ((NEW, 0x20, 0), (ACTIVE, 0x40, 0));
        let mut written = DeliveredRecords::default();
        let refused = claim(&mut written, old).unwrap();
        assert!(refused.is_new);
        written.release(&refused);
        assert!(claim(&mut written, new).unwrap().is_new);
        assert!(!claim(&mut written, old).unwrap().is_new);
        // An output that asks for changes from now on does not know what it wrote before.
        written.claim(AlertDigest::of("da1"), &[2; 32], 10);
        assert!(!claim_of(&mut written, 2, old).unwrap().is_new);
    }

    /// The output asked for changes, and asks for none any more.
    #[test]
    fn what_was_released_is_claimed_whatever_the_output_asks_for() {
        let mut written = DeliveredRecords::default();
        let alert = AlertDigest::of("da1");
        let refused = claim(&mut written, (NEW, 0x20, 0)).unwrap();
        written.release(&refused);
        let part = |claimed: Option<Claimed>| claimed.map(|claimed| claimed.part);
        assert_eq!(part(written.claim(alert, &[1; 32], 20)), Some(0));
        assert_eq!(part(written.claim(alert, &[1; 32], 30)), None);
    }

    #[test]
    fn the_oldest_versions_are_forgotten_and_come_back_with_what_is_given_back() {
        let at = |n: u8| (n, 0, 0);
        let mut written = DeliveredRecords::default();
        let all: Vec<_> = (1..=17).map(at).collect();
        assert_eq!(claimed(&mut written, &all), all);
        assert_eq!(written.versions(), (1, MOST_VERSIONS));
        assert_eq!(claimed(&mut written, &all[1..]), []);
        let refused = claim(&mut written, at(18)).unwrap();
        written.release(&refused);
        assert_eq!(claimed(&mut written, &all[1..]), []);
        assert_eq!(claimed(&mut written, &[at(1)]), [at(1)]);
    }

    #[test]
    fn what_is_sent_again_is_what_is_written() {
        let (old, new) = ((NEW, 0x20, 0), (ACTIVE, 0x40, 0));
        let alert = AlertDigest::of("da1");
        let resend = |written: &mut DeliveredRecords, shown: Shown| {
            let version = (&reading(shown), &meaning(shown));
            let claimed = written.claim_resend(alert, &[1; 32], Some(version), 10);
            claimed.unwrap()
        };
        let mut written = DeliveredRecords::default();
        assert_eq!(claimed(&mut written, &[old, new]), [old, new]);
        resend(&mut written, new);
        assert_eq!(claimed(&mut written, &[new, new]), []);
        // An old one that came again is followed by the new one.
        resend(&mut written, old);
        assert_eq!(claimed(&mut written, &[new, old, new]), [new]);
        // The queue refuses it: any poll writes it.
        let refused = resend(&mut written, new);
        written.release(&refused);
        assert_eq!(claimed(&mut written, &[new, new]), [new]);
    }

    #[test]
    fn what_others_wrote_meanwhile_is_known() {
        let (base, ours, theirs) = ((NEW, 0x20, 0), (ACTIVE, 0x40, 0), (CLOSED, 0x60, 0));
        let mut mine = DeliveredRecords::default();
        claim(&mut mine, base);
        let mut other = mine.clone();
        claim(&mut mine, ours);
        claim(&mut other, theirs);
        for (alert, entry) in &other.alerts {
            mine.adopt(*alert, entry);
        }
        assert_eq!(mine.versions(), (1, 3));
        assert_eq!(claimed(&mut mine, &[theirs, ours, base, theirs]), []);
    }
}
