//! What the tests share.

pub(crate) mod alerts;
pub(crate) mod command;
pub(crate) mod documents;
pub(crate) mod folder;
#[cfg(unix)]
pub(crate) mod nobody;
pub(crate) mod served;
pub(crate) mod tenant;

use std::time::{Duration, Instant};

/// Waits until something holds that another process brings about.
pub(crate) fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it never came about"
        );
        // Not to take the processor from the process that is waited for.
        std::thread::sleep(Duration::from_millis(2));
    }
}
