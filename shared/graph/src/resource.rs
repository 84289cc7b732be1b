//! The lists that are read from Graph.

use std::fmt;

use drawbridge_alert::{Alert, DecodeError};
use drawbridge_entra::Endpoints;
use url::Url;

/// A list of Graph's that is read in windows of time: what differs in the requests and answers of one such
/// list and another. Another list as a source is another constant of this type.
#[derive(Clone, Copy)]
pub struct Resource {
    /// Its path below Graph's root, the version first.
    pub path: &'static str,
    /// The property by which windows are asked for.
    pub time_property: &'static str,
    /// The property that [`AlertQuery::service_sources`](crate::AlertQuery::service_sources) narrows.
    pub service_property: &'static str,
    /// The property that [`AlertQuery::severities`](crate::AlertQuery::severities) narrows.
    pub severity_property: &'static str,
    /// The application permissions with which it can be read; the first one suffices.
    pub permissions: &'static [&'static str],
    /// Reads one element of a page into what records are made of.
    pub decode: for<'a> fn(&'a str) -> Result<Alert<'a>, DecodeError>,
}

/// The alerts of Microsoft Defender and what is connected to it, by the time of their last change.
///
/// Source: Microsoft Graph v1.0, "List alerts_v2".
pub const ALERTS: Resource = Resource {
    path: "v1.0/security/alerts_v2",
    time_property: "lastUpdateDateTime",
    service_property: "serviceSource",
    severity_property: "severity",
    permissions: &["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"],
    decode: |json| Alert::decode(json),
};

impl Resource {
    /// Its address.
    pub fn url(&self, endpoints: &Endpoints) -> Url {
        let mut url = endpoints.graph.clone();
        let full = format!("{}/{}", url.path().trim_end_matches('/'), self.path);
        url.set_path(&full);
        url
    }

    /// The permission that suffices to read it.
    pub(crate) fn least_permission(&self) -> &'static str {
        self.permissions.first().copied().unwrap_or_default()
    }

    /// The path below which each of its pages lies, `/v1.0/` unless Graph's root has a path itself.
    pub(crate) fn pages_below(&self, endpoints: &Endpoints) -> String {
        let version = self.path.split('/').next().unwrap_or_default();
        format!(
            "{}/{version}/",
            endpoints.graph.path().trim_end_matches('/')
        )
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denial::Denial;
    use crate::query::{AlertQuery, Room};
    use http::StatusCode;

    #[test]
    fn addresses_respect_a_path_in_the_root() {
        let root: Url = "https://gw.example/graph/".parse().unwrap();
        let endpoints = Endpoints::custom(root.clone(), root).unwrap();
        assert_eq!(
            ALERTS.url(&endpoints).as_str(),
            "https://gw.example/graph/v1.0/security/alerts_v2"
        );
        assert_eq!(ALERTS.pages_below(&endpoints), "/graph/v1.0/");
        let other = Resource {
            path: "beta/security/incidents",
            ..ALERTS
        };
        assert_eq!(other.pages_below(&endpoints), "/graph/beta/");
    }

    /// All of a request and of a refusal follows the resource.
    #[test]
    fn another_list_is_asked_for_by_its_own_time_and_permission() {
        let root: Url = "https://graph.example".parse().unwrap();
        let endpoints = Endpoints::custom(root.clone(), root).unwrap();
        let sign_ins = Resource {
            path: "v1.0/auditLogs/signIns",
            time_property: "createdDateTime",
            service_property: "appDisplayName",
            severity_property: "riskLevel",
            permissions: &["AuditLog.Read.All"],
            ..ALERTS
        };
        let query = AlertQuery {
            from: "2026-01-01T00:00:00Z".parse().unwrap(),
            to: "2026-01-02T00:00:00Z".parse().unwrap(),
            service_sources: vec!["Portal".to_owned()],
            severities: vec!["high".to_owned()],
            top: 10,
            room: Room::Usual,
        };
        assert_eq!(
            query.on(&sign_ins, &endpoints).as_str(),
            "https://graph.example/v1.0/auditLogs/signIns?$filter=createdDateTime+ge+\
             2026-01-01T00%3A00%3A00Z+and+createdDateTime+lt+2026-01-02T00%3A00%3A00Z+and+\
             appDisplayName+eq+%27Portal%27+and+riskLevel+eq+%27high%27&$top=10"
        );
        let denied = Denial::new(
            StatusCode::FORBIDDEN,
            Some("Authorization_RequestDenied"),
            None,
            sign_ins.least_permission(),
        );
        assert!(denied.to_string().contains("AuditLog.Read.All"), "{denied}");
        // What it says counts for more than its code.
        let denied = Denial::new(
            StatusCode::FORBIDDEN,
            Some("Authorization_RequestDenied"),
            Some("The tenant needs a subscription".to_owned()),
            sign_ins.least_permission(),
        );
        assert!(!denied.to_string().contains("consent"), "{denied}");
    }
}
