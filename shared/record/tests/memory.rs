//! What an alert takes while it is mapped: the poll function has so much for that beside the state, two
//! pages and itself.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use drawbridge_alert::{Alert, MAX_VALUES};
use drawbridge_record::{MAX_MAPPING_BYTES, formats, records};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Alerts of as many values as are read, in pieces of evidence that say what they are.
fn alerts() -> impl Iterator<Item = String> {
    // Of all kinds, a process takes the most.
    let kinds = ["process", "device", "user"];
    let typed = kinds.map(|kind| {
        // The piece and its type are two values; the alert, its id and the list are three.
        let piece = format!(r##"{{"@odata.type":"#microsoft.graph.security.{kind}Evidence"}}"##);
        vec![piece; (MAX_VALUES - 3) / 2].join(",")
    });
    let empty = vec!["{}"; MAX_VALUES - 3].join(",");
    let pieces = typed.into_iter().chain([empty]);
    pieces.map(|pieces| format!(r#"{{"id":"da1","evidence":[{pieces}]}}"#))
}

/// One test, because the allocator counts for the whole process.
#[test]
fn the_largest_alert_leaves_memory_for_the_rest() {
    for json in alerts() {
        for format in formats() {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let alert = Alert::decode(&json).unwrap();
            let bytes: usize = records(*format, &alert)
                .map(|record| record.body.len())
                .sum();
            let peak = MEMORY.peak_usage() - before;
            let (name, start) = (format.name(), &json[..60.min(json.len())]);
            println!("{name}: {peak} bytes for {bytes} of records: {start}");
            assert!(peak <= MAX_MAPPING_BYTES, "{name} takes {peak}: {start}");
        }
    }
}
