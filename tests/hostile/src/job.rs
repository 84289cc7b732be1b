use drawbridge_cursor::{Job, Window};

use crate::marker::{assert_discreet, assert_fit_for_a_log};
use crate::text;

/// Far more halvings than any window has.
const MAX_HALVINGS: u32 = 80;

/// A job: what is read is written and read again as the same, and its window has halves.
pub fn job(bytes: &[u8]) {
    let Some(json) = text(bytes) else { return };
    let job = match Job::parse(json) {
        Ok(job) => job,
        Err(error) => {
            assert_fit_for_a_log(&error);
            return assert_discreet(&error, json);
        }
    };
    assert!(!job.tenant.is_empty());
    assert!(
        json.trim_ascii_start().starts_with('{'),
        "a job that is no object"
    );
    assert_eq!(Job::parse(&job.to_json()).ok(), Some(job.clone()));
    if let Some(window) = job.window {
        halved(window);
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
