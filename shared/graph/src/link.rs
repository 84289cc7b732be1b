//! Where the next page is, once it is known to be safe to go there.

use std::fmt;

use drawbridge_entra::Endpoints;
use drawbridge_http::authority;
use drawbridge_http::wire_text::printable;
use url::Url;

use crate::query::Room;
use crate::resource::Resource;

/// The address of the next page: on the configured Graph host and nowhere else, because the token
/// goes with it.
///
/// Only a [`Page`](crate::Page) makes one. It is followed as it stands; `Debug` and `Display` show
/// host and path but not the query, which holds Graph's continuation token. It is not meant to be
/// stored: Graph does not say how long it stays valid.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NextLink {
    url: Url,
    /// How large its page may be.
    room: Room,
}

/// Which rule a next link breaks. Only the foreign host is named, never the link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkProblem {
    /// Not an absolute URL, or not one a request can be made of.
    #[error("it is not a URL")]
    Unreadable,
    /// Another scheme, host or port than the configured Graph.
    #[error("it leads to {found} instead of {expected}: check graph-url, or who answers there")]
    Foreign {
        /// Scheme, host and port it leads to.
        found: String,
        /// Scheme, host and port of the configured Graph.
        expected: String,
    },
    /// It carries a user name or password.
    #[error("it carries a user name or password")]
    Credentials,
    /// It leaves the version's path.
    #[error("it leaves the path {0}")]
    OutsidePath(String),
    /// It leads back to the page it stands on, which would never end.
    #[error("it leads to its own page again")]
    Circular,
}

impl NextLink {
    /// Takes a link from a page if the token may go there.
    pub(crate) fn check(
        text: &str,
        resource: &Resource,
        endpoints: &Endpoints,
    ) -> Result<Self, LinkProblem> {
        let mut url = Url::parse(text).map_err(|_| LinkProblem::Unreadable)?;
        // It is never sent; kept, one page could pass for many that lead to each other.
        url.set_fragment(None);
        // The origin is scheme, host and port; an opaque one (data:, file:) equals nothing.
        if url.origin() != endpoints.graph.origin() {
            return Err(LinkProblem::Foreign {
                found: place(&url),
                expected: place(&endpoints.graph),
            });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(LinkProblem::Credentials);
        }
        let below = resource.pages_below(endpoints);
        if !url.path().starts_with(&below) {
            return Err(LinkProblem::OutsidePath(below));
        }
        if url.as_str().parse::<http::Uri>().is_err() {
            return Err(LinkProblem::Unreadable);
        }
        Ok(Self {
            url,
            room: Room::default(),
        })
    }

    /// The same for a page that may be so large; as it comes, that is as large as the one before.
    #[must_use]
    pub fn with_room(self, room: Room) -> Self {
        Self { room, ..self }
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// How large its page may be.
    #[must_use]
    pub fn room(&self) -> Room {
        self.room
    }
}

/// Scheme, host and port; a host is at most 253 characters, more is somebody's joke.
fn place(url: &Url) -> String {
    printable(&format!("{}://{}", url.scheme(), authority(url)), 300)
}

impl fmt::Display for NextLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}?…", place(&self.url), self.url.path())
    }
}

