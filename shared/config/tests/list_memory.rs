//! What the administrator's list takes while it is read, and when it was: the poll function has so much for
//! that beside all else.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use drawbridge_config::{Bindings, MAX_LIST_MEMORY_BYTES, MAX_LIST_READING_BYTES};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The most bytes of a list.
const MAX_LIST_BYTES: usize = 1 << 20;

/// As much of an endless list as is read.
fn longest(entry: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for entry in (0..8_000).map(entry) {
        if text.len() + entry.len() <= MAX_LIST_BYTES {
            text += &entry;
        }
    }
    text
}

fn ids(n: usize) -> String {
    format!(
        "tenant_id = \"00000000-0000-0000-0000-{n:012}\"\n\
         client_id = \"00000000-0000-0000-0001-{n:012}\"\n"
    )
}

/// One test, because the allocator counts for the whole process.
#[test]
fn a_list_takes_no_more_than_the_function_has_for_it() {
    let lists = [
        ("usual", longest(|n| format!("[customer-{n}]\n{}", ids(n)))),
        (
            "hosts of their own",
            longest(|n| {
                let hosts = ["login", "graph"]
                    .map(|host| format!("{host}_url = \"https://{host}.example\"\n"));
                format!("[c{n}]\n{}{}", ids(n), hosts.concat())
            }),
        ),
        (
            "in one table each, indented, with comments",
            longest(|n| format!("  # a comment\n[{n}]\n  tenant_id='{n}'\n  client_id='{n}'\n")),
        ),
        (
            "one host that is as long as a part",
            longest(|n| {
                format!(
                    "[{n}]\n{}login_url='http://a/{}'\n",
                    ids(n),
                    " ".repeat(65_000)
                )
            }),
        ),
    ];
    for (what, text) in lists {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let list = Bindings::parse(text.as_bytes()).unwrap();
        let (peak, kept) = (
            MEMORY.peak_usage() - before,
            MEMORY.current_usage() - before,
        );
        drop(list);
        println!(
            "{what}: {} bytes, {peak} while it is read, {kept} kept",
            text.len()
        );
        // The text itself is held meanwhile.
        assert!(
            peak + text.len() <= MAX_LIST_READING_BYTES,
            "{what}: {peak}"
        );
        assert!(kept <= MAX_LIST_MEMORY_BYTES, "{what}: {kept}");
    }
}
