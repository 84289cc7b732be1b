//! Builds what a tenant's document asks for: its identity, its Graph client, its poller. Nothing is
//! asked of any service yet.

mod administrators_list;

use std::ops::Deref;
use std::sync::Arc;

use drawbridge_config::{ConfigError, Tenant, Trust};
use drawbridge_cursor::WindowSettings;
use drawbridge_entra::{
    AwsAssertions, Cloud, Endpoints, Identity, TokenCache, TokenEndpoint, TokenProvider,
};
use drawbridge_graph::Graph;
use drawbridge_http::Transport;
use drawbridge_queue::{Content, Naming};
use drawbridge_record::{Body, Format};
use drawbridge_secrets::{MemberKind, OwnMember, Secrets};
use drawbridge_store::Catalogue;
use drawbridge_time::Clock;

#[cfg(feature = "lambda")]
pub(crate) use self::administrators_list::is_within;
pub use self::administrators_list::{AdministratorsList, KeptList};
use crate::{Output, Poller, Settings, Unlisted};

/// What all tenants share.
pub struct Services {
    /// Carries requests to the login hosts and to Graph.
    pub transport: Arc<dyn Transport>,
    /// Carries those to hosts that a document names: to public addresses alone.
    pub public_transport: Arc<dyn Transport>,
    /// What the administrator lets documents do.
    pub trust: Trust,
    /// Keeps client secrets and certificates.
    pub secrets: Arc<dyn Secrets>,
    /// Keeps state, quarantine and tenant documents.
    pub store: Arc<dyn Catalogue>,
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

/// A tenant that may do what its document asks for.
#[derive(Debug, Clone, Copy)]
pub struct Admitted<'a>(&'a Tenant);

impl Deref for Admitted<'_> {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        self.0
    }
}

impl Services {
    /// Checks that a tenant's document asks for nothing that is not its own. The administrator's
    /// list is read only for a federated identity, so that the others cost no request.
    ///
    /// # Errors
    /// [`ConfigError`] with what the administrator has to allow.
    pub async fn admit<'a>(&self, tenant: &'a Tenant) -> Result<Admitted<'a>, ConfigError> {
        let list = AdministratorsList::of(self.store.as_ref());
        self.admit_by(&list, tenant).await
    }

    /// The same for one of many documents.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    pub async fn admit_by<'a>(
        &self,
        list: &AdministratorsList<'_>,
        tenant: &'a Tenant,
    ) -> Result<Admitted<'a>, ConfigError> {
        if tenant.is_document {
            self.trust.check(tenant)?;
            if tenant.needs_entry() {
                let options = self.trust.options();
                list.bindings().await?.check(tenant, options)?;
            }
        }
        Ok(Admitted(tenant))
    }

    /// The client of a tenant.
    ///
    /// # Errors
    /// [`ConfigError::Field`] for a cloud or an identity that cannot be used here.
    pub fn client(&self, tenant: Admitted<'_>) -> Result<Client, ConfigError> {
        let endpoints = tenant.endpoints(self.trust.endpoints())?;
        let tokens = Arc::new(TokenCache::new(self.identity(tenant)?));
        let graph = Graph::new(
            self.transport(tenant),
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
    pub fn poller(
        &self,
        tenant: Admitted<'_>,
        outputs: Vec<Output>,
    ) -> Result<Poller, ConfigError> {
        Ok(Poller {
            graph: self.client(tenant)?.graph,
            store: Arc::clone(&self.store),
            outputs,
            clock: Arc::clone(&self.clock),
            settings: Settings {
                most_state_bytes: self.most_state_bytes,
                ..settings(&tenant)
            },
            unlisted: Unlisted::default(),
        })
    }

    /// The hosts of a tenant, and what carries requests to them.
    ///
    /// # Errors
    /// [`ConfigError::Field`] for a cloud or hosts that cannot be used.
    pub fn login(
        &self,
        tenant: Admitted<'_>,
    ) -> Result<(Arc<dyn Transport>, Endpoints), ConfigError> {
        let endpoints = tenant.endpoints(self.trust.endpoints())?;
        Ok((self.transport(tenant), endpoints))
    }

    /// What a tenant's requests leave by: hosts that its document names have public addresses.
    #[must_use]
    pub fn transport(&self, tenant: Admitted<'_>) -> Arc<dyn Transport> {
        Arc::clone(if tenant.needs_public_addresses() {
            &self.public_transport
        } else {
            &self.transport
        })
    }

    fn identity(&self, tenant: Admitted<'_>) -> Result<Arc<dyn TokenProvider>, ConfigError> {
        let identity = tenant.identity()?;
        let endpoint = TokenEndpoint::new(
            self.transport(tenant),
            &tenant.endpoints(self.trust.endpoints())?,
            &tenant.tenant_id,
            &tenant.client_id,
        );
        // A tenant with other hosts has no need of a cloud, unless AWS is asked.
        let cloud = match identity {
            Identity::FederationAws => tenant.cloud()?,
            _ => Cloud::default(),
        };
        let aws = self.aws_assertions.as_ref();
        identity
            .provider(endpoint, cloud, &self.secrets_of(tenant, &identity), aws)
            .map_err(|error| tenant.wrong(error.field(), &error.to_string()))
    }
}

impl Services {
    /// Where a tenant's secret lies. Of one that it shares with others, it gets the member with its own
    /// name, and the rest never leaves the process.
    fn secrets_of(&self, tenant: Admitted<'_>, identity: &Identity<'_>) -> Arc<dyn Secrets> {
        let (place, kind) = match identity {
            Identity::Secret(place) => (*place, MemberKind::ClientSecret),
            Identity::Certificate(place) => (*place, MemberKind::Certificate),
            Identity::FederationAws | Identity::FederationFile(_) => {
                return Arc::clone(&self.secrets);
            }
        };
        match self.trust.is_shared(place) {
            true => Arc::new(OwnMember::new(
                Arc::clone(&self.secrets),
                &tenant.name,
                kind,
            )),
            false => Arc::clone(&self.secrets),
        }
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
        polled_alerts: Some(tenant.polled_alerts().to_string()),
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

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
