//! The two hosts a tenant talks to, and where tokens are on them.

use drawbridge_http::{authority, decoration, is_loopback};
use url::Url;

use crate::cloud::{Cloud, are_mixed, has_no_alerts};
use crate::tenant::TenantId;

/// Where tokens come from and where Graph answers.
///
/// Made by [`Cloud::endpoints`](crate::Cloud::endpoints) or, for a simulator or a gateway, by
/// [`Endpoints::custom`], which checks both addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Root of the Entra login host, such as `https://login.microsoftonline.com/`.
    pub login: Url,
    /// Root of Graph without the version, such as `https://graph.microsoft.com/`.
    pub graph: Url,
}

/// Why an address was refused. `which` is `login-url` or `graph-url`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Secrets and tokens go to these hosts, so they are never sent in the clear.
    #[error(
        "{which} {host} is not https: use https (plain http is allowed on 127.0.0.1, [::1] and \
         localhost only)"
    )]
    Insecure {
        /// The setting at fault.
        which: &'static str,
        /// The host it names.
        host: String,
    },
    /// User name, password, query or fragment in the address.
    #[error("{which} {host} carries {what}: give scheme, host, port and path only")]
    Decorated {
        /// The setting at fault.
        which: &'static str,
        /// The host it names.
        host: String,
        /// The part that does not belong there.
        what: &'static str,
    },
    /// Two of Microsoft's clouds, neither of which takes the other's tokens.
    #[error(
        "login-url {login} and graph-url {graph} belong to different clouds: set cloud in the \
         place of both"
    )]
    Mixed {
        /// The login host.
        login: String,
        /// The Graph host.
        graph: String,
    },
    /// The 21Vianet cloud.
    #[error(
        "{which} {host} belongs to the 21Vianet cloud (China), which has no security/alerts_v2: \
         there is nothing to poll there"
    )]
    NoAlerts {
        /// The setting at fault.
        which: &'static str,
        /// The host it names.
        host: String,
    },
}

impl Endpoints {
    /// Takes explicit hosts: https, or plain http on loopback for a simulator.
    ///
    /// # Errors
    /// [`EndpointError`] names the setting and the rule it breaks.
    pub fn custom(login: Url, graph: Url) -> Result<Self, EndpointError> {
        check("login-url", &login)?;
        check("graph-url", &graph)?;
        if are_mixed(&login, &graph) {
            return Err(EndpointError::Mixed {
                login: authority(&login),
                graph: authority(&graph),
            });
        }
        Ok(Self { login, graph })
    }

    /// The address that hands out tokens for a tenant (OAuth 2.0 client credentials, v2.0).
    pub(crate) fn token_url(&self, tenant: &TenantId) -> Url {
        below(&self.login, &format!("{tenant}/oauth2/v2.0/token"))
    }

    /// The scope that asks for every permission granted to the application on this Graph.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.graph.as_str().trim_end_matches('/'))
    }
}

impl Cloud {
    /// The login host and Graph root of this cloud.
    #[expect(clippy::expect_used, reason = "constants, each of which a test parses")]
    pub fn endpoints(self) -> Endpoints {
        Endpoints {
            login: Url::parse(self.login()).expect("the table holds URLs"),
            graph: Url::parse(self.graph()).expect("the table holds URLs"),
        }
    }
}

fn check(which: &'static str, url: &Url) -> Result<(), EndpointError> {
    let host = authority(url);
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(url)) {
        return Err(EndpointError::Insecure { which, host });
    }
    if has_no_alerts(url) {
        return Err(EndpointError::NoAlerts { which, host });
    }
    match decoration(url) {
        Some(what) => Err(EndpointError::Decorated { which, host, what }),
        None => Ok(()),
    }
}

