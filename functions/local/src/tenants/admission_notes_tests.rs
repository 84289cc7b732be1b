//! What the notes of first polls, and the states beside them, decide.

use drawbridge_cursor::State;

use super::*;

fn time(secs: i64) -> Timestamp {
    Timestamp::from_second(secs).unwrap()
}

/// The state of one whose last poll ended well.
fn well() -> Vec<u8> {
    let state = State {
        last_success: Some(time(9)),
        ..State::default()
    };
    state.encode().unwrap()
}

/// It polled before there were notes, or none of its polls could write one yet.
#[tokio::test]
async fn one_that_has_polled_and_fails_lets_nobody_in() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    store.insert(&state_key("owner"), well());
    let failed = PollsSoFar {
        failures: [("owner".to_owned(), 3)].into(),
        ..PollsSoFar::default()
    };
    let polled = polled_in(&place, &services, &documents, &failed).await;
    assert_eq!(polled, ["owner"]);
    // A state that only says that it was tried is no poll.
    store.insert(&state_key("owner"), State::default().encode().unwrap());
    let polled = polled_in(&place, &services, &documents, &failed).await;
    assert_eq!(polled, ["aaa"]);
    // Nor is one of other alerts.
    store.insert(&state_key("owner"), well());
    first_poll::note(store.as_ref(), tenant(&with_secret("owner", 2)), time(1))
        .await
        .unwrap();
    let polled = polled_in(&place, &services, &documents, &failed).await;
    assert_eq!(polled, ["aaa"]);
}

#[tokio::test]
async fn the_owner_has_its_place_after_it_polled_other_alerts() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let changed = with_secret("owner", 2);
    for (found, secs) in [
        (&documents[1], 1),
        (&changed, 2),
        (&documents[0], 3),
        (&documents[1], 4),
    ] {
        first_poll::note(store.as_ref(), tenant(found), time(secs))
            .await
            .unwrap();
    }
    let none = PollsSoFar::default();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["owner"]);
    let said = refusals(&place, &services, &documents).await;
    assert!(
        said["aaa"].contains("pause or remove \"owner\"") && !said["aaa"].contains("allow"),
        "{said:?}"
    );
}

/// Who polled later goes on, but nobody need guess why.
#[tokio::test]
async fn whose_note_is_damaged_is_told_so_beside_one_that_is_known_to_have_polled() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    first_poll::note(store.as_ref(), tenant(&documents[0]), time(2))
        .await
        .unwrap();
    store.insert("state/owner.ids.json", "garbage");
    let said = refusals(&place, &services, &documents).await;
    assert_eq!(said.len(), 1);
    assert!(
        said["owner"].contains("state/owner.ids.json is damaged"),
        "{said:?}"
    );
}

#[tokio::test]
async fn who_is_alone_waits_for_nobody() {
    let (store, place, services) = place();
    let entry = |name: &str| {
        format!(
            "[{name}]\ntenant_id = \"00000000-0000-0000-0000-000000000001\"\n\
             client_id = \"00000000-0000-0000-0000-0000000000ab\"\n"
        )
    };
    let none = PollsSoFar::default();
    // Both are listed, the other one cannot be read, and the note of this one is damaged.
    store.insert("admin/tenants.toml", entry("aaa") + &entry("bound"));
    store.insert("state/aaa.ids.json", "garbage");
    let documents = [with_secret("aaa", 1), garbage("bound")];
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa"]);
    // The listed one cannot be read, and polled others so far.
    store.insert("admin/tenants.toml", entry("bound"));
    first_poll::note(store.as_ref(), tenant(&with_secret("bound", 3)), time(1))
        .await
        .unwrap();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa"]);
}
