use super::*;
use crate::{AlertDigest, Meaning, TextDigests};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

fn window(from: &str, to: &str) -> Window {
    Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

fn filled(alerts: u32, keys: u8) -> State {
    let mut state = State {
        watermark: Some("2026-01-01T00:00:00.1234567Z".parse().unwrap()),
        last_success: Some("2026-01-01T00:00:30Z".parse().unwrap()),
        failing_since: Some("2026-01-01T00:00:32Z".parse().unwrap()),
        saved: Some("2026-01-01T00:00:31Z".parse().unwrap()),
        newest: Some("2026-01-01T00:00:01Z".parse().unwrap()),
        small_page: Some(46),
        slow: Some(Slow {
            noted: "2026-01-01T00:00:29Z".parse().unwrap(),
            whole_time: true,
        }),
        polled: Some(Polled::of(
            "some",
            Some("2026-01-01T00:00:00Z".parse().unwrap()),
        )),
        ..State::default()
    };
    let december = window("2025-12-01T00:00:00Z", "2025-12-02T00:00:00Z");
    let november = window("2025-11-01T00:00:00Z", "2025-12-01T00:00:00Z");
    let later = "2026-01-01T00:00:00Z".parse().unwrap();
    state.again.add(december, Due::after(later, 900));
    state.unread.add(november, Due::default());
    let mut backfill = Backfill {
        output: Some("siem".to_owned()),
        ..Backfill::default()
    };
    backfill.ranges.add(november, Due::default());
    backfill.ranges.put_off(november, later);
    state.backfills.insert("b1".to_owned(), backfill);
    for alert in 0..alerts {
        let digest = AlertDigest::of(&format!("da{alert}"));
        let now_secs = 1_700_000_000 + alert;
        for key in 0..keys {
            let siem = state.output("siem");
            let mut claimed = siem.claim(digest, &[key; 32], now_secs).unwrap();
            siem.carry(&mut claimed, &[[key; 6], [7; 6]]);
            if key == keys - 1 {
                siem.release(&claimed);
            }
        }
        let native = state.output("native");
        for version in 0..keys {
            let bytes = [version; 32];
            let text = [100 + version; 32];
            let (reading, content) = (TextDigests { bytes, text }, bytes);
            let version = [200 + version; 32];
            let meaning = || Meaning {
                content,
                version,
                updated: 0,
            };
            native.claim_change(digest, &[1; 32], &reading, meaning, now_secs);
        }
    }
    state
}

#[test]
fn a_state_survives_the_wire() {
    let state = filled(100, 3);
    assert_eq!(State::decode(&state.encode().unwrap()).unwrap(), state);
}

/// An object as version 5 was written: two alerts with two records each in `siem`, of which the last
/// was given back, and one in `native`, which writes changes.
const VERSION_5: &str = concat!(
    r#"{"version":5,"watermark":"2026-01-01T00:00:00Z","first_from":null,"last_success":nul"#,
    r#"l,"saved":null,"newest":"2026-01-01T00:00:01Z","replayed":3,"unread":[],"rest_is_nex"#,
    r#"t":false,"again":[],"backfills":{},"swept":{"day":null,"week":null},"outputs":{"nati"#,
    r#"ve":{"alerts":2,"keys":2,"contents":true,"written":"NCfJI49betTnaxGk7BixKwG5VWkBAAEB"#,
    r#"AQEBAQEBAQEBAQEBAQEHBwcHBwcHBwcHBwcHBwcHR+qRiSNn7YDWXy1Ix21MSAG5VWkBAAEBAQEBAQEBAQEB"#,
    r#"AQEBAQEHBwcHBwcHBwcHBwcHBwcH","unsent":""},"siem":{"alerts":2,"keys":4,"written":"NC"#,
    r#"fJI49betTnaxGk7BixKwC5VWkCAgAAAAAAAAAAAAAAAAAAAAABAQEBAQEBAQEBAQEBAQEBAAAAAAAAAQEBAQ"#,
    r#"EBR+qRiSNn7YDWXy1Ix21MSAC5VWkCAQAAAAAAAAAAAAAAAAAAAAABAQEBAQEBAQEBAQEBAQEBAAAAAAAA","#,
    r#""unsent":"R+qRiSNn7YDWXy1Ix21MSAEBAQEBAQEBAQEBAQEBAQE="}},"blake3":"eaa2ae72e8dbe91e"#,
    r#"b923da52bdf5c13ff3567b4628ffcc0afe8f28744124960a"}"#,
);

#[test]
fn version_5_is_read() {
    let mut state = State::decode(VERSION_5.as_bytes()).unwrap();
    assert_eq!(state.replayed, 3);
    let known = |state: &mut State, output: &str| {
        let written = state.output(output);
        (written.alerts(), written.keys())
    };
    assert_eq!(known(&mut state, "siem"), (2, 4));
    assert_eq!(known(&mut state, "native"), (2, 2));
    for round in 0..2 {
        for (alert, key) in [("da0", 0), ("da0", 1), ("da1", 0), ("da1", 1)] {
            let siem = state.output("siem");
            let claimed = siem.claim(AlertDigest::of(alert), &[key; 32], 1_767_225_700);
            let is_released = (alert, key, round) == ("da1", 1, 0);
            assert_eq!(
                claimed.map(|claimed| claimed.part),
                is_released.then_some(1)
            );
        }
        let alert = AlertDigest::of("da0").created(1_767_225_500);
        assert!(!state.output("siem").lacks(alert, &[[0; 6], [1; 6]]));
        let (bytes, content, version) = ([7; 32], [70; 32], [71; 32]);
        let reading = TextDigests { bytes, text: bytes };
        let meaning = || Meaning {
            content,
            version,
            updated: 0,
        };
        let native = state.output("native");
        let same = native.claim_change(alert, &[1; 32], &reading, meaning, 1_767_225_700);
        assert!(same.is_none(), "it was written by the old release");
        state = State::decode(&state.encode().unwrap()).unwrap();
    }
}

#[test]
fn version_1_is_read() {
    let old = br#"{"version":1,"watermark":"2026-01-01T00:00:00Z","first_from":null,
        "last_success":null,"saved":null,"owed":[],
        "outputs":{"siem":{"alerts":0,"keys":0,"written":"","unsent":""}}}"#;
    let state = State::decode(old).unwrap();
    assert_eq!(state.swept, Swept::default());
    assert!(state.watermark.is_some());
}

