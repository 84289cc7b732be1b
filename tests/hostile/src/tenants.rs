use drawbridge_config::{ConfigError, Tenant};
use serde::de::IgnoredAny;

use crate::marker::{MARKER, assert_discreet, assert_fit_for_a_log};
use crate::text;

/// The list of tenants: what passes the checks is safe to sign in with.
pub fn tenants(bytes: &[u8]) {
    let Some(json) = text(bytes) else { return };
    let tenants = match Tenant::parse_list("DRAWBRIDGE_TENANTS", json) {
        Ok(tenants) => tenants,
        Err(error) => {
            assert_fit_for_a_log(&error);
            // The tenant's name is named.
            let named =
                matches!(&error, ConfigError::Field { tenant, .. } if tenant.contains(MARKER));
            if !named {
                assert_discreet(&error, json);
            }
            return;
        }
    };
    assert!(
        serde_json::from_str::<IgnoredAny>(json).is_ok(),
        "no JSON, and yet tenants"
    );
    for tenant in &tenants {
        let Ok(endpoints) = tenant.endpoints(None) else {
            return assert!(
                tenant.endpoints(None).is_ok(),
                "a checked tenant without endpoints"
            );
        };
        for url in [&endpoints.login, &endpoints.graph] {
            let is_local = matches!(url.host_str(), Some("localhost" | "[::1]"))
                || url.host_str().is_some_and(|host| host.starts_with("127."));
            assert!(
                url.scheme() == "https" || is_local,
                "a secret would go over http to {url}"
            );
        }
    }
    let written = serde_json::to_string(&tenants).unwrap_or_default();
    assert_eq!(
        Tenant::parse_list("DRAWBRIDGE_TENANTS", &written).as_ref(),
        Ok(&tenants)
    );
}
