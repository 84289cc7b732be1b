use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drawbridge_config::{ConfigError, Tenant};
use drawbridge_cursor::WindowSettings;
use drawbridge_graph::{ClientSecret, Graph, SecretSource, TokenCache, Transport};
use drawbridge_queue::Queue;
use drawbridge_secrets::Secrets;
use drawbridge_store::Store;
use secrecy::SecretString;

use crate::{Grouping, Output, Poller, Settings, SystemClock};

/// What all tenants share.
pub(super) struct Surroundings {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) store: Arc<dyn Store>,
    pub(super) queue: Arc<dyn Queue>,
    pub(super) is_fifo: bool,
}

/// Builds a tenant's poller; nothing is asked of any service yet.
pub(super) fn poller(tenant: &Tenant, shared: &Surroundings) -> Result<Poller, ConfigError> {
    let endpoints = tenant.endpoints()?;
    let format = drawbridge_record::format(&tenant.format).ok_or_else(|| ConfigError::Field {
        tenant: tenant.name.clone(),
        field: "format",
        problem: format!("must be one of {}", drawbridge_record::names().join(", ")),
    })?;
    let secret = StoredSecret {
        secrets: Arc::clone(&shared.secrets),
        name: tenant.secret.clone(),
        is_stale: AtomicBool::new(false),
    };
    let sign_in = ClientSecret::new(
        Arc::clone(&shared.transport),
        endpoints.clone(),
        &tenant.tenant_id,
        &tenant.client_id,
        Arc::new(secret),
    );
    let tokens = Arc::new(TokenCache::new(Arc::new(sign_in)));
    let graph = Graph::new(
        Arc::clone(&shared.transport),
        tokens,
        endpoints,
        drawbridge_graph::Settings::default(),
    );
    let grouping = if shared.is_fifo {
        Grouping::Alert
    } else {
        Grouping::Tenant
    };
    Ok(Poller {
        graph: Arc::new(graph),
        store: Arc::clone(&shared.store),
        outputs: vec![Output::new(format, Arc::clone(&shared.queue), grouping)],
        clock: Arc::new(SystemClock),
        settings: Settings {
            service_sources: tenant.service_sources.clone(),
            page_size: tenant.page_size,
            windows: WindowSettings {
                overlap_secs: tenant.overlap_secs,
                settle_secs: tenant.settle_secs,
                first_lookback_secs: tenant.first_lookback_secs,
                ..WindowSettings::default()
            },
            retention_secs: u64::from(tenant.retention_days) * 24 * 60 * 60,
            ..Settings::new(&tenant.name)
        },
    })
}

/// A client secret that is asked for at each sign-in, so that a new one is used at once.
struct StoredSecret {
    secrets: Arc<dyn Secrets>,
    name: String,
    /// Set when the value was refused: the next one is not to come out of a cache.
    is_stale: AtomicBool,
}

#[async_trait::async_trait]
impl SecretSource for StoredSecret {
    async fn secret(&self) -> Result<SecretString, String> {
        let secret = if self.is_stale.swap(false, Ordering::Relaxed) {
            self.secrets.refresh(&self.name).await
        } else {
            self.secrets.get(&self.name).await
        };
        secret.map_err(|error| error.to_string())
    }

    fn forget(&self) {
        self.is_stale.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_secrets::SecretError;
    use secrecy::ExposeSecret as _;

    /// Keeps an old value until it is asked to look again.
    struct Rotated;

    #[async_trait::async_trait]
    impl Secrets for Rotated {
        async fn get(&self, _name: &str) -> Result<SecretString, SecretError> {
            Ok("old".into())
        }

        async fn refresh(&self, _name: &str) -> Result<SecretString, SecretError> {
            Ok("new".into())
        }
    }

    #[tokio::test]
    async fn a_refused_secret_is_looked_up_anew() {
        let source = StoredSecret {
            secrets: Arc::new(Rotated),
            name: "n".into(),
            is_stale: AtomicBool::new(false),
        };
        let mut seen = Vec::new();
        for refused in [false, true, false] {
            if refused {
                source.forget();
            }
            seen.push(source.secret().await.unwrap().expose_secret().to_owned());
        }
        assert_eq!(seen, ["old", "new", "old"]);
    }
}
