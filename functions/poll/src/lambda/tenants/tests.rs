use super::*;
use crate::MAX_STATE_BYTES;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use bytes::Bytes;
use drawbridge_config::{BINDINGS_KEY, FunctionSettings, Trust};
use drawbridge_costs::Facts;
use drawbridge_entra::AssertionFile;
use drawbridge_http::HttpTransport;
use drawbridge_secrets::EnvSecrets;
use drawbridge_store::Catalogue;
use drawbridge_store::testing::FaultyStore;
use drawbridge_time::Clock;
use drawbridge_time::testing::ManualClock;

const IDS: &str = "tenant_id = \"t.example\"\n\
                   client_id = \"00000000-0000-0000-0000-000000000001\"\n";

/// The tenants of a stack called `prod`, whose parameters name the tenant `main`.
fn tenants(store: Arc<dyn Catalogue>, clock: Arc<ManualClock>) -> Tenants {
    let variable = |name: &str| {
        Some(match name {
            "DRAWBRIDGE_OUTPUTS" => r#"[{"format":"siem","shape":"objects"}]"#.to_owned(),
            "DRAWBRIDGE_TENANTS" => r#"[{"name":"main","tenant_id":"first.example",
                "client_id":"00000000-0000-0000-0000-000000000002","secret":"any/where"}]"#
                .to_owned(),
            "DRAWBRIDGE_SECRET_PREFIX" => "drawbridge/prod/".to_owned(),
            "DRAWBRIDGE_ALLOWED_HOSTS"
            | "DRAWBRIDGE_ALLOWED_SECRETS"
            | "DRAWBRIDGE_LOGIN_URL"
            | "DRAWBRIDGE_GRAPH_URL"
            | "DRAWBRIDGE_READERS" => return None,
            _ => "b".to_owned(),
        })
    };
    let settings = FunctionSettings::read(variable).unwrap();
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"));
    let sqs = aws_sdk_sqs::Client::from_conf(config.build());
    let clock: Arc<dyn Clock> = clock;
    let outputs = Outputs::new(&settings, &sqs, &store, &clock);
    let services = Services {
        transport: Arc::new(HttpTransport::new()),
        public_transport: Arc::new(HttpTransport::to_public_addresses()),
        trust: Trust::of_a_stack(variable).unwrap(),
        secrets: Arc::new(EnvSecrets),
        store,
        clock,
        aws_assertions: Some(Arc::new(|_| Arc::new(AssertionFile::new("/nonexistent")))),
        most_state_bytes: MAX_STATE_BYTES,
    };
    Tenants::new(settings.tenants, services, outputs)
}

struct Stack {
    store: Arc<FaultyStore>,
    clock: Arc<ManualClock>,
    tenants: Tenants,
}

fn stack() -> Stack {
    let store = Arc::new(FaultyStore::default());
    let clock = Arc::new(ManualClock::at("2026-01-01T12:00:00Z"));
    Stack {
        tenants: tenants(Arc::clone(&store) as _, Arc::clone(&clock)),
        store,
        clock,
    }
}

impl Stack {
    /// Writes an object, and lets what was kept of it grow old.
    fn put(&self, key: &str, text: &str) {
        self.store.insert(key, Bytes::from(text.to_owned()));
        self.clock.advance_secs(300);
    }

    fn document(&self, name: &str, lines: &str) {
        let key = format!("tenants/{name}.toml");
        self.put(&key, &format!("{IDS}{lines}\n"));
    }

    /// What a poll of that tenant is refused for; `None` if it is not.
    async fn refusal(&self, name: &str) -> Option<String> {
        let poller = self.tenants.poller(&Job::of(name)).await;
        poller.err().map(|error| error.to_string())
    }

    /// The same for the job that a listing makes; and how often the store was asked for it.
    async fn listed(&self, name: &str) -> (Option<String>, usize) {
        let etag = self.store.etag(&format!("tenants/{name}.toml"));
        self.store.calls();
        let job = Job {
            document: etag.map(|etag| etag.as_str().to_owned()),
            ..Job::of(name)
        };
        let poller = self.tenants.poller(&job).await;
        let refusal = poller.err().map(|error| error.to_string());
        (refusal, self.store.calls().len())
    }

    async fn tenant(&self, name: &str) -> Result<Option<Arc<Tenant>>, ConfigError> {
        let now = self.tenants.services.clock.now();
        let list = AdministratorsList::of(self.store.as_ref());
        let mut document = KeptDocument::default();
        let job = Job::of(name);
        self.tenants.tenant(&job, &list, &mut document, now).await
    }

    async fn is_given(&self, name: &str) -> bool {
        let tenant = self.tenant(name).await.unwrap().unwrap();
        !tenant.is_document
    }
}

#[tokio::test]
async fn a_document_of_somebody_elses_is_refused_before_anything_is_asked() {
    let stack = stack();
    let own = "secret = \"drawbridge/prod/a\"";
    for (lines, word) in [
        (
            "secret = \"drawbridge/prod/victim\"",
            "secret names a place",
        ),
        ("certificate = \"prod/a\"", "certificate names a place"),
        (
            "federation = \"/proc/self/environ\"",
            "federation names a place",
        ),
        ("federation = \"aws\"", "tenants allow a --stack STACK`"),
        (
            &format!(
                "{own}\nlogin_url = \"https://evil.example\"\ngraph_url = \"https://evil.example\""
            ),
            "login_url names a host",
        ),
    ] {
        stack.document("a", lines);
        let refusal = stack.refusal("a").await.unwrap();
        assert!(refusal.contains(word), "{refusal}");
    }
    // Who mends it and asks by hand does not wait.
    let mended = format!("{IDS}{own}\n");
    stack.store.insert("tenants/a.toml", mended);
    assert_eq!(stack.refusal("a").await, None);
}