/// An object of version 2: two alerts, of which the first has two keys.
#[test]
fn version_2_is_read() {
    let mut packed = Vec::new();
    for (alert, keys) in [("da1", &[1_u8, 2][..]), ("da2", &[3])] {
        let digest: [u8; 32] = Sha256::digest(alert).into();
        packed.extend_from_slice(&digest[..16]);
        packed.extend_from_slice(&1_700_000_000_u32.to_le_bytes());
        packed.extend_from_slice(&u32::try_from(keys.len()).unwrap().to_le_bytes());
        for key in keys {
            packed.extend_from_slice(&[*key; 16]);
        }
    }
    let old = format!(
        r#"{{"version":2,"watermark":null,"first_from":null,"last_success":null,"saved":null,
        "owed":[],"outputs":{{"siem":{{"alerts":2,"keys":3,"written":"{}","unsent":""}}}}}}"#,
        STANDARD.encode(packed)
    );
    let mut state = State::decode(old.as_bytes()).unwrap();
    let siem = state.output("siem");
    let alert = AlertDigest::of("da1");
    assert!(siem.claim(alert, &[2; 32], 1_700_000_001).is_none());
    assert!(siem.lacks(alert, &[[1; 6]]));
    assert_eq!(State::decode(&state.encode().unwrap()).unwrap(), state);
}

/// What the facts may weigh: a device of two names and a user in each alert of three records.
#[test]
fn facts_weigh_less_than_a_third() {
    let weight = |with_facts: bool| {
        let mut state = State::default();
        for alert in 0..1000_u32 {
            let digest = AlertDigest::of(&format!("da{alert}"));
            for key in 0..3_u8 {
                let siem = state.output("siem");
                let mut claimed = siem.claim(digest, &[key; 32], alert).unwrap();
                if with_facts {
                    siem.carry(&mut claimed, &[[1; 6], [2; 6], [3; 6], [4; 6]]);
                }
            }
        }
        state.encode().unwrap().len()
    };
    // Without facts, an alert had four bytes for its number of keys; it has two for both now.
    let before = weight(false) + 1000 * 2 * 4 / 3;
    assert!(weight(true) * 3 < before * 4);
}

