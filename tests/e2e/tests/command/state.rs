use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use drawbridge_cursor::State;
use drawbridge_store::Store as _;

use crate::cloud;
use crate::command::interposer::interpose;
use crate::command::run::{command, finish, run};
use crate::command::stack::{Stack, TENANT};

fn state(watermark: &str) -> Bytes {
    let state = State {
        watermark: Some(watermark.parse().unwrap()),
        ..State::default()
    };
    state.encode().unwrap().into()
}

const KEY: &str = "state/contoso.json";

#[tokio::test(flavor = "multi_thread")]
async fn a_watermark_is_shown_and_moved() {
    let stack = Stack::create().await;
    let old = state("2026-02-01T00:00:00Z");
    stack
        .store
        .put(KEY, old.clone(), "application/json")
        .await
        .unwrap();
    let show = ["state", "show", "--json", "--bucket", &stack.bucket];
    let shown = run(&show).await.well();
    assert!(
        shown
            .stdout
            .contains("\"watermark\":\"2026-02-01T00:00:00Z\""),
        "{}",
        shown.stdout
    );
    let reset = [
        "state",
        "reset",
        "--tenant",
        TENANT,
        "--to",
        "2026-01-01",
        "--yes",
        "--bucket",
        &stack.bucket,
    ];
    let done = run(&reset).await.well();
    let (_, kept) = done.stdout.trim().split_once("the old state is ").unwrap();
    assert_eq!(stack.text(kept).await.unwrap().as_bytes(), old);
    let shown = run(&show).await.well();
    assert!(
        shown
            .stdout
            .contains("\"watermark\":\"2026-01-01T00:00:00Z\""),
        "{}",
        shown.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_saves_meanwhile_makes_it_refuse() {
    let stack = Stack::create().await;
    stack
        .store
        .put(KEY, state("2026-02-01T00:00:00Z"), "application/json")
        .await
        .unwrap();
    // The poll saves between the command's reading and its writing: just before the old state is
    // kept.
    let polled = state("2026-02-01T00:01:00Z");
    let (store, body, handle) = (
        stack.store.clone(),
        polled.clone(),
        tokio::runtime::Handle::current(),
    );
    let saved = AtomicBool::new(false);
    let url = interpose(cloud::emulator().await.endpoint_url(), move |line| {
        if line.starts_with("PUT ")
            && line.contains(".before-")
            && !saved.swap(true, Ordering::Relaxed)
        {
            let put = store.put(KEY, body.clone(), "application/json");
            handle.block_on(put).unwrap();
        }
    });
    let reset = [
        "state",
        "reset",
        "--tenant",
        TENANT,
        "--to",
        "2026-01-01",
        "--yes",
        "--bucket",
        &stack.bucket,
    ];
    let mut raced = command(&reset).await;
    raced.env("AWS_ENDPOINT_URL", url);
    finish(raced)
        .await
        .failed(&["meanwhile", "nothing was changed", "run this again"]);
    assert_eq!(stack.text(KEY).await.unwrap().as_bytes(), polled);
    let keys = drawbridge_store::Catalogue::list(&stack.store, "state/")
        .await
        .unwrap();
    assert_eq!(keys, [KEY]);
    run(&reset).await.well();
}
