use std::sync::Arc;

use drawbridge_store::testing::FaultyStore;

use super::*;

const FIRST: &str = r#"[{"name":"main","tenant_id":"first.example","cloud":"global",
    "client_id":"00000000-0000-0000-0000-0000000000ab","secret":"arn:aws:secretsmanager:r:1:secret:s"}]"#;

/// What an administrator's list has of `main`.
const REPLACES: &str = "[main]\ntenant_id = \"main.example\"\n\
    client_id = \"00000000-0000-0000-0000-0000000000ab\"\nreplaces_first_tenant = true\n";

/// A stack whose parameters have the tenant `main`, and whose outputs are `siem` and `siem-objects`.
fn stack() -> (Arc<FaultyStore>, DataLocation) {
    let store = Arc::new(FaultyStore::default());
    let place = DataLocation::test_stack(Arc::clone(&store) as _, &OUTPUTS, &[("TenantId", "t")]);
    (store, place)
}

const OUTPUTS: [(&str, &str); 8] = [
    ("BucketName", "b"),
    ("FirstTenant", FIRST),
    ("SecretPrefix", "drawbridge/prod/"),
    ("JobsQueueUrl", "https://q/jobs"),
    ("SiemQueueUrl", "https://q/siem"),
    ("SiemDeadLetterQueueUrl", "https://q/siem-dead"),
    ("SiemObjectsQueueUrl", "https://q/objects"),
    ("SiemObjectsDeadLetterQueueUrl", "https://q/objects-dead"),
];

fn add(store: &FaultyStore, key: &str, name: &str, more: &str) {
    let text = format!(
        "tenant_id = \"{name}.example\"\nclient_id = \"00000000-0000-0000-0000-0000000000ab\"\n\
         secret = \"drawbridge/prod/{name}\"\n{more}\n"
    );
    store.insert(key, text);
}

/// Each that is known: its name, whether the stack's parameters have it, and why it is not polled.
async fn judged(place: &DataLocation) -> Vec<(String, bool, Option<String>)> {
    let known = KnownTenants::of(place)
        .await
        .unwrap_or_else(|failure| panic!("{failure}"));
    let services = place
        .services()
        .unwrap_or_else(|failure| panic!("{failure}"));
    let judged = known.judged(place, &services).await;
    let told = judged.into_iter().map(|judged| {
        let refusal = judged.verdict.err().map(|error| error.to_string());
        let tenant = judged.tenant;
        (tenant.name().to_owned(), tenant.is_of_parameters(), refusal)
    });
    told.collect()
}

#[tokio::test]
async fn what_the_administrator_is_to_run_names_the_stack() {
    let (store, place) = stack();
    let text = "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-0000000000ab\"\n\
                federation = \"aws\"\n";
    store.insert("tenants/fabrikam.toml", text);
    let judged = judged(&place).await;
    let refusal = judged
        .iter()
        .find_map(|(name, _, refusal)| match name.as_str() {
            "fabrikam" => refusal.as_deref(),
            _ => None,
        });
    let refusal = refusal.unwrap();
    let command = "`drawbridge tenants allow fabrikam --stack prod`";
    assert!(refusal.contains(command), "{refusal}");
}

#[tokio::test]
async fn the_tenant_of_the_stacks_parameters_is_known_without_a_document() {
    let (store, place) = stack();
    assert_eq!(judged(&place).await, [("main".to_owned(), true, None)]);
    assert_eq!(first_tenant::unknown(&place), None);
    add(&store, "tenants/contoso.toml", "contoso", "");
    add(&store, "tenants/zeta.toml", "first", "");
    let told = judged(&place).await;
    let of = |at: usize| (told[at].0.as_str(), told[at].1, told[at].2.is_some());
    // The last one is refused: it has the ids of the tenant of the parameters, which are polled.
    assert_eq!(
        [of(0), of(1), of(2)],
        [
            ("contoso", false, false),
            ("main", true, false),
            ("zeta", false, true)
        ]
    );
}