/// `path` below `root`, whatever slash the root ends in.
fn below(root: &Url, path: &str) -> Url {
    let mut url = root.clone();
    let full = format!("{}/{path}", root.path().trim_end_matches('/'));
    url.set_path(&full);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_has_hosts_that_go_together() {
        for cloud in Cloud::ALL {
            let endpoints = cloud.endpoints();
            let checked = Endpoints::custom(endpoints.login.clone(), endpoints.graph.clone());
            assert_eq!(checked, Ok(endpoints));
        }
        let dod = Cloud::Dod.endpoints();
        assert_eq!(dod.login.host_str(), Some("login.microsoftonline.us"));
        assert_eq!(dod.graph.host_str(), Some("dod-graph.microsoft.us"));
    }

    fn custom(login: &str, graph: &str) -> Result<Endpoints, EndpointError> {
        Endpoints::custom(login.parse().unwrap(), graph.parse().unwrap())
    }

    fn refused(graph: &str) -> String {
        custom("https://login.example", graph)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn https_anywhere_and_http_on_loopback_are_taken() {
        for graph in [
            "https://graph.microsoft.com",
            "https://gateway.example/graph/",
            "http://127.0.0.1:8080",
            "http://127.9.8.7",
            "http://[::1]:9",
            "http://localhost:9/",
        ] {
            assert!(custom(graph, graph).is_ok(), "{graph}");
        }
    }

    #[test]
    fn http_elsewhere_is_refused() {
        for graph in [
            "http://graph.microsoft.com",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
            "http://[::2]",
            "ftp://127.0.0.1",
            "mailto:a@b",
        ] {
            assert!(refused(graph).contains("is not https"), "{graph}");
        }
    }

    #[test]
    fn hosts_of_two_clouds_are_not_mixed() {
        let (global, government) = (
            "https://login.microsoftonline.com",
            "https://graph.microsoft.us",
        );
        let error = custom(global, government).unwrap_err().to_string();
        assert!(error.contains("different clouds"), "{error}");
        for (login, graph) in [
            (global, "https://graph.microsoft.com/"),
            (global, "https://gateway.example"),
            ("https://gateway.example", government),
            ("https://login.microsoftonline.us", government),
            (
                "https://login.microsoftonline.us/",
                "https://dod-graph.microsoft.us",
            ),
        ] {
            assert!(custom(login, graph).is_ok(), "{login} {graph}");
        }
        for graph in [
            "https://graph.microsoft.com",
            "https://dod-graph.microsoft.us",
        ] {
            let mixed = custom("https://login.microsoftonline.us", graph).is_err();
            assert_eq!(mixed, graph.ends_with(".com"), "{graph}");
        }
    }

    #[test]
    fn chinas_hosts_are_refused_with_the_reason() {
        let china = "https://microsoftgraph.chinacloudapi.cn";
        assert!(refused(china).contains("no security/alerts_v2"));
        for login in [
            "https://login.chinacloudapi.cn",
            "https://login.partner.microsoftonline.cn",
        ] {
            let error = custom(login, "https://gateway.example").unwrap_err();
            assert!(error.to_string().contains("21Vianet"), "{error}");
        }
    }

    #[test]
    fn decorations_are_refused_without_being_shown() {
        for (graph, what) in [
            ("https://user:MARKER@graph.example", "password"),
            ("https://MARKER@graph.example", "user name"),
            ("https://graph.example?key=MARKER", "query"),
            ("https://graph.example/#MARKER", "fragment"),
        ] {
            let error = refused(graph);
            assert!(error.contains(what) && !error.contains("MARKER"), "{error}");
        }
    }

    #[test]
    fn addresses_respect_a_path_in_the_root() {
        let endpoints = custom("https://login.example/", "https://gw.example/graph/").unwrap();
        let tenant: TenantId = "contoso.example".parse().unwrap();
        assert_eq!(
            endpoints.token_url(&tenant).as_str(),
            "https://login.example/contoso.example/oauth2/v2.0/token"
        );
        assert_eq!(endpoints.scope(), "https://gw.example/graph/.default");
    }

    #[test]
    fn the_scope_of_a_bare_root_has_one_slash() {
        let endpoints = custom("https://login.example", "https://graph.microsoft.com/").unwrap();
        assert_eq!(endpoints.scope(), "https://graph.microsoft.com/.default");
    }
}
