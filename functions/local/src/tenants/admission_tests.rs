use std::collections::HashMap;
use std::sync::Arc;

use drawbridge_config::{Document, Trust, parse};
use drawbridge_cursor::{Polled, State};
use drawbridge_poll::state_key;
use drawbridge_store::testing::FaultyStore;
use jiff::Timestamp;

use super::*;
use crate::tenants::evidence::{Evidence, Past};
use crate::tenants::first_poll;

#[path = "admission_model_tests.rs"]
mod model;
#[path = "admission_notes_tests.rs"]
mod notes;

/// A folder whose objects are in memory.
fn place() -> (Arc<FaultyStore>, DataLocation, Services) {
    let store = Arc::new(FaultyStore::default());
    let mut place = DataLocation::folder("data".into());
    place.store = Arc::clone(&store) as _;
    let variable = |name: &str| (name == "DRAWBRIDGE_ALLOWED_SECRETS").then(|| "/run/t".into());
    let services = Services {
        trust: Trust::of_a_machine(variable, "data/secrets".into()).unwrap(),
        ..place.services().ok().unwrap()
    };
    (store, place, services)
}

fn found(name: &str, id: u8, lines: &str) -> TenantDocument {
    let key = format!("tenants/{name}.toml");
    let text = format!(
        "tenant_id = \"00000000-0000-0000-0000-0000000000{id:02}\"\n\
         client_id = \"00000000-0000-0000-0000-0000000000ab\"\n{lines}\n"
    );
    TenantDocument {
        tenant: parse(name, &key, text.as_bytes()),
        document: Document {
            name: name.to_owned(),
            key,
            is_paused: false,
            etag: None,
        },
        etag: None,
    }
}

fn with_secret(name: &str, id: u8) -> TenantDocument {
    let secret = format!("{}_SECRET", name.to_uppercase());
    found(name, id, &format!("secret = \"{secret}\""))
}

/// One of which nothing can be read.
fn garbage(name: &str) -> TenantDocument {
    TenantDocument {
        tenant: parse(name, &format!("tenants/{name}.toml"), b"nonsense ="),
        ..with_secret(name, 1)
    }
}

/// The state of one that polls what the document says, since then.
fn state_of(found: &TenantDocument, since: Option<Timestamp>) -> Vec<u8> {
    let alerts = tenant(found).polled_alerts().to_string();
    let state = State {
        last_success: since,
        polled: Some(Polled::of(&alerts, since)),
        ..State::default()
    };
    state.encode().unwrap()
}

/// The administrator's list with the ids of `with_secret(name, 1)`.
fn entry(name: &str) -> String {
    format!(
        "[{name}]\ntenant_id = \"00000000-0000-0000-0000-000000000001\"\n\
         client_id = \"00000000-0000-0000-0000-0000000000ab\"\n"
    )
}

fn tenant(found: &TenantDocument) -> &Tenant {
    found.tenant.as_ref().unwrap()
}

/// The names of those that are polled.
async fn polled(found: &[TenantDocument], so_far: &PollsSoFar) -> Vec<String> {
    let (_, place, services) = place();
    polled_in(&place, &services, found, so_far).await
}

async fn polled_in(
    place: &DataLocation,
    services: &Services,
    found: &[TenantDocument],
    so_far: &PollsSoFar,
) -> Vec<String> {
    let verdicts = admit(found, place, services, so_far).await;
    let polled = verdicts.iter().filter(|(_, verdict)| verdict.is_ok());
    let mut polled: Vec<_> = polled.map(|(name, _)| (*name).to_owned()).collect();
    polled.sort();
    polled
}

#[tokio::test]
async fn the_administrators_list_is_read_once_for_all_documents() {
    let (store, place, services) = place();
    let documents: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .zip(1..)
        .map(|(name, id)| found(name, id, "federation = \"/run/t\""))
        .collect();
    let reads = || {
        let calls = store.calls();
        calls
            .iter()
            .filter(|call| *call == "get admin/tenants.toml")
            .count()
    };
    let verdicts = admit(&documents, &place, &services, &PollsSoFar::default()).await;
    assert!(verdicts.values().all(Result::is_err));
    assert_eq!(reads(), 1);
    // Those that need nobody's word cost no request.
    let documents = [with_secret("a", 1), with_secret("b", 2)];
    let verdicts = admit(&documents, &place, &services, &PollsSoFar::default()).await;
    assert!(verdicts.values().all(Result::is_ok));
    assert_eq!(reads(), 0);
}

