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

/// The variable that is to name a proxy for https and does not, or is empty beside one that does. The HTTP
/// client would pass it over, and connect directly.
pub(crate) fn unusable_proxy(variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    https_proxy(&variable)?;
    let is_unusable = |name: &&str| variable(name).is_some_and(|value| !is_proxy(&value));
    VARIABLES.into_iter().find(is_unusable)
}

/// How the address of a proxy may begin.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Whether the HTTP client takes it for a proxy; it takes none with a blank around.
fn is_proxy(value: &str) -> bool {
    let is_one = |proxy: http::Uri| {
        proxy.host().is_some() && proxy.scheme_str().is_none_or(|is| SCHEMES.contains(&is))
    };
    value.parse().is_ok_and(is_one)
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
            assert_eq!(unusable, is_set.then_some("ALL_PROXY"), "{value}");
        }
        let unusable = |name: &'static str, value: &'static str| {
            unusable_proxy(move |asked| match asked {
                "https_proxy" => Some("http://proxy:3128".to_owned()),
                asked => (asked == name).then(|| value.to_owned()),
            })
        };
        assert_eq!(unusable("HTTPS_PROXY", "proxy:3128"), None);
        assert_eq!(unusable("HTTP_PROXY", "ftp://proxy"), None);
        for value in ["", " ", "http://proxy:3128 ", "ftp://proxy", "foo://proxy"] {
            assert_eq!(
                unusable("HTTPS_PROXY", value),
                Some("HTTPS_PROXY"),
                "{value}"
            );
        }
        let both = |name: &str| Some(format!("http://{}.example", name.to_ascii_lowercase()));
        assert!(https_proxy_hosts(both).contains(&"all_proxy.example".to_owned()));
    }
}
