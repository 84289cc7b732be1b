use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_config::{Bindings, ConfigError, Tenant, document};
use drawbridge_cursor::Job;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tracing::error;

use super::outputs::Outputs;
use super::own_metrics::OwnMetrics;
use crate::Poller;
use crate::assembly::Services;
use crate::messages::Pollers;

/// How long a document is taken to be as it was read.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// The tenants, by the documents in the bucket and those given with the function, with a poller for
/// each that this process met.
pub(super) struct Tenants {
    given: HashMap<String, Tenant>,
    services: Services,
    outputs: Outputs,
    known: Mutex<HashMap<String, Known>>,
    own_metrics: Arc<OwnMetrics>,
}

struct Known {
    tenant: Tenant,
    read: Timestamp,
    poller: Arc<Poller>,
}

impl Tenants {
    pub(super) fn new(given: Vec<Tenant>, services: Services, outputs: Outputs) -> Self {
        let given = given.into_iter().map(|t| (t.name.clone(), t)).collect();
        Self {
            given,
            services,
            outputs,
            known: Mutex::default(),
            own_metrics: Arc::default(),
        }
    }

    /// Those whose documents ask for metrics of their own.
    pub(super) fn own_metrics(&self) -> Arc<OwnMetrics> {
        Arc::clone(&self.own_metrics)
    }

    /// What is known of a tenant: its document, or what was given with the function. Of the latter, a
    /// document takes the place only if the administrator's list says so.
    async fn tenant(&self, name: &str) -> Result<Option<Tenant>, ConfigError> {
        let store = self.services.store.as_ref();
        let Some(given) = self.given.get(name) else {
            return document(store, name).await;
        };
        let bindings = match Bindings::load(store).await {
            Ok(bindings) => bindings,
            // What is wrong with the entries of others is no trouble of this one. Whether a document
            // of its name takes its place, the list alone could say.
            Err(error) if !error.is_retryable() && document(store, name).await == Ok(None) => {
                error!(tenant = name, %error, "the tenant of the stack's parameters is polled nevertheless");
                return Ok(Some(given.clone()));
            }
            Err(error) => return Err(error),
        };
        if !bindings.replaces(name) {
            return Ok(Some(given.clone()));
        }
        let document = document(store, name).await?;
        if let Some(document) = &document {
            bindings.check_ids(document)?;
        }
        Ok(document.or_else(|| Some(given.clone())))
    }
}

#[async_trait]
impl Pollers for Tenants {
    /// The poller of a tenant, built anew when its document has changed.
    async fn poller(&self, job: &Job) -> Result<Option<Arc<Poller>>, ConfigError> {
        let name = job.tenant.as_str();
        let now = self.services.clock.now();
        let mut known = self.known.lock().await;
        if let Some(known) = known.get(name)
            && is_fresh(known.read, now)
        {
            return Ok(Some(Arc::clone(&known.poller)));
        }
        let Some(tenant) = self.tenant(name).await? else {
            known.remove(name);
            return Ok(None);
        };
        self.own_metrics.note(&tenant);
        let admitted = self.services.admit(&tenant).await?;
        if let Some(known) = known.get_mut(name)
            && known.tenant == tenant
        {
            known.read = now;
            return Ok(Some(Arc::clone(&known.poller)));
        }
        let outputs = self.outputs.of(&tenant)?;
        let poller = Arc::new(self.services.poller(admitted, outputs)?);
        let entry = Known {
            tenant,
            read: now,
            poller: Arc::clone(&poller),
        };
        known.insert(name.to_owned(), entry);
        Ok(Some(poller))
    }
}

