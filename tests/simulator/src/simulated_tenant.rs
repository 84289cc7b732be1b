use std::time::Duration;

use crate::{Alerts, Credential};

/// One application in one tenant, with the alerts that it reads.
#[derive(Debug, Clone)]
pub struct SimulatedTenant {
    /// The tenant.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// What the application may prove its identity with.
    pub credentials: Vec<Credential>,
    /// The tenant's alerts.
    pub alerts: Alerts,
    /// Whether an administrator has consented. Without, a token has no role, and lists are
    /// answered with 403.
    pub has_consent: bool,
    /// Requests a minute above which this application is answered 429; none for no limit.
    pub requests_per_minute: Option<u32>,
    /// Whether the question for the number of alerts (`$count=true`) is refused.
    pub refuses_count: bool,
    /// How long a token is good for.
    pub token_lifetime: Duration,
}

impl SimulatedTenant {
    /// A tenant without alerts, in which an application signs in with `credential`.
    #[must_use]
    pub fn new(tenant_id: &str, client_id: &str, credential: Credential) -> Self {
        Self {
            tenant_id: tenant_id.to_owned(),
            client_id: client_id.to_owned(),
            credentials: vec![credential],
            alerts: Alerts::default(),
            has_consent: true,
            requests_per_minute: None,
            refuses_count: false,
            token_lifetime: Duration::from_secs(3599),
        }
    }
}