#[tokio::test]
async fn who_has_polled_the_alerts_for_longest_goes_on() {
    let (store, place, services) = place();
    let documents = [
        with_secret("aaa", 1),
        with_secret("bbb", 1),
        with_secret("ccc", 1),
    ];
    let time = |secs| Timestamp::from_second(secs).unwrap();
    let none = PollsSoFar::default();
    for found in &documents {
        store.insert(&state_key(&found.document.name), state_of(found, None));
    }
    assert_eq!(
        polled_in(&place, &services, &documents, &none).await,
        ["aaa"]
    );
    let note = async |found: &TenantDocument, secs| {
        let noted = first_poll::note(store.as_ref(), tenant(found), time(secs)).await;
        noted.unwrap();
    };
    note(&documents[2], 1).await;
    note(&documents[1], 2).await;
    // What it polled before does not make these its alerts.
    note(&with_secret("aaa", 2), 0).await;
    assert_eq!(
        polled_in(&place, &services, &documents, &none).await,
        ["ccc"]
    );
    // A later poll does not make it later.
    note(&documents[2], 3).await;
    assert_eq!(
        polled_in(&place, &services, &documents, &none).await,
        ["ccc"]
    );
    // The administrator's word is for those that nobody polled before.
    store.insert("admin/tenants.toml", entry("bbb"));
    assert_eq!(
        polled_in(&place, &services, &documents, &none).await,
        ["ccc"]
    );
    let (store, place, services) = self::place();
    store.insert("admin/tenants.toml", entry("bbb"));
    assert_eq!(
        polled_in(&place, &services, &documents, &none).await,
        ["bbb"]
    );
}

#[tokio::test]
async fn one_whose_polls_fail_keeps_nobody_away() {
    let documents = [with_secret("aaa", 1), with_secret("bbb", 1)];
    let failures = |counts: &[(&str, u32)]| PollsSoFar {
        failures: counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect(),
        ..PollsSoFar::default()
    };
    for (counts, expected) in [
        (&[][..], "aaa"),
        (&[("aaa", 1)], "bbb"),
        (&[("aaa", 1), ("bbb", 1)], "aaa"),
        (&[("aaa", 2), ("bbb", 1)], "bbb"),
    ] {
        assert_eq!(polled(&documents, &failures(counts)).await, [expected]);
    }
}

/// Its note is not written yet, and another one's first poll may be shorter.
#[tokio::test]
async fn one_whose_first_poll_is_under_way_is_not_overtaken() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("bbb", 1)];
    store.insert(&state_key("aaa"), state_of(&documents[0], None));
    let under_way = PollsSoFar {
        under_way: ["bbb".to_owned()].into(),
        ..PollsSoFar::default()
    };
    let polled = polled_in(&place, &services, &documents, &under_way).await;
    assert_eq!(polled, ["bbb"]);
    let failed = PollsSoFar {
        failures: [("bbb".to_owned(), 1)].into(),
        ..under_way
    };
    let polled = polled_in(&place, &services, &documents, &failed).await;
    assert_eq!(polled, ["aaa"]);
}

/// What cannot be read for a moment must not give another one the place, nor the note of a first poll
/// be written anew.
#[tokio::test]
async fn nobody_takes_a_place_while_it_cannot_be_read_whose_it_is() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("victim", 1)];
    let none = PollsSoFar::default();
    let time = |secs| Timestamp::from_second(secs).unwrap();
    let victim = tenant(&documents[1]);
    first_poll::note(store.as_ref(), victim, time(1))
        .await
        .unwrap();
    for hidden in ["state/", "state/victim.ids.json"] {
        store.hide(hidden);
        let verdicts = admit(&documents, &place, &services, &none).await;
        for name in ["aaa", "victim"] {
            let error = verdicts[name].as_ref().unwrap_err().to_string();
            assert!(error.contains("state/"), "{error}");
        }
        if hidden != "state/" {
            let noted = first_poll::note(store.as_ref(), victim, time(9)).await;
            assert!(noted.is_err());
        }
        // Who is alone needs nobody to be asked.
        assert_eq!(
            polled_in(&place, &services, &documents[1..], &none).await,
            ["victim"]
        );
        store.heal();
        assert_eq!(
            polled_in(&place, &services, &documents, &none).await,
            ["victim"]
        );
    }
    let evidence = Evidence::of(store.as_ref(), "victim").await;
    assert_eq!(
        evidence.past(&victim.polled_alerts()),
        Past::Polled(time(1))
    );
}

