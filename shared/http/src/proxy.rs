//! The proxy that the environment names.

/// Those that the HTTP client reads for https, the more special ones first.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The variable that names a proxy for https, if one does; never its value, which may hold a
/// password.
///
/// The HTTP client reads these variables itself; this is for errors that may be the proxy's doing.
pub fn https_proxy(variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    VARIABLES
        .into_iter()
        .find(|name| variable(name).is_some_and(|value| !value.trim().is_empty()))
}

/// The hosts of the proxies for https that the environment names, read as the HTTP client reads them:
/// with or without a scheme, a user and a port.
pub(crate) fn https_proxy_hosts(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let host = |name: &str| proxy_host(&variable(name)?);
    VARIABLES.into_iter().filter_map(host).collect()
}

fn proxy_host(value: &str) -> Option<String> {
    let proxy: http::Uri = value.trim().parse().ok()?;
    proxy.host().map(str::to_owned)
}

/// Why a variable names no proxy that can be used. Its value is never repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnusableProxy {
    /// It is empty beside one that is not, or no address: the HTTP client would pass it over, and connect
    /// directly.
    #[error("does not name a proxy")]
    NoProxy,
    /// The HTTP client would connect to another port.
    #[error("names a proxy whose port is no number from 1 to 65535")]
    Port,
    /// The HTTP client would fail at the first request.
    #[error("names a SOCKS proxy, through which nothing is sent here")]
    Socks,
}

/// The variable that is to name a proxy for https, and names none that can be used.
pub(crate) fn unusable_proxy(
    variable: impl Fn(&str) -> Option<String>,
) -> Option<(&'static str, UnusableProxy)> {
    https_proxy(&variable)?;
    let unusable = |name: &'static str| Some((name, check_proxy(&variable(name)?).err()?));
    VARIABLES.into_iter().find_map(unusable)
}

/// Checks that the HTTP client takes it for a proxy; it takes none with a blank around.
fn check_proxy(value: &str) -> Result<(), UnusableProxy> {
    let proxy: http::Uri = value.parse().map_err(|_| UnusableProxy::NoProxy)?;
    match proxy.scheme_str() {
        None | Some("http" | "https") => {}
        Some(scheme) if scheme.starts_with("socks") => return Err(UnusableProxy::Socks),
        Some(_) => return Err(UnusableProxy::NoProxy),
    }
    let authority = proxy.authority().ok_or(UnusableProxy::NoProxy)?;
    let (host, whole) = (authority.host(), authority.as_str());
    let behind_user = whole.rsplit_once('@').map_or(whole, |(_, host)| host);
    let has_port = behind_user.len() > host.len();
    match authority.port_u16() {
        _ if host.is_empty() => Err(UnusableProxy::NoProxy),
        None if has_port => Err(UnusableProxy::Port),
        Some(0) => Err(UnusableProxy::Port),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_named_and_not_its_value() {
        let of =
            |set: &str, value: &str| https_proxy(|name| (name == set).then(|| value.to_owned()));
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            assert_eq!(of(name, "http://user:secret@proxy"), Some(name));
            assert_eq!(of(name, " "), None);
        }
        assert_eq!(of("HTTP_PROXY", "http://proxy"), None);
    }

    #[test]
    fn the_proxys_host_is_found_however_it_is_written() {
        let of = |value: &str| {
            https_proxy_hosts(|name| (name == "HTTPS_PROXY").then(|| value.to_owned()))
        };
        for value in [
            "http://proxy.corp.example:3128",
            "https://user:secret@proxy.corp.example/",
            "proxy.corp.example:3128",
            " proxy.corp.example ",
            "socks5h://proxy.corp.example:1080",
        ] {
            assert_eq!(of(value), ["proxy.corp.example"], "{value}");
        }
        for value in ["", " ", "http://", "no proxy"] {
            assert!(of(value).is_empty(), "{value}");
            let unusable = unusable_proxy(|name| (name == "ALL_PROXY").then(|| value.to_owned()));
            let is_set = !value.trim().is_empty();
            let expected = is_set.then_some(("ALL_PROXY", UnusableProxy::NoProxy));
            assert_eq!(unusable, expected, "{value}");
        }
        let unusable = |name: &'static str, value: &'static str| {
            unusable_proxy(move |asked| match asked {
                "https_proxy" => Some("http://proxy:3128".to_owned()),
                asked => (asked == name).then(|| value.to_owned()),
            })
        };
        assert_eq!(unusable("HTTPS_PROXY", "proxy:3128"), None);
        assert_eq!(unusable("HTTP_PROXY", "ftp://proxy"), None);
        use UnusableProxy::{NoProxy, Port, Socks};
        for (value, why) in [
            ("", NoProxy),
            (" ", NoProxy),
            ("http://proxy:3128 ", NoProxy),
            ("ftp://proxy", NoProxy),
            ("foo://proxy", NoProxy),
            ("http://127.0.0.1:99999", Port),
            ("http://user:secret@proxy:0", Port),
            ("http://user:secret@[::1]:port", Port),
            ("127.0.0.1:notaport", Port),
            ("http://proxy:", Port),
            ("socks5://proxy:1080", Socks),
            ("socks4a://proxy", Socks),
        ] {
            let told = unusable("HTTPS_PROXY", value);
            assert_eq!(told, Some(("HTTPS_PROXY", why)), "{value}");
        }
        for value in [
            "proxy",
            "proxy:3128",
            "[::1]:3128",
            "http://user:secret@proxy:3128",
            "http://user:secret@proxy",
            "https://[::1]/",
            "http://proxy:3128/",
        ] {
            assert_eq!(unusable("HTTPS_PROXY", value), None, "{value}");
        }
        let both = |name: &str| Some(format!("http://{}.example", name.to_ascii_lowercase()));
        assert!(https_proxy_hosts(both).contains(&"all_proxy.example".to_owned()));
    }
}
