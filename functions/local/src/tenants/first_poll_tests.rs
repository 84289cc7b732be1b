use drawbridge_cursor::{Polled, State};
use drawbridge_poll::state_key;
use drawbridge_store::testing::{FaultyStore, Put};

use super::*;

fn tenant(id: usize) -> Tenant {
    let text = format!(
        "tenant_id = \"00000000-0000-0000-0000-0000000000{id:02}\"\n\
         client_id = \"00000000-0000-0000-0000-0000000000ab\"\nsecret = \"A_SECRET\"\n\
         service_sources = []\n"
    );
    drawbridge_config::parse("a", "tenants/a.toml", text.as_bytes()).unwrap()
}

fn time(secs: usize) -> Timestamp {
    Timestamp::from_second(i64::try_from(secs).unwrap()).unwrap()
}

async fn since(store: &FaultyStore, id: usize) -> Option<Timestamp> {
    let noted = noted(store, "a").await.unwrap();
    noted.and_then(|noted| noted.since(&tenant(id).polled_alerts()))
}

#[tokio::test]
async fn it_is_a_list_with_an_end() {
    let store = FaultyStore::default();
    for id in 0..40 {
        note(&store, &tenant(id), time(id)).await.unwrap();
    }
    let mut kept = Vec::new();
    for id in 0..40 {
        let since = since(&store, id).await;
        assert!(since.is_none_or(|since| since == time(id)));
        kept.extend(since.map(|_| id));
    }
    let oldest = (0..MAX_NOTED - 1).chain([39]);
    assert_eq!(kept, oldest.collect::<Vec<_>>());
}

/// The poll was under way when the tenant was removed.
#[tokio::test]
async fn a_poll_of_a_removed_tenant_is_not_noted() {
    let store = FaultyStore::default();
    note_removed(&store, "a", time(5)).await.unwrap();
    for (begun, noted) in [(4, None), (5, None), (6, Some(6)), (7, Some(6))] {
        note(&store, &tenant(1), time(begun)).await.unwrap();
        assert_eq!(since(&store, 1).await, noted.map(time), "{begun}");
    }
    note_removed(&store, "a", time(8)).await.unwrap();
    assert_eq!(since(&store, 1).await, None);
}

/// The clock was ahead when the tenant was removed: nobody waits until it is that late.
#[tokio::test]
async fn a_removal_by_a_wrong_clock_keeps_nobody_from_being_noted() {
    let store = FaultyStore::default();
    let day = 24 * 60 * 60;
    note_removed(&store, "a", time(40 * day)).await.unwrap();
    note(&store, &tenant(1), time(39 * day + 1)).await.unwrap();
    assert_eq!(since(&store, 1).await, None);
    note(&store, &tenant(1), time(5)).await.unwrap();
    assert_eq!(since(&store, 1).await, Some(time(5)));
}

/// A poll that ends while the tenant is removed writes over nothing.
#[tokio::test]
async fn a_note_is_not_written_over_one_that_it_has_not_seen() {
    let store = FaultyStore::default();
    store.then_put_if([Put::Conflicts]);
    note(&store, &tenant(1), time(1)).await.unwrap();
    assert_eq!(since(&store, 1).await, None);
    store.then_put_if([Put::Conflicts]);
    note_removed(&store, "a", time(5)).await.unwrap();
    assert!(noted(&store, "a").await.unwrap().unwrap().is_empty());
}

/// A note that was lost is written anew, as old as it was.
#[tokio::test]
async fn a_lost_note_is_as_old_as_the_state_says() {
    for lost in ["", "garbage"] {
        let store = FaultyStore::default();
        if !lost.is_empty() {
            store.insert(&key("a"), lost);
        }
        let alerts = tenant(1).polled_alerts().to_string();
        let state = State {
            polled: Some(Polled::of(&alerts, Some(time(3)))),
            ..State::default()
        };
        store.insert(&state_key("a"), state.encode().unwrap());
        note(&store, &tenant(1), time(9)).await.unwrap();
        note(&store, &tenant(2), time(9)).await.unwrap();
        assert_eq!(since(&store, 1).await, Some(time(3)));
        assert_eq!(since(&store, 2).await, Some(time(9)));
        // What was polled before the tenant was removed does not count.
        note_removed(&store, "a", time(9)).await.unwrap();
        note(&store, &tenant(1), time(10)).await.unwrap();
        assert_eq!(since(&store, 1).await, Some(time(10)));
    }
}