/// What is said of each that is not polled.
async fn refusals(
    place: &DataLocation,
    services: &Services,
    found: &[TenantDocument],
) -> HashMap<String, String> {
    let verdicts = admit(found, place, services, &PollsSoFar::default()).await;
    let refused = verdicts.into_iter().filter_map(|(name, verdict)| {
        let refusal = verdict.err()?;
        Some((name.to_owned(), refusal.to_string()))
    });
    refused.collect()
}

/// The list may be about either of them; a document that is let in for a moment keeps the place.
#[tokio::test]
async fn nobody_takes_a_place_while_the_list_cannot_be_read() {
    let (store, place, services) = place();
    let documents = [
        with_secret("aaa", 1),
        with_secret("bound", 1),
        with_secret("other", 2),
    ];
    let too_long = "#".repeat((4 << 20) + 1);
    for list in ["nonsense = [", "[another]\ntenant = 1", &too_long] {
        store.insert("admin/tenants.toml", list.to_owned());
        let refusals = refusals(&place, &services, &documents).await;
        assert_eq!(refusals.len(), 2, "{refusals:?}");
        for name in ["aaa", "bound"] {
            assert!(
                refusals[name].contains("admin/tenants.toml"),
                "{refusals:?}"
            );
        }
    }
    store.hide("admin/");
    let hidden = refusals(&place, &services, &documents).await;
    assert_eq!(hidden.len(), 2, "{hidden:?}");
    // Where somebody polled before, nobody asks the list.
    let time = Timestamp::from_second(1).unwrap();
    let noted = first_poll::note(store.as_ref(), tenant(&documents[1]), time);
    noted.await.unwrap();
    let none = PollsSoFar::default();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["bound", "other"]);
}

#[tokio::test]
async fn nobody_takes_the_place_of_one_whose_document_cannot_be_read() {
    let (store, place, services) = place();
    let time = Timestamp::from_second(1).unwrap();
    let owner = with_secret("owner", 1);
    first_poll::note(store.as_ref(), tenant(&owner), time)
        .await
        .unwrap();
    let none = PollsSoFar::default();
    let newcomer = || with_secret("aaa", 1);
    let mut documents = [newcomer(), garbage("owner"), with_secret("zzz", 2)];
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["zzz"]);
    let said = refusals(&place, &services, &documents).await;
    for word in ["\"owner\"", "not valid TOML", "remove"] {
        assert!(said["aaa"].contains(word), "{said:?}");
    }
    // Who paused it, or whose own it was before, goes on.
    documents[1].document.is_paused = true;
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa", "zzz"]);
    documents[1].document.is_paused = false;
    let earlier = Timestamp::UNIX_EPOCH;
    first_poll::note(store.as_ref(), tenant(&documents[0]), earlier)
        .await
        .unwrap();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa", "zzz"]);
}

/// Garbage in the place of a note says as little as one that cannot be read.
#[tokio::test]
async fn nobody_takes_a_place_while_the_note_of_it_is_damaged() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let none = PollsSoFar::default();
    let time = |secs| Timestamp::from_second(secs).unwrap();
    let owner = tenant(&documents[1]);
    let sound =
        r#"{"tenant_id":"00000000-0000-0000-0000-000000000001","service_sources":[],"since":"#;
    for garbage in [
        "",
        "\0\0\0\0",
        "{}",
        "[]",
        sound,
        &format!("{sound}\"yesterday\"}}"),
    ] {
        store.insert("state/owner.ids.json", garbage.to_owned());
        let said = refusals(&place, &services, &documents).await;
        assert_eq!(said.len(), 2, "{garbage}: {said:?}");
        for name in ["aaa", "owner"] {
            assert!(
                said[name].contains("state/owner.ids.json is damaged"),
                "{said:?}"
            );
        }
        // Who is alone is polled, and the note is written anew.
        let alone = polled_in(&place, &services, &documents[1..], &none).await;
        assert_eq!(alone, ["owner"]);
        first_poll::note(store.as_ref(), owner, time(2))
            .await
            .unwrap();
        let polled = polled_in(&place, &services, &documents, &none).await;
        assert_eq!(polled, ["owner"], "{garbage}");
    }
    // Who is known to have polled goes on, whatever became of the other's.
    store.insert("state/aaa.ids.json", "garbage");
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["owner"]);
}

