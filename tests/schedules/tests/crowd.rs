//! Many tenants in trouble among a few hundred with nothing wrong: how long the others wait at most, from
//! the tick until their job is done. docs/guarantees.md has the numbers of a stack ten times as large.

use std::path::Path;

use drawbridge_schedules::{Crowd, PROCESSES, TENANTS, waits};

/// How many are in trouble, in which, and the longest waits of the others in seconds: within half an hour,
/// and within its second half.
const ROWS: [(usize, Crowd, &str, u64, u64); 6] = [
    (8, Crowd::Stuck, "polls never end", 52, 19),
    (30, Crowd::Stuck, "polls never end", 191, 72),
    (30, Crowd::Unanswered, "Graph does not answer", 186, 74),
    (
        30,
        Crowd::Dies,
        "polls kill their process within a second",
        193,
        6,
    ),
    (
        30,
        Crowd::DiesLate,
        "polls kill their process after 20 seconds",
        352,
        232,
    ),
    (30, Crowd::Slow, "Graph takes 12 seconds", 432, 385),
];

#[test]
fn a_crowd_in_trouble_keeps_others_waiting_no_longer_than_is_said() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guarantees.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains(&format!("{TENANTS} tenants and {PROCESSES} processes")));
    let mut broken = Vec::new();
    for (tenants, crowd, trouble, longest, later) in ROWS {
        let row = format!("| {} | {trouble} | {longest} s | {later} s |", tenants * 10);
        assert!(page.contains(&row), "{row}");
        let waits = waits(crowd, tenants, 30);
        println!("{tenants} {crowd:?}: {waits:?}");
        assert!(waits.jobs > 6000, "{waits:?}");
        if waits.longest_secs > longest || waits.later_secs > later {
            broken.push((crowd, tenants, waits));
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}
