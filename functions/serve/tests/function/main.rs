//! The function by itself: what it reads of the bucket and when, what it makes of hostile events; and
//! its binary, by Lambda's Runtime API.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod binary;
mod hostile;
mod reads;
mod runtime;
mod stack;
