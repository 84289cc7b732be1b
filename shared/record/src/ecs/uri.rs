//! The parts of a URL, as Elastic's pipeline names them.

/// A URL with a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Uri<'a> {
    pub(super) scheme: &'a str,
    pub(super) domain: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
}

impl<'a> Uri<'a> {
    /// Takes a URL apart; none where it has no scheme or no host that could be one.
    pub(super) fn parse(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let host = authority.rsplit('@').next()?;
        let domain = match host.rfind(']') {
            Some(end) if host.starts_with('[') => &host[1..end],
            _ => host.split(':').next()?,
        };
        let (rest, _fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        let fits = !scheme.is_empty()
            && scheme.bytes().all(is_scheme)
            && !domain.is_empty()
            && domain.chars().all(is_domain);
        fits.then_some(Self {
            scheme,
            domain,
            path,
            query,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_comes_apart() {
        let uri = Uri::parse("https://a@b:c@host.example:8443/p/q?tid=1?2#f?").unwrap();
        let parts = (uri.scheme, uri.domain, uri.path, uri.query);
        assert_eq!(parts, ("https", "host.example", "/p/q", "tid=1?2"));
        assert_eq!(
            Uri::parse("http://[2001:db8::1]:80").unwrap().domain,
            "2001:db8::1"
        );
        for none in [
            "",
            "host.example/p",
            "://h",
            "http://",
            "http:///p",
            "http://a b/",
            "h p://x",
        ] {
            assert_eq!(Uri::parse(none), None, "{none}");
        }
    }
}
