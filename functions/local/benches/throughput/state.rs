use std::time::Instant;

use drawbridge_cursor::{AlertDigest, State};

use crate::row;

/// Weighs a state of 300,000 keys of 100,000 alerts, each with a device of two names and a user.
pub(crate) fn run() {
    let mut state = State::default();
    for alert in 0..100_000u32 {
        let digest = AlertDigest::of(&alert.to_string());
        for record in 0..3u8 {
            let siem = state.output("siem");
            let mut claimed = siem.claim(digest, &[record; 32], 1_800_000_000).unwrap();
            siem.carry(&mut claimed, &[[1; 6], [2; 6], [3; 6], [4; 6]]);
        }
    }
    let started = Instant::now();
    let bytes = state.encode().unwrap();
    let save = started.elapsed();
    let started = Instant::now();
    let loaded = State::decode(&bytes).unwrap();
    let load = started.elapsed();
    assert!(loaded == state);
    row(
        "state of 300,000 keys and 400,000 facts",
        &format!("{:.1} MB", bytes.len() as f64 / 1e6),
    );
    row(
        "state: encode",
        &format!("{:.0} ms", save.as_secs_f64() * 1e3),
    );
    row(
        "state: decode",
        &format!("{:.0} ms", load.as_secs_f64() * 1e3),
    );
}
