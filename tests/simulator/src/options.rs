use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use crate::{Credential, SimulatedTenant};

/// How the simulator behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The tenant that it signs in.
    pub tenant_id: String,
    /// The application that it signs in.
    pub client_id: String,
    /// The client secret that it accepts.
    pub client_secret: String,
    /// What it accepts besides: more secrets, certificates, federated credentials.
    pub credentials: Vec<Credential>,
    /// What tokens are handed out for beside Graph, such as `https://monitor.azure.com/.default`.
    pub scopes: Vec<String>,
    /// How long it waits before it answers a page.
    pub page_latency: Duration,
    /// Requests a minute above which it answers 429; none for no limit.
    pub requests_per_minute: Option<u32>,
    /// Whether it compresses for clients that accept gzip.
    pub gzip: bool,
    /// Signs in, but without the permission: lists are answered with 403.
    pub token_without_roles: bool,
    /// How long a token is good for.
    pub token_lifetime: Duration,
    /// Whether the question for the number of alerts (`$count=true`) is refused, as Graph may do
    /// beside a filter.
    pub refuses_count: bool,
    /// What time it is for the alerts.
    pub present: Present,
    /// Tenants beside the one above. Each has alerts, tokens, a throttle and faults of its own;
    /// the address, latency and compression are shared.
    pub tenants: Vec<SimulatedTenant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            tenant_id: "11111111-1111-4111-8111-111111111111".into(),
            client_id: "22222222-2222-4222-8222-222222222222".into(),
            client_secret: "simulated".into(),
            credentials: Vec::new(),
            scopes: Vec::new(),
            page_latency: Duration::ZERO,
            requests_per_minute: None,
            gzip: true,
            token_without_roles: false,
            token_lifetime: Duration::from_secs(3599),
            refuses_count: false,
            present: Present::default(),
            tenants: Vec::new(),
        }
    }
}

/// What time it is for the alerts. A generated alert may be shown with less until its last update.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Present {
    /// After all of them: each is as it is in the end.
    #[default]
    AfterAll,
    /// What the machine's clock says.
    Clock,
    /// That time.
    At(Timestamp),
}
