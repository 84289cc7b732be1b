use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use crate::tenant::Tenant;
use crate::{Alerts, Credential, Options, Present, SimulatedTenant, Stats};

/// Everything that the handlers share.
pub(crate) struct World {
    /// What tokens are handed out for beside Graph.
    pub(crate) scopes: Vec<String>,
    /// How long it waits before it answers a page.
    pub(crate) page_latency: Duration,
    /// Whether it compresses for clients that accept gzip.
    pub(crate) gzip: bool,
    /// The root of Graph, with a slash at its end.
    pub(crate) root: Url,
    /// That of the options, then the others.
    tenants: Vec<Tenant>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    tokens: HashMap<String, Issued>,
    issued: u64,
    down: bool,
    present: Present,
    /// What came from nobody that is known.
    strangers: Stats,
}

/// Whom a token is good for, and until when.
struct Issued {
    tenant: usize,
    until: Instant,
}

impl World {
    pub(crate) fn new(options: Options, root: Url, alerts: Alerts) -> Self {
        let mut credentials = options.credentials;
        credentials.push(Credential::Secret(options.client_secret));
        let first = SimulatedTenant {
            tenant_id: options.tenant_id,
            client_id: options.client_id,
            credentials,
            alerts,
            has_consent: !options.token_without_roles,
            requests_per_minute: options.requests_per_minute,
            refuses_count: options.refuses_count,
            token_lifetime: options.token_lifetime,
        };
        let all = std::iter::once(first).chain(options.tenants);
        Self {
            scopes: options.scopes,
            page_latency: options.page_latency,
            gzip: options.gzip,
            root,
            tenants: all.map(Tenant::new).collect(),
            inner: Mutex::new(Inner {
                present: options.present,
                ..Inner::default()
            }),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of all tenants and of strangers.
    pub(crate) fn stats(&self) -> Stats {
        let mut all = self.inner().strangers;
        for tenant in &self.tenants {
            all.add(tenant.stats());
        }
        all
    }

    /// Counts what comes from nobody that is known.
    pub(crate) fn count(&self, count: impl FnOnce(&mut Stats)) {
        count(&mut self.inner().strangers);
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.inner().down = down;
    }

    pub(crate) fn set_present(&self, present: Present) {
        self.inner().present = present;
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self.inner().present {
            Present::AfterAll => Timestamp::MAX,
            Present::Clock => Timestamp::now(),
            Present::At(time) => time,
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        self.inner().down
    }

    /// The tenant of that place.
    pub(crate) fn tenant(&self, index: usize) -> &Tenant {
        &self.tenants[index]
    }

    /// The place of the first application in a tenant that `fits`.
    pub(crate) fn find(
        &self,
        tenant_id: &str,
        fits: impl Fn(&SimulatedTenant) -> bool,
    ) -> Option<usize> {
        self.tenants.iter().position(|tenant| {
            tenant.settings.tenant_id.eq_ignore_ascii_case(tenant_id) && fits(&tenant.settings)
        })
    }

    /// A token in Entra's shape, as far as a client may look at it; its signature is none.
    pub(crate) fn issue_token(&self, tenant: usize) -> String {
        let settings = &self.tenants[tenant].settings;
        let roles: &[&str] = if settings.has_consent {
            &["SecurityAlert.Read.All"]
        } else {
            &[]
        };
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": "simulated"});
        let claims = json!({
            "aud": self.root,
            "tid": settings.tenant_id,
            "appid": settings.client_id,
            "roles": roles,
        });
        let part = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let mut inner = self.inner();
        inner.issued += 1;
        let number = inner.issued;
        let token = format!("{}.{}.simulated-{number}", part(&header), part(&claims));
        let until = Instant::now() + settings.token_lifetime;
        inner.tokens.insert(token.clone(), Issued { tenant, until });
        token
    }

    /// Whom a token that is still good was issued for.
    pub(crate) fn tenant_of(&self, token: &str) -> Option<usize> {
        let inner = self.inner();
        let issued = inner.tokens.get(token)?;
        (Instant::now() < issued.until).then_some(issued.tenant)
    }
}
