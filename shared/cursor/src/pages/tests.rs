use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use proptest::prelude::*;

use super::page::{Rows, id_of};
use super::*;
use crate::{Backfill, Meaning, PageSettings, State, TextDigests};

fn check(bytes: &[u8], id: PageId) -> Result<(), StateError> {
    Held::checked(bytes.into(), id).map(drop)
}

/// Pages of a few alerts, so that they are split and joined all the time.
const TINY: PageSettings = PageSettings {
    most_kept_bytes: 400,
    page_bytes: 500,
    recent_secs: 100,
};

const RETENTION_SECS: u64 = 4000;

/// The store of a state's pages.
#[derive(Default)]
struct Kept {
    pages: HashMap<PageId, Arc<[u8]>>,
    read: usize,
}

fn at(secs: u32) -> Timestamp {
    Timestamp::from_second(secs.into()).unwrap()
}

impl Kept {
    fn recall(&mut self, state: &mut State, alert: AlertDigest) {
        while let Some(id) = state.page_for(alert) {
            self.read += 1;
            state.pages.hold(id, &self.pages[&id]).unwrap();
        }
        state.recall(alert);
    }

    /// Saves, and goes on with what was saved.
    fn save(&mut self, state: &mut State, now_secs: u32, settings: &PageSettings) {
        state.returned(Some(at(now_secs)));
        state.prune(at(now_secs), RETENTION_SECS);
        state.begin_save(at(now_secs));
        for merge in state.merges(now_secs, settings) {
            for page in state.merge(&merge, &self.pages).unwrap().new {
                assert!(self.pages.insert(page.id, page.bytes).is_none());
            }
        }
        let kept = state.kept_bytes();
        assert!(kept <= settings.most_kept_bytes, "{kept} bytes are kept");
        let named: BTreeSet<_> = state.pages.ids().collect();
        self.pages.retain(|id, _| named.contains(id));
        assert_eq!(self.pages.len(), named.len(), "a page is not there");
        *state = State::decode(&state.encode().unwrap()).unwrap();
        state.prune(at(now_secs), RETENTION_SECS);
    }
}

#[derive(Debug, Clone)]
enum Op {
    Claim {
        alert: u8,
        output: bool,
        key: u8,
    },
    Change {
        alert: u8,
        output: bool,
        key: u8,
        content: u8,
    },
    GiveBack {
        alert: u8,
        output: bool,
        key: u8,
    },
    See {
        alert: u8,
    },
    Wait {
        secs: u32,
    },
    Save,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let (alert, output, key) = (0..60_u8, any::<bool>(), 0..4_u8);
    let op = prop_oneof![
        6 => (alert.clone(), output, key.clone())
            .prop_map(|(alert, output, key)| Op::Claim { alert, output, key }),
        3 => (alert.clone(), output, key.clone(), 0..3_u8).prop_map(
            |(alert, output, key, content)| Op::Change { alert, output, key, content }
        ),
        1 => (alert.clone(), output, key)
            .prop_map(|(alert, output, key)| Op::GiveBack { alert, output, key }),
        2 => alert.prop_map(|alert| Op::See { alert }),
        2 => (1..400_u32).prop_map(|secs| Op::Wait { secs }),
        2 => Just(Op::Save),
    ];
    prop::collection::vec(op, 0..400)
}

/// Alerts come up one after the other; some at the same time, one in ten at a time that nobody says.
fn alert(n: u8) -> AlertDigest {
    let created = u32::from(n / 3) * 50 + 1;
    AlertDigest::of(&format!("da{n}")).created(if n.is_multiple_of(10) { 0 } else { created })
}

