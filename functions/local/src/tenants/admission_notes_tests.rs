//! What the notes of first polls, and the states beside them, decide.

use super::*;

fn time(secs: i64) -> Timestamp {
    Timestamp::from_second(secs).unwrap()
}

/// None of its polls could write a note yet.
#[tokio::test]
async fn one_that_has_polled_and_fails_lets_nobody_in() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let owner = &documents[1];
    store.insert(&state_key("owner"), state_of(owner, Some(time(9))));
    let failed = PollsSoFar {
        failures: [("owner".to_owned(), 3)].into(),
        ..PollsSoFar::default()
    };
    let polled = polled_in(&place, &services, &documents, &failed).await;
    assert_eq!(polled, ["owner"]);
    // A state that only says that it was tried is no poll.
    store.insert(&state_key("owner"), state_of(owner, None));
    let polled = polled_in(&place, &services, &documents, &failed).await;
    assert_eq!(polled, ["aaa"]);
    // It is news for who comes first by name.
    let none = PollsSoFar::default();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["owner"]);
}

/// The process ended behind the state, or the note could not be written: of a name that was removed before,
/// the state may be what the removed one left, and counts as little as a poll that failed.
#[tokio::test]
async fn one_that_was_removed_and_added_again_comes_before_who_has_not_tried() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let none = PollsSoFar::default();
    first_poll::note_removed(store.as_ref(), "owner", time(5))
        .await
        .unwrap();
    store.insert(&state_key("owner"), state_of(&documents[1], Some(time(9))));
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["owner"]);
    // Who has polled them since it was removed keeps its place.
    first_poll::note(store.as_ref(), tenant(&documents[0]), time(20))
        .await
        .unwrap();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa"]);
}

/// A name that was of another tenant, or of this one when it polled another directory.
#[tokio::test]
async fn a_state_of_other_alerts_gives_nobody_a_place() {
    let (store, place, services) = place();
    let documents = [with_secret("victim", 1), with_secret("zzz", 1)];
    let none = PollsSoFar::default();
    let others = with_secret("zzz", 2);
    for since in [None, Some(time(1))] {
        store.insert(&state_key("zzz"), state_of(&others, since));
        let polled = polled_in(&place, &services, &documents, &none).await;
        assert_eq!(polled, ["victim"]);
        store.insert(&state_key("victim"), state_of(&documents[0], None));
        let polled = polled_in(&place, &services, &documents, &none).await;
        assert_eq!(polled, ["victim"]);
    }
}

/// One that an older release wrote, or that is damaged.
#[tokio::test]
async fn nobody_takes_a_place_where_a_state_does_not_say_whose_it_is() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let old = State {
        last_success: Some(time(9)),
        ..State::default()
    };
    for state in [old.encode().unwrap(), b"garbage".to_vec()] {
        store.insert(&state_key("owner"), state);
        store.insert("admin/tenants.toml", "");
        let said = refusals(&place, &services, &documents).await;
        for name in ["aaa", "owner"] {
            for word in ["state/owner.json", "It is unknown"] {
                assert!(said[name].contains(word), "{word}: {said:?}");
            }
        }
        for name in ["owner", "aaa"] {
            store.insert("admin/tenants.toml", entry(name));
            let none = PollsSoFar::default();
            let polled = polled_in(&place, &services, &documents, &none).await;
            assert_eq!(polled, [name]);
        }
    }
    // It was not polled yet.
    store.insert(&state_key("owner"), State::default().encode().unwrap());
    let polled = polled_in(&place, &services, &documents, &PollsSoFar::default()).await;
    assert_eq!(polled, ["aaa"]);
}

/// A newcomer has polled the alerts while the owner was paused, or the note of the owner was lost.
#[tokio::test]
async fn the_state_stands_in_for_a_note_that_is_lost() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let [newcomer, owner] = &documents;
    first_poll::note(store.as_ref(), tenant(newcomer), time(5))
        .await
        .unwrap();
    store.insert(&state_key("owner"), state_of(owner, Some(time(2))));
    let none = PollsSoFar::default();
    for note in ["garbage", "", "[]"] {
        store.insert("state/owner.ids.json", note);
        for _ in 0..2 {
            let polled = polled_in(&place, &services, &documents, &none).await;
            assert_eq!(polled, ["owner"]);
            // Nor does it get younger by being written anew.
            first_poll::note(store.as_ref(), tenant(owner), time(9))
                .await
                .unwrap();
        }
        // Its document cannot be read.
        let documents = [with_secret("aaa", 1), garbage("owner")];
        store.insert("state/owner.ids.json", note);
        let said = refusals(&place, &services, &documents).await;
        assert!(said["aaa"].contains("polled them first"), "{said:?}");
    }
}