/// Whether what was read then need not be read again. What was read later than now was read by a
/// clock that was wrong.
fn is_fresh(read: Timestamp, now: Timestamp) -> bool {
    read <= now && now.duration_since(read) < FRESH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_STATE_BYTES;
    use aws_sdk_sqs::config::{BehaviorVersion, Region};
    use bytes::Bytes;
    use drawbridge_config::{BINDINGS_KEY, FunctionSettings, Trust};
    use drawbridge_http::HttpTransport;
    use drawbridge_secrets::EnvSecrets;
    use drawbridge_store::{Catalogue, LocalStore, Store};
    use drawbridge_time::SystemClock;

    const IDS: &str = "tenant_id = \"t.example\"\n\
                       client_id = \"00000000-0000-0000-0000-000000000001\"\n";

    /// The tenants of a stack called `prod`, whose parameters name the tenant `main`.
    fn tenants(store: &Arc<dyn Catalogue>) -> Tenants {
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
        let objects: Arc<dyn Store> = store.clone();
        let outputs = Outputs::new(&settings, &sqs, &objects);
        let services = Services {
            transport: Arc::new(HttpTransport::new()),
            public_transport: Arc::new(HttpTransport::to_public_addresses()),
            trust: Trust::of_a_stack(variable).unwrap(),
            secrets: Arc::new(EnvSecrets),
            store: Arc::clone(store),
            clock: Arc::new(SystemClock),
            aws_assertions: None,
            most_state_bytes: MAX_STATE_BYTES,
        };
        Tenants::new(settings.tenants, services, outputs)
    }

    #[test]
    fn what_a_clock_that_was_ahead_read_is_read_again() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let read = |secs: i64| is_fresh(now - SignedDuration::from_secs(secs), now);
        assert_eq!(
            [-7200, -1, 0, 59, 60].map(read),
            [false, false, true, true, false]
        );
    }

    struct Stack {
        _folder: tempfile::TempDir,
        store: Arc<dyn Catalogue>,
        tenants: Tenants,
    }

    fn stack() -> Stack {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Catalogue> = Arc::new(LocalStore::new(folder.path()));
        Stack {
            tenants: tenants(&store),
            _folder: folder,
            store,
        }
    }

    impl Stack {
        async fn put(&self, key: &str, text: &str) {
            let body = Bytes::from(text.to_owned());
            self.store.put(key, body, "text/plain").await.unwrap();
        }

        async fn document(&self, name: &str, lines: &str) {
            let key = format!("tenants/{name}.toml");
            self.put(&key, &format!("{IDS}{lines}\n")).await;
        }

        /// What a poll of that tenant is refused for; `None` if it is not.
        async fn refusal(&self, name: &str) -> Option<String> {
            let poller = self.tenants.poller(&Job::of(name)).await;
            poller.err().map(|error| error.to_string())
        }

        async fn is_given(&self, name: &str) -> bool {
            let tenant = self.tenants.tenant(name).await.unwrap().unwrap();
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
            ("federation = \"aws\"", "tenants allow a"),
            (
                &format!(
                    "{own}\nlogin_url = \"https://evil.example\"\ngraph_url = \"https://evil.example\""
                ),
                "login_url names a host",
            ),
        ] {
            stack.document("a", lines).await;
            let refusal = stack.refusal("a").await.unwrap();
            assert!(refusal.contains(word), "{refusal}");
        }
        stack.document("a", own).await;
        assert_eq!(stack.refusal("a").await, None);
    }

    #[tokio::test]
    async fn a_document_replaces_the_first_tenant_only_where_the_list_says_so() {
        let stack = stack();
        assert!(stack.is_given("main").await);
        stack
            .document("main", "secret = \"drawbridge/prod/main\"")
            .await;
        assert!(stack.is_given("main").await);
        // Nor does one that is broken stop it.
        stack.put("tenants/main.toml", "nonsense").await;
        assert!(stack.is_given("main").await);
        assert_eq!(stack.refusal("main").await, None);

        stack
            .document("main", "secret = \"drawbridge/prod/main\"")
            .await;
        let list = format!("[main]\n{IDS}replaces_first_tenant = true\n");
        stack.put(BINDINGS_KEY, &list).await;
        assert!(!stack.is_given("main").await);
        stack
            .put(BINDINGS_KEY, &list.replace("t.example", "other.example"))
            .await;
        let refused = stack.tenants.tenant("main").await.unwrap_err();
        assert!(
            refused.to_string().contains("tenants allow main"),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn a_broken_list_does_not_stop_the_first_tenant() {
        let stack = stack();
        stack.put(BINDINGS_KEY, "[other]\ntenant = 1").await;
        assert!(stack.is_given("main").await);
        // Those who need the list wait for it.
        stack.document("a", "federation = \"aws\"").await;
        let refusal = stack.refusal("a").await.unwrap();
        assert!(refusal.contains(BINDINGS_KEY), "{refusal}");
        // Which of the two is meant is not known.
        stack
            .document("main", "secret = \"drawbridge/prod/main\"")
            .await;
        let refusal = stack.refusal("main").await.unwrap();
        assert!(refusal.contains(BINDINGS_KEY), "{refusal}");
    }
}