impl fmt::Debug for NextLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NextLink({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::ALERTS;

    fn check(link: &str) -> Result<NextLink, LinkProblem> {
        let graph: Url = "https://graph.microsoft.com".parse().unwrap();
        let endpoints = Endpoints::custom(graph.clone(), graph).unwrap();
        NextLink::check(link, &ALERTS, &endpoints)
    }

    #[test]
    fn a_link_on_the_same_graph_is_followed_as_it_stands() {
        for link in [
            "https://graph.microsoft.com/v1.0/security/alerts_v2?$top=2&$skiptoken=a%2Bb'c",
            "https://graph.microsoft.com:443/v1.0/security/alerts_v2?$skip=2",
            "https://GRAPH.microsoft.com/v1.0/security/alerts_v2?$skip=2",
        ] {
            assert!(check(link).is_ok(), "{link}");
        }
        let link = "https://graph.microsoft.com/v1.0/x?$skiptoken=a%2Bb%27";
        assert_eq!(check(link).unwrap().url().as_str(), link);
    }

    #[test]
    fn what_is_written_oddly_is_followed_as_what_it_means() {
        let meant = check("https://graph.microsoft.com/v1.0/x?a").unwrap();
        for link in [
            "https://graph.microsoft.com/v1.0/x?a#fragment",
            "HTTPS://GRAPH.MICROSOFT.COM/v1.0/x?a",
            "https:\\\\graph.microsoft.com\\v1.0\\x?a",
            "https://graph.micro\nsoft.com/v1.0/\tx?a\r\n",
            "https://\u{ff47}raph.microsoft.com/v1.0/x?a",
            "https://graph.microsoft.com/v1.0/y/../x?a",
            " https:graph.microsoft.com:443/v1.0/x?a",
        ] {
            assert_eq!(check(link).as_ref(), Ok(&meant), "{link}");
        }
    }

    #[test]
    fn every_other_place_is_refused_and_only_its_host_is_named() {
        for (link, host) in [
            ("https://evil.example/v1.0/x?t=MARKER", "evil.example"),
            (
                "http://graph.microsoft.com/v1.0/x?t=MARKER",
                "http://graph.microsoft.com",
            ),
            ("https://graph.microsoft.com:8443/v1.0/x?t=MARKER", ":8443"),
            (
                "https://graph.microsoft.com.evil.example/v1.0/?t=MARKER",
                "com.evil.example",
            ),
            (
                "https://graph.microsoft.com@evil.example/v1.0/x?t=MARKER",
                "evil.example",
            ),
            ("https://169.254.169.254/v1.0/x?t=MARKER", "169.254.169.254"),
            ("https://[::1]/v1.0/x?t=MARKER", "[::1]"),
            ("https://10.0.0.1/v1.0/x?t=MARKER", "10.0.0.1"),
            ("https://0xa9fea9fe/v1.0/x?t=MARKER", "169.254.169.254"),
            (
                "https://gr\u{430}ph.microsoft.com/v1.0/x?t=MARKER",
                "https://xn--",
            ),
            (
                "https://graph.microsoft.com./v1.0/x?t=MARKER",
                "graph.microsoft.com. ",
            ),
            (
                "https://evil.example\\@graph.microsoft.com/v1.0/x?t=MARKER",
                "evil.example",
            ),
            (
                "https://graph.microsoft.com:443@evil.example/v1.0/x?t=MARKER",
                "evil.example",
            ),
            ("https://MARKER:MARKER@evil.example/v1.0/x", "evil.example"),
            ("javascript:MARKER", "javascript"),
            ("data:text/html,MARKER", "data"),
            ("file:///v1.0/MARKER", "file"),
        ] {
            let problem = check(link).unwrap_err();
            assert!(matches!(problem, LinkProblem::Foreign { .. }), "{link}");
            let text = format!("{problem} {problem:?}");
            assert!(text.contains(host) && !text.contains("MARKER"), "{text}");
        }
    }

    #[test]
    fn credentials_and_other_paths_are_refused() {
        for (link, expected) in [
            (
                "https://u:p@graph.microsoft.com/v1.0/x",
                LinkProblem::Credentials,
            ),
            (
                "https://u@graph.microsoft.com/v1.0/x",
                LinkProblem::Credentials,
            ),
            (
                "https://graph.microsoft.com/beta/x",
                LinkProblem::OutsidePath("/v1.0/".to_owned()),
            ),
            (
                "https://graph.microsoft.com\\@evil.example/v1.0/x",
                LinkProblem::OutsidePath("/v1.0/".to_owned()),
            ),
            (
                "https://graph.microsoft.com/V1.0/x",
                LinkProblem::OutsidePath("/v1.0/".to_owned()),
            ),
            (
                "https://graph.microsoft.com/v1.0/../beta/x",
                LinkProblem::OutsidePath("/v1.0/".to_owned()),
            ),
            (
                "https://graph.microsoft.com/v1.0/%2e%2e/beta/x",
                LinkProblem::OutsidePath("/v1.0/".to_owned()),
            ),
            ("/v1.0/security/alerts_v2?$skip=2", LinkProblem::Unreadable),
            ("", LinkProblem::Unreadable),
            ("https://", LinkProblem::Unreadable),
            (
                "https://graph.microsoft.com:99999/v1.0/x",
                LinkProblem::Unreadable,
            ),
            (
                "https://gra ph.microsoft.com/v1.0/x",
                LinkProblem::Unreadable,
            ),
        ] {
            assert_eq!(check(link).unwrap_err(), expected, "{link}");
        }
        let endless = format!("https://graph.microsoft.com/v1.0/x?{}", "a".repeat(70_000));
        assert_eq!(check(&endless).unwrap_err(), LinkProblem::Unreadable);
    }

    #[test]
    fn plain_http_is_followed_only_where_graph_itself_is_plain_http() {
        let graph: Url = "http://127.0.0.1:8080".parse().unwrap();
        let endpoints = Endpoints::custom(graph.clone(), graph).unwrap();
        assert!(NextLink::check("http://127.0.0.1:8080/v1.0/x", &ALERTS, &endpoints).is_ok());
        assert!(NextLink::check("http://127.0.0.1:8081/v1.0/x", &ALERTS, &endpoints).is_err());
        assert!(NextLink::check("http://localhost:8080/v1.0/x", &ALERTS, &endpoints).is_err());
    }

    #[test]
    fn the_continuation_token_is_not_shown() {
        let link = check("https://graph.microsoft.com/v1.0/x?$skiptoken=MARKER").unwrap();
        let text = format!("{link} {link:?}");
        assert!(
            text.contains("/v1.0/x") && !text.contains("MARKER"),
            "{text}"
        );
    }
}
