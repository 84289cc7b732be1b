//! A state weighs more than the memory that it takes, and not much more: the poll function's memory
//! is bounded by that.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use drawbridge_cursor::{AlertDigest, Claimed, Meaning, Reading, Room, State, StateError, Written};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What `work` makes, and the most memory that it took on top of what was there.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let made = work();
    (made, MEMORY.peak_usage() - before)
}

/// A state of so many alerts in each output, each with so many keys, each with so many facts.
#[derive(Debug)]
struct Shape {
    outputs: &'static [&'static str],
    alerts: u32,
    keys: u32,
    facts: u8,
    contents: bool,
    versions: u8,
}

impl Shape {
    /// What is decoded at once, and the object's members. An alert is decoded whole, in a list that
    /// grows to twice its length beside the old one.
    fn slack(&self) -> usize {
        256 * 1024 + 3 * 32 * usize::try_from(self.keys).unwrap()
    }

    /// Claims all versions of a record, and says what the first one claimed.
    fn change(
        &self,
        written: &mut Written,
        alert: AlertDigest,
        key: &[u8; 32],
        now_secs: u32,
    ) -> Option<Claimed> {
        let claims = (0..self.versions).map(|version| {
            let bytes = [version; 32];
            let reading = Reading { bytes, text: bytes };
            let (content, version) = (bytes, bytes);
            let meaning = || Meaning { content, version };
            written.claim_change(alert, key, &reading, meaning, now_secs)
        });
        claims.collect::<Vec<_>>().into_iter().next().flatten()
    }

    fn grow(&self) -> State {
        let mut state = State::default();
        for alert in 0..self.alerts {
            let digest = AlertDigest::of(&format!("da{alert}"));
            for output in self.outputs {
                let written = state.output(output);
                for key in 0..self.keys {
                    let wide = {
                        let mut wide = [0; 32];
                        wide[..4].copy_from_slice(&key.to_be_bytes());
                        wide
                    };
                    let claimed = if self.contents {
                        self.change(written, digest, &wide, alert)
                    } else {
                        written.claim(digest, &wide, alert)
                    };
                    let [.., a, b, c] = key.to_be_bytes();
                    if let Some(mut claimed) = claimed {
                        for fact in 0..self.facts {
                            written.carry(&mut claimed, &[[0, 0, a, b, c, fact]]);
                        }
                    }
                }
            }
        }
        state
    }
}

/// One test, because the allocator counts for the whole process.
#[test]
fn a_state_takes_no_more_memory_than_it_weighs() {
    let one = |alerts, keys, facts, contents| Shape {
        outputs: &["siem"],
        alerts,
        keys,
        facts,
        contents,
        versions: 1,
    };
    let shapes = [
        // Just beyond the point at which a table grows.
        one(14_337, 1, 0, false),
        one(14_337, 1, 4, false),
        one(25_000, 3, 2, false),
        one(14_337, 1, 0, true),
        one(25_000, 4, 0, true),
        Shape {
            versions: 3,
            ..one(14_337, 1, 0, true)
        },
        Shape {
            versions: 20,
            ..one(9000, 2, 0, true)
        },
        one(200, 63, 4, false),
        one(10, 5000, 1, false),
        one(1, 50_000, 0, false),
        Shape {
            outputs: &["siem", "native", "cef"],
            ..one(14_337, 2, 2, true)
        },
    ];
    for shape in shapes {
        let empty = MEMORY.current_usage();
        let (grown, growing) = peak_of(|| shape.grow());
        let weight = grown.weight();
        let held = MEMORY.current_usage() - empty;
        let (bytes, writing) = peak_of(|| grown.encode().unwrap());
        assert!(
            bytes.len() * 3 <= weight,
            "{shape:?}: an object of {}",
            bytes.len()
        );
        let (read, reading) = peak_of(|| State::decode(&bytes).unwrap());
        assert!(read.weight() <= weight);
        let most = growing.max(held + writing).max(bytes.len() + reading);
        assert!(most <= weight, "{shape:?} takes {most}, weighs {weight}");
        assert!(most > weight / 5, "{shape:?} takes {most}, weighs {weight}");
        println!("{most:>12} of {weight:>12}: {shape:?}");
        drop((grown, read));
        more_than_there_is_memory_for(&shape, &bytes);
        counts_that_lie(&shape, &bytes);
    }
}

/// The function had more memory when the object was written: half of what there is now is for the
/// object, and what is kept of it takes no more than the rest.
fn more_than_there_is_memory_for(shape: &Shape, bytes: &[u8]) {
    let room = Room {
        most_bytes: bytes.len() * 2,
        ..Room::default()
    };
    let (read, reading) = peak_of(|| State::decode_within(bytes, &room).unwrap());
    let (most, at_most) = (bytes.len() + reading, room.most_bytes);
    assert!(
        most <= at_most + shape.slack(),
        "{shape:?} takes {most} of {at_most}"
    );
    drop(read);
}

/// An object that says that it holds nothing.
fn counts_that_lie(shape: &Shape, bytes: &[u8]) {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut lie = String::with_capacity(text.len());
    for (at, part) in text.split("\"alerts\":").enumerate() {
        let rest = part.split_once("\"written\"").filter(|_| at > 0);
        match rest {
            Some((_, rest)) => {
                let contents = if part.contains("\"contents\":true") {
                    ",\"contents\":true"
                } else {
                    ""
                };
                lie += &format!("\"alerts\":0,\"keys\":0{contents},\"written\"{rest}");
            }
            None => lie += part,
        }
    }
    let (object, _) = lie.rsplit_once(",\"blake3\"").unwrap();
    let digest = blake3::hash(object.as_bytes()).to_hex();
    let lie = format!("{object},\"blake3\":\"{digest}\"}}");
    drop(text);
    let (read, reading) = peak_of(|| State::decode(lie.as_bytes()));
    assert!(matches!(read, Err(StateError::Damaged { .. })));
    assert!(reading < shape.slack(), "{reading} for {} bytes", lie.len());
}
