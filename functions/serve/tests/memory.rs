//! What an answer takes of the function's memory, however long it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "function/stack.rs"]
#[allow(dead_code, reason = "it is another test's, too")]
mod stack;

use std::fmt::Write as _;

use futures::StreamExt as _;
use peak_alloc::PeakAlloc;
use stack::{Stack, event};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

/// As long as the poll function makes segments.
const SEGMENT_BYTES: usize = 2 * MIB;
const SEGMENTS: usize = 24;

/// A segment as it is read, its records, and the answer's next chunk; the segments ahead lie in the
/// store here, and are compressed.
const MOST: usize = 12 * MIB;

/// A text that hardly gets shorter.
fn noise(bytes: usize, seed: &mut u64) -> String {
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        let _ = write!(text, "{seed:016x}");
    }
    text
}

#[tokio::test]
async fn a_long_answer_is_never_in_memory_as_a_whole() {
    let stack = Stack::new();
    let mut seed = 0x9E37_79B9_7F4A_7C15;
    for id in 0..SEGMENTS {
        stack
            .write_with(id as u64, &noise(SEGMENT_BYTES, &mut seed))
            .await;
    }
    stack.clock.advance_secs(60);
    let asked = event("GET", "/api/alerts", "", &stack.token());
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let mut answer = stack.answer(&asked).await;
    assert_eq!(answer.metadata_prelude.status_code, 200);
    let mut bytes = 0;
    // Taken, and not kept.
    while let Some(chunk) = answer.stream.next().await {
        bytes += chunk.unwrap().len();
    }
    let taken = ALLOCATED.peak_usage() - before;
    assert!(bytes > SEGMENTS * SEGMENT_BYTES, "{bytes}");
    assert!(taken < MOST, "{taken} bytes for an answer of {bytes}");
}