#[tokio::test]
async fn a_document_replaces_the_first_tenant_only_where_the_list_says_so() {
    let stack = stack();
    assert!(stack.is_given("main").await);
    stack.document("main", "secret = \"drawbridge/prod/main\"");
    assert!(stack.is_given("main").await);
    // Nor does one that is broken stop it.
    stack.put("tenants/main.toml", "nonsense");
    assert!(stack.is_given("main").await);
    assert_eq!(stack.refusal("main").await, None);

    stack.document("main", "secret = \"drawbridge/prod/main\"");
    let list = format!("[main]\n{IDS}replaces_first_tenant = true\n");
    stack.put(BINDINGS_KEY, &list);
    assert!(!stack.is_given("main").await);
    stack.put(BINDINGS_KEY, &list.replace("t.example", "other.example"));
    let refused = stack.tenant("main").await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("tenants allow main --stack STACK`"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_broken_list_does_not_stop_the_first_tenant() {
    let stack = stack();
    stack.put(BINDINGS_KEY, "[other]\ntenant = 1");
    assert!(stack.is_given("main").await);
    // Those who need the list wait for it.
    stack.document("a", "federation = \"aws\"");
    let refusal = stack.refusal("a").await.unwrap();
    assert!(refusal.contains(BINDINGS_KEY), "{refusal}");
    // Which of the two is meant is not known.
    stack.document("main", "secret = \"drawbridge/prod/main\"");
    let refusal = stack.refusal("main").await.unwrap();
    assert!(refusal.contains(BINDINGS_KEY), "{refusal}");
}

/// Each job carries its document's version, as those of a listing do.
#[tokio::test]
async fn idle_polls_ask_the_store_once_in_five_minutes_for_all_of_them() {
    let stack = stack();
    let names: Vec<String> = (0..10).map(|n| format!("t{n}")).collect();
    let list: String = names
        .iter()
        .map(|name| format!("[{name}]\n{IDS}"))
        .collect();
    for name in &names {
        stack.document(name, "federation = \"aws\"");
    }
    stack.put(BINDINGS_KEY, &list);
    let main = "main".to_owned();
    let mut asked = Vec::new();
    for _ in 0..60 {
        let mut calls = 0;
        for name in names.iter().chain([&main]) {
            let (refusal, asked) = stack.listed(name).await;
            assert_eq!(refusal, None, "{name}");
            calls += asked;
        }
        asked.push(calls);
        stack.clock.advance_secs(60);
    }
    assert_eq!(asked[..10], [11, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let documents = names.len();
    let lists = asked.iter().sum::<usize>() - documents;
    let measured = Facts::read().unwrap().measured;
    measured.process.s3_get_list.check(lists as u64).unwrap();
}

#[tokio::test]
async fn a_right_that_is_given_begins_and_one_that_is_withdrawn_ends_within_five_minutes() {
    let stack = stack();
    stack.document("a", "federation = \"aws\"");
    let is_refused = async || stack.listed("a").await.0.is_some();
    assert!(is_refused().await);
    for (list, refused) in [(format!("[a]\n{IDS}"), false), (String::new(), true)] {
        stack.store.insert(BINDINGS_KEY, list);
        stack.clock.advance_secs(299);
        assert_eq!(is_refused().await, !refused);
        stack.clock.advance_secs(1);
        assert_eq!(is_refused().await, refused);
    }
}

#[tokio::test]
async fn a_process_remembers_the_tenants_that_it_polled_last() {
    let stack = stack();
    for name in ["first", "second"] {
        stack.document(name, &format!("secret = \"drawbridge/prod/{name}\""));
    }
    assert_eq!(stack.listed("first").await, (None, 1));
    assert_eq!(stack.listed("second").await, (None, 1));
    for n in 0..MAX_KNOWN - 1 {
        // There are no documents of these, but they are met all the same.
        stack.tenants.known.of(&format!("t{n}"));
        if n == 0 {
            assert_eq!(stack.listed("first").await, (None, 0));
        }
    }
    assert_eq!(stack.tenants.remembered().0, MAX_KNOWN);
    assert_eq!(stack.listed("first").await, (None, 0));
    assert_eq!(stack.listed("second").await, (None, 1));
}

#[tokio::test]
async fn a_new_version_is_polled_with_and_an_old_one_is_not_built_again() {
    let stack = stack();
    let poller = async |page_size: u32| {
        stack.document(
            "a",
            &format!("secret = \"drawbridge/prod/a\"\npage_size = {page_size}"),
        );
        let etag = stack.store.etag("tenants/a.toml").unwrap();
        let job = Job {
            document: Some(etag.as_str().to_owned()),
            ..Job::of("a")
        };
        stack.tenants.poller(&job).await.unwrap().unwrap()
    };
    let first = poller(10).await;
    // The same words under another version.
    assert!(Arc::ptr_eq(&first, &poller(10).await));
    assert_eq!(poller(20).await.settings.page_size, 20);
}