/// Where neither note nor state says whether one polled the alerts first, another one that did goes on,
/// unless the list names the one.
#[tokio::test]
async fn the_list_decides_where_it_cannot_be_told_who_polled_first() {
    let (store, place, services) = place();
    let documents = [
        with_secret("aaa", 1),
        with_secret("new", 1),
        with_secret("owner", 1),
    ];
    first_poll::note(store.as_ref(), tenant(&documents[0]), time(5))
        .await
        .unwrap();
    store.insert("state/owner.ids.json", "garbage");
    let none = PollsSoFar::default();
    for (list, expected) in [
        (String::new(), "aaa"),
        (entry("owner"), "owner"),
        (entry("aaa"), "aaa"),
        (entry("owner") + &entry("aaa"), "aaa"),
        // Who never polled is nobody's rival.
        (entry("new"), "aaa"),
        (entry("new") + &entry("owner"), "owner"),
        ("nonsense = [".to_owned(), "aaa"),
    ] {
        store.insert("admin/tenants.toml", list.clone());
        let polled = polled_in(&place, &services, &documents, &none).await;
        assert_eq!(polled, [expected], "{list}");
        let said = refusals(&place, &services, &documents).await;
        let loser = if expected == "aaa" { "owner" } else { "aaa" };
        let word = if list == entry(expected) || expected == "owner" {
            "list names that one"
        } else {
            "`drawbridge tenants allow --help`"
        };
        assert!(said[loser].contains(word), "{said:?}");
    }
}

/// Fifteen of its own are kept, and the last one; of others nothing is lost by that.
#[tokio::test]
async fn one_that_polls_many_alerts_takes_nobodys_place() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    first_poll::note(store.as_ref(), tenant(&documents[1]), time(50))
        .await
        .unwrap();
    for id in 2..40 {
        let other = with_secret("aaa", id);
        first_poll::note(store.as_ref(), tenant(&other), time(id.into()))
            .await
            .unwrap();
        let none = PollsSoFar::default();
        let polled = polled_in(&place, &services, &documents, &none).await;
        assert_eq!(polled, ["owner"]);
    }
    let evidence = Evidence::of(store.as_ref(), "aaa").await;
    for (id, past) in [
        (1, Past::Nothing),
        (2, Past::Polled(time(2))),
        (20, Past::Nothing),
        (39, Past::Polled(time(39))),
    ] {
        let alerts = tenant(&with_secret("aaa", id)).polled_alerts();
        assert_eq!(evidence.past(&alerts), past, "{id}");
    }
}

/// A stack has no notes; `check` and `list` go by the states, and by the same rule.
#[tokio::test]
async fn on_a_stack_the_states_say_who_came_first() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let [newcomer, owner] = &documents;
    let of_others = state_of(&with_secret("aaa", 2), Some(time(1)));
    let cases = [
        (Some((newcomer, 5)), vec!["aaa"]),
        // Nobody can tell the two apart.
        (None, vec!["aaa", "owner"]),
    ];
    for (first, refused) in cases {
        store.insert(&state_key("aaa"), of_others.clone());
        if let Some((newcomer, secs)) = first {
            store.insert(&state_key("aaa"), state_of(newcomer, Some(time(secs))));
            store.insert(&state_key("owner"), state_of(owner, Some(time(2))));
        } else {
            store.insert(&state_key("owner"), State::default().encode().unwrap());
        }
        let list = AdministratorsList::of(services.store.as_ref());
        let so_far = PollsSoFar::default();
        let duplicates = DuplicateTenants {
            is_stack: true,
            ..DuplicateTenants::of(place.store.as_ref(), &list, &so_far)
        };
        let said = duplicates.refused(documents.iter().map(tenant)).await;
        let mut names: Vec<_> = said.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert_eq!(names, refused);
        for (_, error) in said {
            assert!(error.to_string().contains("polls both"), "{error}");
        }
    }
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
    let none = PollsSoFar::default();
    // Both are listed, the other one cannot be read, and the note of this one is damaged.
    store.insert("admin/tenants.toml", entry("aaa") + &entry("bound"));
    store.insert("state/aaa.ids.json", "garbage");
    let documents = [with_secret("aaa", 1), garbage("bound")];
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa"]);
}

/// What it polled before does not matter: the list says whose the place is.
#[tokio::test]
async fn a_listed_one_that_polled_others_so_far_has_its_place() {
    let (store, place, services) = place();
    store.insert("admin/tenants.toml", entry("bound"));
    let documents = [with_secret("aaa", 1), garbage("bound")];
    first_poll::note(store.as_ref(), tenant(&with_secret("bound", 3)), time(1))
        .await
        .unwrap();
    let said = refusals(&place, &services, &documents).await;
    assert!(said["aaa"].contains("list names that one"), "{said:?}");
    // Who polled these goes on.
    first_poll::note(store.as_ref(), tenant(&documents[0]), time(2))
        .await
        .unwrap();
    let polled = polled_in(&place, &services, &documents, &PollsSoFar::default()).await;
    assert_eq!(polled, ["aaa"]);
}