/// The document of one that may have polled anything is garbage, too.
#[tokio::test]
async fn nobody_begins_while_neither_a_document_nor_its_note_can_be_read() {
    let (store, place, services) = place();
    let polls = with_secret("polls", 2);
    let time = Timestamp::from_second(1).unwrap();
    first_poll::note(store.as_ref(), tenant(&polls), time)
        .await
        .unwrap();
    let documents = [with_secret("aaa", 1), garbage("owner"), polls];
    let none = PollsSoFar::default();
    store.insert("state/owner.ids.json", "garbage");
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["polls"]);
    let said = refusals(&place, &services, &documents).await;
    for word in ["\"owner\"", "owner.ids.json", "not valid TOML", "remove"] {
        assert!(said["aaa"].contains(word), "{word}: {said:?}");
    }
    // One that never polled and that nobody vouches for keeps nobody away.
    let (_, place, services) = self::place();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa", "polls"]);
}

#[tokio::test]
async fn nobody_takes_the_place_of_a_listed_one_whose_document_cannot_be_read() {
    let (store, place, services) = place();
    let documents = [
        with_secret("aaa", 1),
        garbage("bound"),
        with_secret("other", 2),
    ];
    let none = PollsSoFar::default();
    store.insert("admin/tenants.toml", entry("bound"));
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["other"]);
    let said = refusals(&place, &services, &documents).await;
    for word in ["\"bound\"", "list names", "not valid TOML", "remove"] {
        assert!(said["aaa"].contains(word), "{word}: {said:?}");
    }
    // It is unknown whether it is listed.
    for list in ["nonsense = [", "[another]\ntenant = 1"] {
        store.insert("admin/tenants.toml", list);
        let said = refusals(&place, &services, &documents).await;
        for name in ["aaa", "other"] {
            assert!(said[name].contains("admin/tenants.toml"), "{said:?}");
        }
    }
    // Both are: it is theirs to settle.
    store.insert("admin/tenants.toml", entry("bound") + &entry("aaa"));
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa", "other"]);
    // Who has polled goes on.
    store.insert("admin/tenants.toml", entry("bound"));
    let time = Timestamp::from_second(1).unwrap();
    first_poll::note(store.as_ref(), tenant(&documents[0]), time)
        .await
        .unwrap();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["aaa", "other"]);
}

/// It needs the list's word itself, and has polled nothing yet.
#[tokio::test]
async fn nobody_takes_the_place_of_a_federated_one_while_the_list_cannot_be_read() {
    let (store, place, services) = place();
    let documents = [
        with_secret("aaa", 1),
        found("bound", 1, "federation = \"/run/t\""),
        with_secret("other", 2),
    ];
    store.insert("admin/tenants.toml", "nonsense = [");
    let none = PollsSoFar::default();
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["other"]);
    store.insert("admin/tenants.toml", entry("bound"));
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["bound", "other"]);
}

#[tokio::test]
async fn the_order_of_products_makes_no_other_tenant() {
    let (store, place, services) = place();
    let of = |name: &str, products: &str| {
        let secret = format!("{}_SECRET", name.to_uppercase());
        found(
            name,
            1,
            &format!("secret = \"{secret}\"\nservice_sources = {products}\nallow_unknown = true"),
        )
    };
    let owner = of("owner", "[\"a\", \"b\"]");
    let time = Timestamp::from_second(1).unwrap();
    first_poll::note(store.as_ref(), tenant(&owner), time)
        .await
        .unwrap();
    let none = PollsSoFar::default();
    let documents = |owners: &str, others: &str| [of("aaa", others), of("owner", owners)];
    let same = "[\"a\", \"b\"]";
    for others in ["[\"b\", \"a\"]", "[\"b\", \"a\", \"b\"]", "[\"A\", \"B\"]"] {
        let documents = documents(same, others);
        let polled = polled_in(&place, &services, &documents, &none).await;
        assert_eq!(polled, ["owner"], "{others}");
        let refusal = refusal_beside(tenant(&documents[0]), &documents, &place, &services);
        assert!(refusal.await.is_some(), "{others}");
    }
    // Changed so, its own document is the one that polled.
    let polled = polled_in(&place, &services, &documents("[\"b\", \"a\"]", same), &none).await;
    assert_eq!(polled, ["owner"]);
    // Others beside them, or all, are other products.
    for others in ["[]", "[\"b\"]", "[\"a\", \"b\", \"c\"]"] {
        let polled = polled_in(&place, &services, &documents(same, others), &none).await;
        assert_eq!(polled, ["aaa", "owner"], "{others}");
    }
}

