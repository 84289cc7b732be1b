//! What a request reads of the bucket and asks of Entra: each call costs, in money and in time.

use drawbridge_costs::Facts;

use drawbridge_served::ClientSecret;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::stack::{CLIENT, Stack, document, event, form};

/// The calls since it was asked last, without the keys.
fn calls(stack: &Stack) -> Vec<String> {
    let calls = stack.store.calls().into_iter();
    calls
        .map(|call| call.split('/').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_first_request_reads_what_it_needs_and_the_next_ones_only_segments() {
    let stack = Stack::new();
    stack.show(1).await;
    let (status, body) = stack.get("").await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("\"FullId\":1"), "{body}");
    let first = [
        "list tenants",
        "get tenants",
        "get tenants",
        "list served",
        "get served",
    ];
    assert_eq!(calls(&stack), first);
    // The metadata and the keys.
    assert_eq!(stack.keys.asked().len(), 2);
    // A client that asks each minute, with nothing new: one list, and the documents each five minutes.
    for minute in 1..60 {
        stack.clock.advance_secs(60);
        let since = "sinceTimeUtc=2026-03-02T12:00:10.0000000Z";
        let (status, body) = stack.get(since).await;
        assert_eq!((status, &*body), (200, "[]"));
        let expected: &[_] = match minute % 5 {
            0 => &["list tenants", "list served"],
            _ => &["list served"],
        };
        assert_eq!(calls(&stack), expected, "minute {minute}");
    }
    assert_eq!(stack.keys.asked(), [""; 0]);
    // What is new costs one more.
    stack.show(2).await;
    stack.get("ago=PT30S").await;
    assert_eq!(calls(&stack).last().unwrap(), "get served");
}

#[tokio::test]
async fn a_client_that_asks_for_the_same_hours_again_and_again_reads_a_segment_once() {
    let stack = Stack::new();
    for minute in 0..120 {
        stack.write(minute).await;
        stack.clock.advance_secs(60);
        let (status, body) = stack.get("").await;
        assert!(status == 200 && body.contains("FullId"), "{body}");
        let gets = calls(&stack)
            .into_iter()
            .filter(|call| call == "get served");
        assert_eq!(gets.count(), 1, "minute {minute}");
    }
}

/// What docs/costs.md reckons with.
#[tokio::test]
async fn a_request_costs_what_the_pages_say() {
    let measured = Facts::read().unwrap().measured.serve;
    let stack = Stack::new();
    let counted = |calls: &[String], what: &str| {
        let calls = calls.iter().filter(|call| call.starts_with(what));
        calls.count() as u64
    };
    let (mut documents, mut keys) = (0, 0);
    for minute in 0..60 {
        let before = stack.write(minute).await;
        measured
            .s3_list_to_write
            .check(counted(&before, "list served"))
            .unwrap();
        measured
            .s3_put_segment
            .check(counted(&before, "put_if served"))
            .unwrap();
        stack.clock.advance_secs(60);
        let (status, body) = stack.get("ago=PT60S").await;
        assert!(status == 200 && body.contains("FullId"), "{body}");
        let calls = calls(&stack);
        measured
            .s3_list
            .check(counted(&calls, "list served"))
            .unwrap();
        measured
            .s3_get_segment
            .check(counted(&calls, "get served"))
            .unwrap();
        documents += counted(&calls, "list tenants");
        keys += stack.keys.asked().len();
    }
    measured.s3_list_documents.check(documents).unwrap();
    // The metadata and the keys, once in an hour.
    assert_eq!(keys, 2);
}

#[tokio::test]
async fn what_is_refused_anyway_reads_nothing() {
    let stack = Stack::new();
    for event in [
        event("GET", "/favicon.ico", "", &stack.token()),
        event("POST", "/api/alerts", "", &stack.token()),
        event("GET", "/api/alerts", "", "x.y.z"),
        event("GET", "/api/alerts", &"x".repeat(70_000), &stack.token()),
    ] {
        let (status, _) = stack.ask(&event).await;
        assert!([401, 404, 405, 414].contains(&status), "{status}");
    }
    assert_eq!(stack.store.calls(), [""; 0]);
    assert_eq!(stack.keys.asked(), [""; 0]);
}

#[tokio::test]
async fn a_right_that_is_withdrawn_ends_within_five_minutes() {
    let stack = Stack::new();
    assert_eq!(stack.get("").await.0, 200);
    let other = document("").replace(
        &format!("clients = [\"{CLIENT}\"]"),
        "clients = [\"00000000-0000-0000-0000-0000000000ff\"]",
    );
    stack.store.insert("tenants/contoso.toml", other);
    stack.clock.advance_secs(299);
    assert_eq!(stack.get("").await.0, 200);
    stack.clock.advance_secs(1);
    assert_eq!(stack.get("").await.0, 403);
    // Paused, and gone.
    for key in ["tenants/paused/contoso.toml", ""] {
        stack.store.take(|key| key.contains("contoso.toml"));
        if !key.is_empty() {
            stack.store.insert(key, document(""));
        }
        stack.clock.advance_secs(300);
        assert_eq!(stack.get("").await.0, 401);
    }
}

#[tokio::test]
async fn a_bucket_that_fails_gives_no_right_and_says_when_to_come_again() {
    let stack = Stack::new();
    assert_eq!(stack.get("").await.0, 200);
    for hidden in ["tenants/", "tenants/contoso.toml", "served/"] {
        stack
            .store
            .insert("tenants/contoso.toml", document("# changed"));
        stack.clock.advance_secs(300);
        stack.store.hide(hidden);
        let (status, body) = stack.get("").await;
        assert_eq!(status, 503, "{hidden}: {body}");
        stack.store.heal();
        assert_eq!(stack.get("").await.0, 200, "{hidden}");
        stack.store.insert("tenants/contoso.toml", document(""));
    }
}

#[tokio::test]
async fn one_broken_document_is_no_trouble_of_another() {
    let stack = Stack::new();
    stack.store.insert("tenants/broken.toml", "hunter2 = ");
    assert_eq!(stack.get("").await.0, 200);
}

#[tokio::test]
async fn keys_are_asked_for_at_hosts_that_documents_may_name_and_at_no_others() {
    let hosts = |login: &str| {
        document(&format!(
            "login_url = \"https://{login}\"\ngraph_url = \"https://graph.example\""
        ))
    };
    for (login, status) in [
        ("login.example", 200),
        ("evil.example", 401),
        ("169.254.169.254", 401),
    ] {
        let stack = Stack::new();
        stack.store.insert("tenants/contoso.toml", hosts(login));
        assert_eq!(stack.get("").await.0, status, "{login}");
        // Over connections to public addresses alone.
        assert_eq!(stack.public.asked().is_empty(), status == 401);
        assert_eq!(stack.keys.asked(), [""; 0], "{login}");
    }
}

/// Whatever is sent, the documents are read every five minutes at most, and the key where one has a client.
#[tokio::test]
async fn a_token_is_issued_by_what_the_documents_say_now() {
    let stack = Stack::new();
    stack.show(1).await;
    let secret = ClientSecret::generate().unwrap();
    let id = "00000000-0000-0000-0000-00000000000e";
    let asked = |secret: &str| {
        let text = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        form("/common/oauth2/token", &text)
    };
    let right = asked(secret.secret().expose_secret());
    let long = form("/oauth2/token", &"x".repeat(16 * 1024 + 1));
    assert_eq!(stack.ask(&long).await.0, 413);
    assert_eq!(stack.store.calls(), [""; 0]);
    // Off, while no document has a client.
    for event in [&right, &asked("hunter2"), &form("/oauth2/token", "x")] {
        assert_eq!(stack.ask(event).await.0, 404);
    }
    assert_eq!(
        calls(&stack),
        ["list tenants", "get tenants", "get tenants"]
    );
    let with_client = document("")
        + &format!(
            "[[serve.own_clients]]\nid = \"{id}\"\nsecrets = [\"{}\"]\n",
            secret.hash()
        );
    stack.store.insert("tenants/contoso.toml", with_client);
    stack.clock.advance_secs(300);
    assert_eq!(stack.ask(&asked("hunter2")).await.0, 401);
    assert_eq!(
        stack.ask(&form("/oauth2/token", "grant_type=x")).await.0,
        401
    );
    let (status, body) = stack.ask(&right).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(calls(&stack), ["list tenants", "get tenants"]);
    let body: Value = serde_json::from_str(&body).unwrap();
    let token = body["access_token"].as_str().unwrap();
    let read = event("GET", "/api/alerts", "ago=PT1H", token);
    let (status, body) = stack.ask(&read).await;
    assert!(status == 200 && body.contains("\"FullId\":1"), "{body}");
    assert_eq!(stack.keys.asked(), [""; 0]);
    // The client is removed: within five minutes its token ends.
    stack.store.insert("tenants/contoso.toml", document(""));
    stack.clock.advance_secs(300);
    assert_eq!(stack.ask(&read).await.0, 401);
    assert_eq!(stack.ask(&right).await.0, 404);
}
