use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use drawbridge_config::{ServeSettings, Tenant};
use drawbridge_http::{Transport, Url};

/// How long it is gone by documents as they were read, where they cannot be read anew: whoever may read no
/// more may not after that.
pub const TENANTS_KNOWN_FOR: Duration = Duration::from_mins(5);

/// A tenant whose outputs are served.
#[derive(Clone, Debug)]
pub struct ServedTenant {
    pub(crate) name: String,
    /// The directory (tenant) id, in lower case.
    pub(crate) id: String,
    pub(crate) settings: ServeSettings,
    pub(crate) formats: Vec<String>,
    pub(crate) login: Login,
}

/// Where the keys of a tenant are asked for.
#[derive(Clone)]
pub struct Login {
    /// Root of the sign-in host, such as `https://login.microsoftonline.com/`.
    pub root: Url,
    /// Carries the requests.
    pub transport: Arc<dyn Transport>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("root", &self.root.as_str())
            .finish_non_exhaustive()
    }
}

impl ServedTenant {
    /// What is served of a tenant whose document was checked, or `None` if nothing is.
    #[must_use]
    pub fn of(tenant: &Tenant, login: Login) -> Option<Self> {
        Some(Self {
            name: tenant.name.clone(),
            id: tenant.tenant_id.to_ascii_lowercase(),
            settings: tenant.serve.clone()?,
            formats: tenant.served_formats().map(str::to_owned).collect(),
            login,
        })
    }

    /// Whether it has clients of the token endpoint of Drawbridge's own.
    #[must_use]
    pub fn has_own_clients(&self) -> bool {
        !self.settings.own_clients.is_empty()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}
