//! Builds what a tenant's document asks for: its identity, its Graph client, its poller. Nothing is
//! asked of any service yet.

use std::sync::Arc;

use drawbridge_config::{ConfigError, Tenant};
use drawbridge_cursor::WindowSettings;
use drawbridge_graph::{Cloud, Graph, TokenCache, TokenEndpoint, TokenProvider, Transport};
use drawbridge_identity::{AwsAssertions, Identity};
use drawbridge_queue::{Content, Naming};
use drawbridge_record::{Body, Format};
use drawbridge_secrets::Secrets;
use drawbridge_store::Store;

use crate::{Clock, Output, Poller, Settings};

/// What all tenants share.
pub struct Surroundings {
    /// Carries requests to the login hosts and to Graph.
    pub transport: Arc<dyn Transport>,
    /// Keeps client secrets and certificates.
    pub secrets: Arc<dyn Secrets>,
    /// Keeps state, quarantine and tenant documents.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Asks AWS for assertions; `None` where there is no role to ask about.
    pub aws_assertions: Option<AwsAssertions>,
    /// The most memory that a tenant's state may take, in bytes.
    pub most_state_bytes: usize,
}

/// A tenant's Graph client, and the tokens that it signs in with.
pub struct Client {
    /// The client.
    pub graph: Arc<Graph>,
    /// Its tokens.
    pub tokens: Arc<TokenCache>,
}

impl Surroundings {
    /// The client of a tenant.
    ///
    /// # Errors
    /// [`ConfigError::Field`] for a cloud or an identity that cannot be used here.
    pub fn client(&self, tenant: &Tenant) -> Result<Client, ConfigError> {
        let endpoints = tenant.endpoints()?;
        let tokens = Arc::new(TokenCache::new(self.identity(tenant)?));
        let graph = Graph::new(
            Arc::clone(&self.transport),
            Arc::clone(&tokens),
            endpoints,
            drawbridge_graph::Settings::default(),
        );
        Ok(Client {
            graph: Arc::new(graph),
            tokens,
        })
    }

    /// The poller of a tenant that writes to `outputs`.
    ///
    /// # Errors
    /// As [`client`](Self::client).
    pub fn poller(&self, tenant: &Tenant, outputs: Vec<Output>) -> Result<Poller, ConfigError> {
        Ok(Poller {
            graph: self.client(tenant)?.graph,
            store: Arc::clone(&self.store),
            outputs,
            clock: Arc::clone(&self.clock),
            settings: Settings {
                most_state_bytes: self.most_state_bytes,
                ..settings(tenant)
            },
        })
    }

    fn identity(&self, tenant: &Tenant) -> Result<Arc<dyn TokenProvider>, ConfigError> {
        let identity = tenant.identity()?;
        let endpoint = TokenEndpoint::new(
            Arc::clone(&self.transport),
            &tenant.endpoints()?,
            &tenant.tenant_id,
            &tenant.client_id,
        );
        // A tenant with hosts of its own has no need of a cloud, unless AWS is asked.
        let cloud = match identity {
            Identity::FederationAws => tenant.cloud()?,
            _ => Cloud::default(),
        };
        let aws = self.aws_assertions.as_ref();
        identity
            .provider(endpoint, cloud, &self.secrets, aws)
            .map_err(|error| tenant.wrong(error.field(), &error.to_string()))
    }
}

/// What a tenant's objects of a format are named and described by.
#[must_use]
pub fn naming(tenant: &Tenant, format: &dyn Format) -> Naming {
    Naming {
        format: format.name().to_owned(),
        version: format.schema_version(),
        tenant: tenant.name.clone(),
        content: match format.body() {
            Body::Json => Content::Json,
            Body::Text => Content::Text,
        },
    }
}

fn settings(tenant: &Tenant) -> Settings {
    let defaults = Settings::new(&tenant.name);
    Settings {
        service_sources: tenant.service_sources.clone(),
        severities: tenant.severities.clone(),
        page_size: tenant.page_size,
        windows: WindowSettings {
            overlap_secs: tenant.overlap_secs,
            settle_secs: tenant.settle_secs,
            first_lookback_secs: tenant.first_lookback_secs,
            sweeps: tenant.sweeps,
            ..defaults.windows
        },
        retention_secs: u64::from(tenant.retention_days) * 24 * 60 * 60,
        ..defaults
    }
}