fn output(is_first: bool) -> &'static str {
    if is_first { "siem" } else { "native" }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A state with pages grants what one without them grants, whatever is saved in between. What is
    /// older than the retention may be known in one of them only: the two are compared before that.
    #[test]
    fn pages_change_nothing(ops in ops(), undated in any::<bool>()) {
        let (mut plain, mut paged, mut kept) = (State::default(), State::default(), Kept::default());
        let mut now_secs = 10_000;
        if undated {
            // What an older state knew has no time.
            for n in 0..30 {
                let old = alert(n).created(0);
                for state in [&mut plain, &mut paged] {
                    state.output("siem").claim(old, &[0; 32], now_secs);
                    state.output("native").claim(old, &[1; 32], now_secs);
                }
            }
        }
        for op in ops {
            match op {
                Op::Claim { alert: n, output: o, key } => {
                    kept.recall(&mut paged, alert(n));
                    let claim = |state: &mut State| {
                        let claimed = state.output(output(o)).claim(alert(n), &[key; 32], now_secs);
                        claimed.map(|claimed| (claimed.part, claimed.is_new))
                    };
                    prop_assert_eq!(claim(&mut paged), claim(&mut plain), "{:?}", n);
                }
                Op::Change { alert: n, output: o, key, content } => {
                    kept.recall(&mut paged, alert(n));
                    let claim = |state: &mut State| {
                        let written = state.output(output(o));
                        let bytes = [content; 32];
                        let reading = TextDigests { bytes, text: bytes };
                        let meaning = || Meaning { content: bytes, version: bytes, updated: 0 };
                        let claimed =
                            written.claim_change(alert(n), &[key; 32], &reading, meaning, now_secs);
                        claimed.map(|mut claimed| {
                            written.carry(&mut claimed, &[[key; 6], [content; 6]]);
                            (claimed.part, claimed.is_new)
                        })
                    };
                    prop_assert_eq!(claim(&mut paged), claim(&mut plain), "{:?}", n);
                }
                Op::GiveBack { alert: n, output: o, key } => {
                    kept.recall(&mut paged, alert(n));
                    let claim = |state: &mut State| {
                        let written = state.output(output(o));
                        let claimed = written.claim_resend(alert(n), &[key; 32], None, now_secs);
                        claimed.map(|claimed| {
                            written.release(&claimed);
                            claimed.part
                        })
                    };
                    prop_assert_eq!(claim(&mut paged), claim(&mut plain), "{:?}", n);
                }
                Op::See { alert: n } => {
                    kept.recall(&mut paged, alert(n));
                    for state in [&mut plain, &mut paged] {
                        state.output("siem").saw(alert(n), now_secs);
                        state.output("native").saw(alert(n), now_secs);
                        prop_assert!(state.output("siem").lacks(alert(n), &[[9; 6]]));
                    }
                }
                Op::Wait { secs } if now_secs + secs < 13_500 => now_secs += secs,
                Op::Wait { .. } => {}
                Op::Save => kept.save(&mut paged, now_secs, &TINY),
            }
        }
        kept.save(&mut paged, now_secs, &TINY);
        for n in 0..60 {
            kept.recall(&mut paged, alert(n));
            for name in ["siem", "native"] {
                let known = |state: &mut State| {
                    let entry = state.output(name).alerts.get(&alert(n).id).cloned();
                    let known = entry.map(|entry| (entry.keys, entry.versions, entry.facts));
                    // What was read last may have been let go with all else that did not change.
                    known.map(|(keys, mut versions, facts)| {
                        for versions in &mut versions {
                            versions.text = [0; 16];
                        }
                        (keys, versions, facts)
                    })
                };
                prop_assert_eq!(known(&mut paged), known(&mut plain), "{} {}", name, n);
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = unpack(&bytes);
        let id = PageId { sequence: 1, digest: 1 };
        prop_assert!(check(&bytes, id).is_err());
        let mut sealed = bytes;
        sealed.insert(0, 1);
        let digest = blake3::hash(&sealed);
        sealed.extend_from_slice(digest.as_bytes());
        let _ = check(&sealed, id_of(&sealed, 1));
    }
}

/// A state of so many alerts, the first of them the oldest, in pages.
fn filled(alerts: u32) -> (State, Kept) {
    let (mut state, mut kept) = (State::default(), Kept::default());
    for n in 0..alerts {
        let alert = AlertDigest::of(&format!("da{n}")).created(n + 1);
        kept.recall(&mut state, alert);
        state.output("siem").claim(alert, &[1; 32], 1000 + n);
        if n.is_multiple_of(7) {
            kept.save(&mut state, 1000 + n, &TINY);
        }
    }
    (state, kept)
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let (_, kept) = filled(30);
    let (id, bytes) = kept.pages.iter().next().unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(check(&flipped, *id).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(check(&bytes[..length], *id).is_err(), "cut at {length}");
    }
    let name = id.to_string();
    assert_eq!(name.parse(), Ok(*id));
    assert!(name.to_uppercase().parse::<PageId>().is_err() || name == name.to_uppercase());
    assert!("1-2".parse::<PageId>().is_err() && "".parse::<PageId>().is_err());
}

#[test]
fn what_is_new_goes_into_the_last_page_and_pages_are_full() {
    let (mut state, mut kept) = filled(300);
    let (pages, alerts, keys) = state.pages.count();
    assert!(
        alerts > 280 && alerts == keys,
        "{alerts} alerts, {keys} keys"
    );
    let least = state.pages.bytes() / pages;
    assert!(least >= TINY.page_bytes * 3 / 4, "{least} bytes in a page");
    kept.read = 0;
    for n in 300..310 {
        kept.recall(
            &mut state,
            AlertDigest::of(&format!("da{n}")).created(n + 1),
        );
    }
    assert!(kept.read <= 1, "{} pages for what is new", kept.read);
    // The same alert is looked up in one page.
    state.pages.give_up_cache();
    kept.read = 0;
    kept.recall(&mut state, AlertDigest::of("da17").created(18));
    assert_eq!(kept.read, 1);
    assert_eq!(
        state.output("siem").alerts(),
        1 + state.known_alerts().len() - 1
    );
}

#[test]
fn what_was_only_looked_at_is_let_go() {
    let (mut state, mut kept) = filled(100);
    let before = state.known_alerts().len();
    for n in 0..100 {
        let alert = AlertDigest::of(&format!("da{n}")).created(n + 1);
        kept.recall(&mut state, alert);
        state.output("siem").saw(alert, 1101);
        assert_eq!(state.output("siem").claim(alert, &[1; 32], 1101), None);
        assert!(state.known_alerts().len() <= before + 1);
    }
    state.settle();
    assert_eq!(state.known_alerts().len(), before);
    // After an eighth of the retention, it is news that Graph returns it.
    let alert = AlertDigest::of("da0").created(1);
    kept.recall(&mut state, alert);
    state.output("siem").saw(alert, 1101 + 500);
    state.settle();
    assert_eq!(state.known_alerts().len(), before + 1);
}

#[test]
fn a_page_is_dropped_when_all_in_it_are_forgotten() {
    let (mut state, mut kept) = filled(200);
    let pages = kept.pages.len();
    let forgotten = 1100 + 4000 + 500;
    kept.save(&mut state, forgotten, &TINY);
    assert!(
        kept.pages.len() < pages / 2 + 3,
        "{} of {pages}",
        kept.pages.len()
    );
    let mut claim = |n: u32| {
        let alert = AlertDigest::of(&format!("da{n}")).created(n + 1);
        kept.recall(&mut state, alert);
        state
            .output("siem")
            .claim(alert, &[1; 32], forgotten)
            .is_some()
    };
    assert!((0..100).all(&mut claim));
    assert!(!(100..200).any(claim));
}

#[test]
fn small_pages_are_joined() {
    let (mut state, mut kept) = filled(200);
    let pages = state.pages.count().0;
    // One alert of each page stays, and is seen again and again.
    let mut now_secs = 1200;
    while now_secs < 20_000 {
        now_secs += 600;
        for n in (0..200).step_by(5) {
            let alert = AlertDigest::of(&format!("da{n}")).created(n + 1);
            kept.recall(&mut state, alert);
            state.output("siem").saw(alert, now_secs);
        }
        kept.save(&mut state, now_secs, &TINY);
    }
    let (left, alerts, _) = state.pages.count();
    assert!(
        left * 2 <= pages,
        "{left} pages of {pages} for {alerts} alerts"
    );
}

#[test]
fn what_a_backfill_sent_again_leaves_the_pages_with_it() {
    let (mut state, mut kept) = (State::default(), Kept::default());
    state.backfills.insert("b".to_owned(), Backfill::default());
    let name = |n: u32| AlertDigest::of(&format!("da{n}")).created(n + 1);
    for n in 0..100 {
        let (ours, again) = state.output_and_resent("siem", "b").unwrap();
        ours.claim(name(n), &[1; 32], 1000);
        again.claim(name(n), &[1; 32], 1000);
    }
    kept.save(&mut state, 1000, &TINY);
    let (_, alerts, keys) = state.pages.count();
    assert_eq!(keys, 2 * alerts);
    state.backfills.clear();
    for n in 0..100 {
        kept.recall(&mut state, name(n));
        state.output("siem").claim(name(n), &[2; 32], 1001);
        kept.save(&mut state, 1001 + n, &TINY);
    }
    // All but those of the last alerts, which are still in the object.
    let rows = kept
        .pages
        .values()
        .flat_map(|bytes| Rows::of(bytes).unwrap());
    let resent = rows
        .filter(|row| row.as_ref().unwrap().output != "siem")
        .count();
    assert!(resent < 20, "{resent} rows of a backfill that is done");
}

#[test]
fn a_merge_without_its_page_changes_nothing() {
    let (mut state, _) = filled(100);
    for n in 0..100 {
        let alert = AlertDigest::of(&format!("new{n}")).created(n + 1);
        state.output("siem").claim(alert, &[1; 32], 1200);
    }
    let before = state.clone();
    let merges = state.merges(2000, &TINY);
    assert!(!merges.is_empty());
    for merge in merges {
        assert!(state.merge(&merge, &HashMap::new()).unwrap().new.is_empty());
    }
    assert_eq!(state, before);
}
