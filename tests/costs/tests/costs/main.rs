//! What a month costs: the numbers, what is worked out from them, and the pages that say so.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod facts;
mod goals;
mod page;
