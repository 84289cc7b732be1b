//! `drawbridge view --bucket`: the pages of a stack.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::Child;

use bytes::Bytes;
use drawbridge_cursor::{AlertDigest, PageSettings, State, epoch_secs_of};
use drawbridge_store::Store as _;
use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use serde_json::json;

use crate::command::run::command;
use crate::command::stack::{Stack, TENANT};

/// The command, which is ended when dropped, and its address.
struct Pages {
    child: Child,
    url: String,
}

impl Pages {
    async fn of(stack: &Stack) -> Self {
        let mut command = command(&["view", "--bucket", &stack.bucket]).await;
        let started = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut url = String::new();
            let mut out = BufReader::new(child.stdout.take().unwrap());
            out.read_line(&mut url).unwrap();
            (child, url.trim().to_owned())
        });
        let (child, url) = started.await.unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url:?}");
        Self { child, url }
    }

    async fn page(&self, path: &str) -> String {
        let client = Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", self.url)).send().await;
        answer.unwrap().text().await.unwrap()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Has the state know three alerts in a page of the bucket, and one of its object.
async fn put_records(stack: &Stack, state: &mut State, at: Timestamp) {
    let hour = epoch_secs_of(at.as_second()) / 3600 * 3600;
    let claim = |state: &mut State, n: u32, output: &str| {
        let alert = AlertDigest::of(&format!("da{n}")).created(hour + n);
        state.output(output).claim(alert, &[1; 32], hour)
    };
    for n in 0..3 {
        claim(state, n, "siem");
        claim(state, n, "ecs");
    }
    let settings = PageSettings {
        most_kept_bytes: 0,
        ..PageSettings::default()
    };
    state.begin_save(at);
    for merge in state.merges(hour + 10_000, &settings) {
        for page in state.merge(&merge, &HashMap::new()).unwrap().new {
            let key = format!("pages/{TENANT}/{}", page.id);
            let put = stack.store.put(&key, Bytes::from_owner(page.bytes), "");
            put.await.unwrap();
        }
    }
    assert_eq!(state.pages.count().1, 3, "they are in a page");
    claim(state, 3, "ecs");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_and_the_quarantine_of_a_stack_are_shown() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    // So long ago that building the command, which comes before it is read, changes no word.
    let at = Timestamp::now() - SignedDuration::from_hours(30 * 24 + 6);
    let mut state = State {
        watermark: Some(at),
        last_success: Some(at),
        saved: Some(at),
        ..State::default()
    };
    put_records(&stack, &mut state, at).await;
    let state: Bytes = state.encode().unwrap().into();
    let key = format!("state/{TENANT}.json");
    stack
        .store
        .put(&key, state, "application/json")
        .await
        .unwrap();
    let alert =
        json!({"id": "da1", "title": "A <b>", "serviceSource": "microsoftDefenderForEndpoint"});
    for n in 0..60 {
        let item = json!({"reason": "it is <odd>", "alert_id": "da1", "alert": alert});
        stack
            .put(&format!("quarantine/{TENANT}/alerts/{n:02}.json"), &item)
            .await;
    }
    let pages = Pages::of(&stack).await;

    let page = pages.page("tenants").await;
    let row = page.split(&format!("<tr data-tenant=\"{TENANT}\">")).nth(1);
    let row = row.unwrap_or_else(|| panic!("no tenant: {page}"));
    for words in [
        "<td data-column=\"lag\">30 d 6 h</td>",
        "quarantine?tenant=contoso\">60<",
        "the last successful poll was 30 d 6 h ago",
    ] {
        assert!(row.contains(words), "{words}: {page}");
    }
    assert!(page.contains(&stack.bucket), "{page}");
    let plot = page.split("<svg").nth(1);
    let plot = plot.unwrap_or_else(|| panic!("no plot: {page}"));
    for words in [
        "4 records in ecs, 3 records in siem by the hour",
        "data-count=\"7\"",
    ] {
        assert!(plot.contains(words), "{words}: {plot}");
    }

    let page = pages.page("quarantine?page=2").await;
    assert!(
        page.contains("60 items are") && page.contains("Page 2 of 2"),
        "{page}"
    );
    assert!(page.contains("it is &lt;odd&gt;"), "{page}");
    let page = pages
        .page(&format!("item?id={TENANT}/alerts/07&format=ocsf"))
        .await;
    for words in [
        "it is &lt;odd&gt;",
        "A &lt;b&gt;",
        "data-format=\"ocsf\"",
        " data-from=\"a",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = pages.page("versions?id=da1").await;
    assert!(
        page.contains("search your SIEM for the alert's id"),
        "{page}"
    );
    // The demo's alert needs nothing of the stack.
    assert!(pages.page("").await.contains("data-key=\"AlertTitle\""));
}
