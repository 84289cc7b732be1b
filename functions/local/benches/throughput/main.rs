//! `cargo bench`: how fast, how heavy. Prints a table in Markdown for `docs/benchmarks.md`.
//!
//! Ratios within one run are what to compare; the numbers are the machine's.

#![recursion_limit = "256"] // for `json!` of a whole alert
#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

mod mapping;
mod objects;
mod polling;
mod process;
mod state;

fn main() {
    // `cargo test --benches` runs this too; it has nothing to prove there.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    println!("| what | number |\n|---|---|");
    mapping::run();
    objects::run();
    state::run();
    polling::run();
}

/// Prints one row of the table.
fn row(what: &str, number: &str) {
    println!("| {what} | {number} |");
}
