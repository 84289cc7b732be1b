//! The router as its clients meet it, over segments that the real writer wrote, in the tests' own time. The
//! function's tests run the same ones, with its events in between.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod answers;
mod clients;
mod first_byte;
mod front;
mod hang_ups;
mod long_answers;
mod own_tokens;
mod pages;
mod slow_listings;
mod tokens;
mod trouble;
mod world;
