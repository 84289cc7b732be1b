//! Builds what a tenant's document asks for: its identity, its Graph client, its poller. Nothing is
//! asked of any service yet.

use std::sync::Arc;

use drawbridge_config::{ConfigError, Identity, Tenant};
use drawbridge_cursor::WindowSettings;
use drawbridge_federation::AssertionFile;
use drawbridge_graph::{
    AssertionSource, Certificate, ClientSecret, Cloud, Federated, Graph, TokenCache, TokenProvider,
    Transport, system_clock,
};
use drawbridge_secrets::{Secrets, StoredSecret};
use drawbridge_store::Store;

use crate::{Clock, Output, Poller, Settings};

/// Asks AWS for the assertions of a cloud's federated credentials.
pub type AwsAssertions = Box<dyn Fn(Cloud) -> Arc<dyn AssertionSource> + Send + Sync>;

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
            settings: settings(tenant),
        })
    }

    fn identity(&self, tenant: &Tenant) -> Result<Arc<dyn TokenProvider>, ConfigError> {
        let transport = Arc::clone(&self.transport);
        let endpoints = tenant.endpoints()?;
        let (id, app) = (&tenant.tenant_id, &tenant.client_id);
        let stored = |name: &str| Arc::new(StoredSecret::new(Arc::clone(&self.secrets), name));
        Ok(match tenant.identity()? {
            Identity::Secret(name) => {
                let source = stored(name);
                Arc::new(ClientSecret::new(transport, endpoints, id, app, source))
            }
            Identity::Certificate(name) => Arc::new(Certificate::new(
                transport,
                endpoints,
                id,
                app,
                stored(name),
                system_clock(),
            )),
            Identity::FederationAws => {
                let ask = self.aws_assertions.as_ref().ok_or_else(|| {
                    let problem = "\"aws\" needs a role of AWS to ask about, which there is in the \
                                   poll function only: on one machine, give a token file";
                    tenant.wrong("federation", problem)
                })?;
                let source = ask(tenant.cloud()?);
                Arc::new(Federated::new(transport, endpoints, id, app, source))
            }
            Identity::FederationFile(path) => {
                let source = Arc::new(AssertionFile::new(path));
                Arc::new(Federated::new(transport, endpoints, id, app, source))
            }
        })
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
