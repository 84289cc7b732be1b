//! What is read of Graph.

use std::fmt;

use drawbridge_alert::{Alert, DecodeError};
use drawbridge_entra::Endpoints;
use url::Url;

/// A list of Graph's that is read in windows of time: all that differs from one such list to another.
/// Another one as a source is another constant of this type.
#[derive(Clone, Copy)]
pub struct Resource {
    /// Its path below Graph's root, the version first.
    pub path: &'static str,
    /// The property by which windows are asked for.
    pub time_property: &'static str,
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
}