#[tokio::test]
async fn a_document_of_its_name_counts_only_as_the_administrators_list_says() {
    let (store, place) = stack();
    let polled_by = async || {
        let known = KnownTenants::of(&place).await.ok().unwrap();
        let polled_by = known.polled_by("main").unwrap();
        polled_by.is_of_parameters()
    };
    // Both are told: the document, which is not read, and who is polled.
    add(&store, "tenants/main.toml", "main", "");
    let told = judged(&place).await;
    let [(_, false, Some(refusal)), (_, true, None)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert!(refusal.contains("not read"), "{refusal}");
    assert!(polled_by().await);
    // A list that is broken lets nobody take its place.
    store.insert("admin/tenants.toml", "nonsense =");
    assert!(polled_by().await);
    store.insert("admin/tenants.toml", REPLACES);
    assert_eq!(judged(&place).await, [("main".to_owned(), false, None)]);
    assert!(!polled_by().await);
    // The list alone replaces nobody.
    drawbridge_store::Catalogue::delete(store.as_ref(), "tenants/main.toml")
        .await
        .unwrap();
    assert_eq!(judged(&place).await, [("main".to_owned(), true, None)]);
}

#[tokio::test]
async fn a_document_that_pauses_it_stands_for_it() {
    let (store, place) = stack();
    add(&store, "tenants/paused/main.toml", "main", "");
    let known = KnownTenants::of(&place).await.ok().unwrap();
    let all = known.all();
    let [main] = all.as_slice() else {
        panic!("{} are known", all.len());
    };
    assert!(main.is_paused() && !main.is_of_parameters());
    // What is in quarantine goes to the outputs that polls of the parameters write to.
    assert!(known.polled_by("main").unwrap().is_of_parameters());
    assert!(known.polled_by("other").is_none());
}

#[tokio::test]
async fn parameters_that_do_not_tell_of_it_are_no_stack_without_tenants() {
    let store: Arc<FaultyStore> = Arc::default();
    let place = |outputs: &[(&str, &str)]| {
        DataLocation::test_stack(Arc::clone(&store) as _, outputs, &[("TenantId", "t")])
    };
    let older = place(&OUTPUTS[..1]);
    assert_eq!(judged(&older).await, []);
    let told = first_tenant::unknown(&older).unwrap();
    assert!(told.contains("update the stack"), "{told}");
    let garbled = place(&[("FirstTenant", "[{}]")]);
    assert!(KnownTenants::of(&garbled).await.is_err());
    let none = DataLocation::test_stack(Arc::clone(&store) as _, &[], &[]);
    assert_eq!(first_tenant::unknown(&none), None);
    assert_eq!(
        first_tenant::unknown(&DataLocation::folder("d".into())),
        None
    );
}

#[tokio::test]
async fn an_output_that_the_stack_does_not_have_is_refused_with_those_that_it_has() {
    let (store, place) = stack();
    for (outputs, is_there) in [
        (r#"["siem", "siem-objects"]"#, true),
        (r#"["ocsf"]"#, false),
        (r#"["siem", "ocsf-objects"]"#, false),
    ] {
        add(
            &store,
            "tenants/a.toml",
            "a",
            &format!("outputs = {outputs}"),
        );
        let told = judged(&place).await;
        let refusal = told[0].2.as_ref();
        assert_eq!(refusal.is_none(), is_there, "{outputs}: {told:?}");
        if let Some(refusal) = refusal {
            for words in ["names ocsf", "the stack prod", "it has siem, siem-objects,"] {
                assert!(refusal.contains(words), "{refusal}");
            }
        }
    }
    // A served one every tenant has for itself.
    let serve =
        "[serve]\naudiences = [\"api://a\"]\nclients = [\"00000000-0000-0000-0000-0000000000ab\"]";
    let ids = "tenant_id = \"00000000-0000-0000-0000-000000000001\"\n\
               client_id = \"00000000-0000-0000-0000-0000000000ab\"\nsecret = \"drawbridge/prod/a\"\n";
    let document = format!("{ids}outputs = [\"siem-served\"]\n{serve}\n");
    store.insert("tenants/a.toml", document);
    assert_eq!(judged(&place).await[0].2, None);
}
