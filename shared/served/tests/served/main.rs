//! The router as its clients meet it, over segments that the real writer wrote, in the tests' own time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod answers;
mod clients;
mod pages;
mod tokens;
mod trouble;
mod world;
