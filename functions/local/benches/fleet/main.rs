//! `cargo bench -p drawbridge --bench fleet`: what one process takes that polls many tenants into a
//! folder, of which none has news. Prints a table in Markdown for `docs/benchmarks.md`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod process;

fn main() {
    // `cargo test --benches` runs this too; it has nothing to prove there.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    #[cfg(target_os = "linux")]
    measure::run();
    #[cfg(not(target_os = "linux"))]
    println!("The numbers are read from /proc, which this system does not have.");
}
