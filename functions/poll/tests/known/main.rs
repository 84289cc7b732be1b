//! What a process takes to remember the tenants that it polled, in the function's own assembly.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod services;

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use drawbridge_entra::MAX_REPLY_BYTES;
use drawbridge_poll::lambda::{MAX_KNOWN, MAX_KNOWN_BYTES};
use peak_alloc::PeakAlloc;
use services::{HOST, Stack};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// A token of Graph with a few roles.
const TOKEN_BYTES: usize = 2_000;

/// So few tenants are remembered in any case.
const FEW: usize = 5;

/// How a tenant signs in, and what else its document says.
struct Case {
    what: &'static str,
    formats: &'static [&'static str],
    lines: fn(&str) -> String,
    /// How many tenants are polled.
    polled: usize,
    /// How many of them are remembered.
    remembered: Range<usize>,
    token_bytes: usize,
}

const USUAL: Case = Case {
    what: "federation",
    formats: &["siem"],
    lines: |_| "federation = \"aws\"".to_owned(),
    polled: MAX_KNOWN + 20,
    // As many as are remembered at all.
    remembered: MAX_KNOWN..MAX_KNOWN + 1,
    token_bytes: TOKEN_BYTES,
};

const CASES: [Case; 5] = [
    USUAL,
    Case {
        what: "client secret",
        lines: |name| format!("secret = \"drawbridge/prod/{name}\""),
        ..USUAL
    },
    Case {
        what: "hosts of its own, three formats",
        formats: &["siem", "native", "ocsf"],
        lines: |name| {
            format!(
                "secret = \"drawbridge/prod/{name}\"\nlogin_url = \"https://{HOST}/{name}/login\"\n\
                 graph_url = \"https://{HOST}/{name}/graph\"\nseverities = [\"high\", \"medium\"]"
            )
        },
        remembered: 2_000..2_600,
        ..USUAL
    },
    Case {
        what: "a document as long as it may be",
        lines: |name| {
            let sources = vec!["\"a\""; 15_000].join(",");
            format!(
                "secret = \"drawbridge/prod/{name}\"\nallow_unknown = true\nservice_sources = [{sources}]"
            )
        },
        polled: 80,
        remembered: 5..40,
        ..USUAL
    },
    Case {
        what: "a token as long as it may be",
        polled: 500,
        remembered: 250..320,
        token_bytes: MAX_REPLY_BYTES - 1_000,
        ..USUAL
    },
];

/// One test, because the allocator counts for the whole process.
#[tokio::test]
async fn what_is_remembered_of_tenants_is_bounded() {
    for case in CASES {
        let stack = Stack::with(case.formats);
        stack.entra.0.store(case.token_bytes, Relaxed);
        let list: String = (0..MAX_KNOWN)
            .map(|n| format!("[{}]\n{}", name(n), ids(n)))
            .collect();
        stack.store.insert("admin/tenants.toml", list);
        let poll = async |n: usize| {
            let name = name(n);
            let document = format!("{}{}\n", ids(n), (case.lines)(&name));
            stack.poll(&name, &document).await;
        };
        // What is there once: clients, the administrator's list.
        poll(0).await;
        let (before, at_first) = (ALLOCATED.current_usage(), stack.tenants.remembered());
        let (mut most, mut each, mut counted) = (0, 0, 0);
        for n in 1..case.polled {
            poll(n % MAX_KNOWN).await;
            let taken = ALLOCATED.current_usage().saturating_sub(before);
            most = most.max(taken);
            if n == FEW {
                each = taken / FEW;
                counted = (stack.tenants.remembered().1 - at_first.1) / FEW;
            }
        }
        let (known, bytes) = stack.tenants.remembered();
        let what = case.what;
        println!(
            "{what}: {each} bytes each, counted as {counted}; {known} known, counted as {bytes} bytes, \
             {most} at most"
        );
        assert!(case.remembered.contains(&known), "{what}: {known}");
        // The token of the last one is not counted yet.
        assert!(
            bytes <= MAX_KNOWN_BYTES && most <= bytes + MAX_REPLY_BYTES,
            "{what}: {most}"
        );
        assert!(each <= counted, "{what}: {each} {counted}");
    }
}

fn name(n: usize) -> String {
    format!("customer-number-{n:05}")
}

fn ids(n: usize) -> String {
    format!(
        "tenant_id = \"00000000-0000-0000-0000-{n:012}\"\n\
         client_id = \"00000000-0000-0000-0001-{n:012}\"\n"
    )
}