#[tokio::test]
async fn nobody_takes_the_place_of_one_that_waits_for_the_list() {
    let (store, place, services) = place();
    let documents = [
        with_secret("aaa", 1),
        found("owner", 1, "federation = \"/run/t\""),
    ];
    let time = Timestamp::from_second(1).unwrap();
    let noted = first_poll::note(store.as_ref(), tenant(&documents[1]), time);
    noted.await.unwrap();
    store.insert("admin/tenants.toml", "nonsense = [");
    let none = PollsSoFar::default();
    let nobody: [&str; 0] = [];
    assert_eq!(
        polled_in(&place, &services, &documents, &none).await,
        nobody
    );
    // That the administrator took his word back is no such case.
    store.insert("admin/tenants.toml", "");
    assert_eq!(
        polled_in(&place, &services, &documents, &none).await,
        ["aaa"]
    );
}

#[tokio::test]
async fn a_note_of_anothers_that_cannot_be_read_keeps_nobody_away() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let time = Timestamp::from_second(1).unwrap();
    let noted = first_poll::note(store.as_ref(), tenant(&documents[1]), time);
    noted.await.unwrap();
    let none = PollsSoFar::default();
    store.hide("state/aaa.ids.json");
    let polled = polled_in(&place, &services, &documents, &none).await;
    assert_eq!(polled, ["owner"]);
}

/// Who polled first may be changed or resumed, whatever somebody else writes beside it meanwhile.
#[tokio::test]
async fn the_owner_comes_back_beside_a_newcomer() {
    let (store, place, services) = place();
    let documents = [with_secret("aaa", 1), with_secret("owner", 1)];
    let refusal = async |of: usize| {
        let tenant = tenant(&documents[of]);
        refusal_beside(tenant, &documents, &place, &services).await
    };
    // Their names alone decide nothing here.
    assert!(refusal(0).await.is_some() && refusal(1).await.is_some());
    let time = |secs| Timestamp::from_second(secs).unwrap();
    let note = async |of: usize, secs| {
        let noted = first_poll::note(store.as_ref(), tenant(&documents[of]), time(secs));
        noted.await.unwrap();
    };
    note(1, 1).await;
    assert!(refusal(0).await.is_some() && refusal(1).await.is_none());
    // It polled while the owner was paused.
    note(0, 2).await;
    assert!(refusal(0).await.is_some() && refusal(1).await.is_none());
}

#[tokio::test]
async fn a_document_beside_a_tenant_of_the_parameters_is_named() {
    let (store, place, services) = place();
    let list = AdministratorsList::of(services.store.as_ref());
    let documents = [with_secret("aaa", 1), with_secret("other", 2)];
    let first = with_secret("first", 1);
    let so_far = PollsSoFar::default();
    let duplicates = DuplicateTenants {
        given: vec![tenant(&first).clone()],
        is_stack: true,
        ..DuplicateTenants::of(place.store.as_ref(), &list, &so_far)
    };
    let refused = duplicates.refused(documents.iter().map(tenant)).await;
    let [(name, error)] = refused.as_slice() else {
        panic!("{refused:?}");
    };
    assert_eq!(*name, "aaa");
    assert!(error.to_string().contains("\"first\""), "{error}");
    // A document of its name is not read, unless the list says so.
    let given = [tenant(&first).clone()];
    let checked = async |found: &TenantDocument| {
        let list = AdministratorsList::of(services.store.as_ref());
        let checked = check_read(found, tenant(found), &given, &list, " --stack s").await;
        checked.err().map(|error| error.to_string())
    };
    let refusal = checked(&first).await.unwrap();
    assert!(
        refusal.contains("allow first --replaces-first-tenant --stack s`"),
        "{refusal}"
    );
    assert_eq!(checked(&documents[0]).await, None);
    let ids = "tenant_id = \"00000000-0000-0000-0000-000000000001\"\n\
               client_id = \"00000000-0000-0000-0000-0000000000ab\"\n";
    let list = format!("[first]\n{ids}replaces_first_tenant = true\n");
    store.insert("admin/tenants.toml", list);
    assert_eq!(checked(&first).await, None);
    assert!(checked(&with_secret("first", 2)).await.is_some());
}
