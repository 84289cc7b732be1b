//! A state weighs more than the memory that it takes, and not much more: the poll function's memory
//! is bounded by that.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::HashMap;
use std::sync::Arc;

use drawbridge_cursor::{
    AlertDigest, Claimed, DeliveredRecords, Meaning, PageSettings, State, StateError, TextDigests,
};
use jiff::Timestamp;
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
    /// Claims all versions of a record, and says what the first one claimed.
    fn change(
        &self,
        written: &mut DeliveredRecords,
        alert: AlertDigest,
        key: &[u8; 32],
        now_secs: u32,
    ) -> Option<Claimed> {
        let claims = (0..self.versions).map(|version| {
            let bytes = [version; 32];
            let reading = TextDigests { bytes, text: bytes };
            let (content, version) = (bytes, bytes);
            let meaning = || Meaning {
                content,
                version,
                updated: 0,
            };
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
        drop(read);
        counts_that_lie(&bytes);
        drop(bytes);
        all_into_pages(&shape, grown, held, weight);
    }
    a_million_alerts_a_day();
}

/// Two hours of a million alerts per day, each seen by the poll that finds it and by the two after that: a
/// poll takes no more memory at the end than at the beginning, whatever is remembered by then.
fn a_million_alerts_a_day() {
    const PER_MINUTE: u32 = 1_000_000 / (24 * 60);
    let mut pages = HashMap::new();
    let mut object = State::default().encode().unwrap();
    let mut most = 0;
    for minute in 0..120_u32 {
        let (saved, peak) = peak_of(|| {
            let mut state = State::decode(&object).unwrap();
            let now_secs = 1_000_000 + minute * 60;
            for n in (minute.saturating_sub(2) * PER_MINUTE)..((minute + 1) * PER_MINUTE) {
                let created = 1_000_000 + n / PER_MINUTE * 60;
                let alert = AlertDigest::of(&format!("da{n}")).created(created);
                while let Some(id) = state.page_for(alert) {
                    let page: &Arc<[u8]> = &pages[&id];
                    state.pages.hold(id, page).unwrap();
                }
                state.recall(alert);
                for key in 0..4_u8 {
                    let is_new = state.output("siem").claim(alert, &[key; 32], now_secs);
                    assert_eq!(is_new.is_some(), n >= minute * PER_MINUTE);
                }
            }
            state.begin_save(Timestamp::from_second(now_secs.into()).unwrap());
            let mut new = Vec::new();
            for merge in state.merges(now_secs, &PageSettings::default()) {
                new.extend(state.merge(&merge, &pages).unwrap().new);
            }
            (state.encode().unwrap(), new)
        });
        most = most.max(peak);
        assert!(peak < 12 << 20, "a poll takes {peak} bytes");
        let (saved, new) = saved;
        object = saved;
        pages.extend(new.into_iter().map(|page| (page.id, page.bytes)));
        assert!(
            object.len() < 100_000,
            "the object has {} bytes",
            object.len()
        );
    }
    assert!(
        most > 100_000,
        "a poll takes {most} bytes: it is not measured"
    );
}

/// What a poll learned is merged into pages, which takes no more memory than it did.
fn all_into_pages(shape: &Shape, mut state: State, held: usize, weight: usize) {
    let settings = PageSettings::default();
    let (pages, merging) = peak_of(|| {
        state.begin_save(Timestamp::UNIX_EPOCH);
        let merges = state.merges(u32::MAX, &settings);
        let new = |merge| state.merge(merge, &HashMap::new()).unwrap().new;
        merges.iter().flat_map(new).count()
    });
    assert!(pages > 0 && state.kept_bytes() <= settings.most_kept_bytes);
    let most = held + merging;
    assert!(
        most <= weight,
        "{shape:?} takes {most} to merge, weighs {weight}"
    );
}

/// An object that says that it holds nothing.
fn counts_that_lie(bytes: &[u8]) {
    let text = str::from_utf8(bytes).unwrap();
    let mut lie = String::with_capacity(text.len());
    for (at, part) in text.split("\"alerts\":").enumerate() {
        match part.split_once("\"written\"").filter(|_| at > 0) {
            Some((_, rest)) => lie += &format!("\"alerts\":0,\"keys\":0,\"written\"{rest}"),
            None => lie += part,
        }
    }
    let (object, _) = lie.rsplit_once(",\"blake3\"").unwrap();
    let lie = format!(
        "{object},\"blake3\":\"{}\"}}",
        blake3::hash(object.as_bytes())
    );
    let (read, reading) = peak_of(|| State::decode(lie.as_bytes()));
    let what = "the written keys do not add up".to_owned();
    assert_eq!(read, Err(StateError::Damaged { what }));
    assert!(
        reading <= lie.len() + 4096,
        "{reading} for {} bytes",
        lie.len()
    );
}