#[test]
fn a_newer_version_is_named() {
    let error = State::decode(br#"{"version":7,"something":"new"}"#).unwrap_err();
    assert_eq!(
        error,
        StateError::FromTheFuture {
            found: 7,
            newest: 6
        }
    );
    assert!(error.to_string().contains("run the newer release"));
}

#[test]
fn every_cut_is_noticed() {
    let bytes = filled(3, 2).encode().unwrap();
    for length in 0..bytes.len() {
        assert!(
            matches!(
                State::decode(&bytes[..length]),
                Err(StateError::Damaged { .. })
            ),
            "cut at {length}"
        );
    }
}

#[test]
fn keys_that_do_not_add_up_are_noticed() {
    let mut state = filled(3, 2);
    state.outputs.remove("native");
    let text = String::from_utf8(state.encode().unwrap()).unwrap();
    let changed = text.replace("\"keys\":6", "\"keys\":5");
    assert_ne!(text, changed);
    let (object, _) = changed.split_at(changed.len() - 64 - SEAL.0.len() - SEAL.1.len());
    let digest = blake3::hash(object.as_bytes()).to_hex();
    let parts = [object.as_bytes(), SEAL.0, digest.as_bytes(), SEAL.1];
    assert!(matches!(
        State::decode(&parts.concat()),
        Err(StateError::Damaged { .. })
    ));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let bytes = filled(2, 2).encode().unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(State::decode(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn version_4_owed_windows() {
    let object = br#"{"version":4,"watermark":"2026-01-01T00:00:00Z","first_from":null,
        "last_success":null,"saved":null,"swept":{"day":null,"week":null},"outputs":{},"owed":[
        {"window":{"from":"2025-12-01T00:00:00Z","to":"2025-12-02T00:00:00Z"},
         "since":"2026-01-01T00:00:00Z"},
        {"window":{"from":"2025-12-01T12:00:00Z","to":"2025-12-03T00:00:00Z"},
         "since":"2026-01-01T00:15:00Z","again":true}]"#;
    let digest = blake3::hash(object).to_hex();
    let parts = [object, SEAL.0, digest.as_bytes(), SEAL.1];
    let state = State::decode(&parts.concat()).unwrap();
    let unread = window("2025-12-01T00:00:00Z", "2025-12-02T00:00:00Z");
    let again = window("2025-12-01T12:00:00Z", "2025-12-03T00:00:00Z");
    assert_eq!(state.unread.iter().next().unwrap().window, unread);
    let due = Due::after("2026-01-01T00:15:00Z".parse().unwrap(), 0);
    assert_eq!(
        state.again.iter().next().unwrap(),
        crate::Range { window: again, due }
    );
}

/// An object up to version 5 knows of a record what it held last, by its bytes.
#[test]
fn version_3_contents() {
    let digest: [u8; 32] = Sha256::digest("da1").into();
    let mut packed = digest[..16].to_vec();
    packed.extend_from_slice(&1_700_000_000_u32.to_le_bytes());
    packed.extend_from_slice(&[1, 0]);
    packed.extend_from_slice(&[[1; 16], [7; 16]].concat());
    let old = format!(
        r#"{{"version":3,"watermark":null,"first_from":null,"last_success":null,"saved":null,
        "owed":[],"outputs":{{"native":{{"alerts":1,"keys":1,"contents":true,"written":"{}",
        "unsent":""}}}}}}"#,
        STANDARD.encode(packed)
    );
    let mut state = State::decode(old.as_bytes()).unwrap();
    let mut is_claimed = |bytes: u8, content: u8| {
        let (bytes, content, version) = ([bytes; 32], [content; 32], [content; 32]);
        let reading = TextDigests { bytes, text: bytes };
        let meaning = || Meaning {
            content,
            version,
            updated: 0,
        };
        let alert = AlertDigest::of("da1");
        let native = state.output("native");
        let claimed = native.claim_change(alert, &[1; 32], &reading, meaning, 1_700_000_001);
        claimed.is_some()
    };
    assert!(!is_claimed(7, 70), "it was written by the old release");
    assert!(
        !is_claimed(8, 70),
        "and is known by what it means from now on"
    );
    assert!(is_claimed(9, 90));
}

#[test]
fn version_3_has_no_digest() {
    let (object, _) = VERSION_5.rsplit_once(",\"blake3\"").unwrap();
    let text = format!("{object}}}");
    let old = text.replace("\"version\":5", "\"version\":3");
    let state = State::decode(old.as_bytes()).unwrap();
    assert_eq!(state, State::decode(VERSION_5.as_bytes()).unwrap());
    let Err(StateError::Damaged { what }) = State::decode(text.as_bytes()) else {
        panic!("an object without its digest was read");
    };
    assert_eq!(what, "it has no digest at its end");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = State::decode(&bytes);
    }
}
