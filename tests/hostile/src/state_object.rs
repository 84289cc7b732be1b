use drawbridge_cursor::{Ranges, State, Window};

use crate::MAX_INPUT_BYTES;
use crate::marker::{assert_discreet, assert_fit_for_a_log};

/// Far more halvings than any window has.
const MAX_HALVINGS: u32 = 80;

/// The state object: what is read is written and read again as the same, and what is to be read has
/// halves.
pub fn state_object(bytes: &[u8]) {
    if bytes.len() > MAX_INPUT_BYTES {
        return;
    }
    let state = match State::decode(bytes) {
        Ok(state) => state,
        Err(error) => {
            assert_fit_for_a_log(&error);
            return assert_discreet(&error, &String::from_utf8_lossy(bytes));
        }
    };
    let encoded = state.encode();
    let Ok(encoded) = encoded else {
        return assert!(encoded.is_ok(), "a state that was read cannot be written");
    };
    assert!(
        encoded.len() <= 4 * bytes.len() + 4096,
        "{} bytes",
        encoded.len()
    );
    assert_eq!(State::decode(&encoded).as_ref(), Ok(&state));
    let backfills = state.backfills.values().map(|backfill| &backfill.ranges);
    for ranges in backfills.chain([&state.unread, &state.again]) {
        apart(ranges);
        for range in ranges.iter() {
            halved(range.window);
            let step = range.step().window;
            assert_eq!(step.from(), range.window.from());
            assert!(step.to() <= range.window.to());
        }
    }
}

/// Ranges lie one behind the other.
fn apart(ranges: &Ranges) {
    let windows: Vec<Window> = ranges.iter().map(|range| range.window).collect();
    assert_eq!(windows.len(), ranges.len());
    for pair in windows.windows(2) {
        assert!(pair[0].to() <= pair[1].from(), "two ranges overlap");
    }
}

/// Halves cover their window, and end.
fn halved(mut window: Window) {
    for _ in 0..MAX_HALVINGS {
        assert!(window.from() < window.to());
        let Some([early, late]) = window.halves(10) else {
            // What cannot be halved is small.
            return assert!(window.millis() <= 10, "a window of {} ms", window.millis());
        };
        assert_eq!((early.from(), late.to()), (window.from(), window.to()));
        assert_eq!(early.to(), late.from());
        window = if window.millis().is_multiple_of(2) {
            early
        } else {
            late
        };
    }
    assert!(window.millis() <= 10, "halving a window does not end");
}
