use drawbridge_http::is_loopback;
use url::Url;

/// Why an address was refused. Its text names the host only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    /// Records and tokens are never sent in the clear.
    #[error(
        "is not https: use https (plain http is allowed on 127.0.0.1, [::1] and localhost only)"
    )]
    Insecure,
    /// A part that would be logged, or sent nowhere.
    #[error("carries {0}: give scheme, host, port and path only")]
    Decorated(&'static str),
}

/// The address, if it may be sent to: https, or http on this machine; no user, no fragment, and a
/// query only where the target's own path ends in it.
pub(crate) fn checked(url: &Url, query_allowed: bool) -> Result<(), AddressError> {
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
    if !secure {
        return Err(AddressError::Insecure);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Decorated("a user name or password"));
    }
    if url.fragment().is_some() {
        return Err(AddressError::Decorated("a fragment"));
    }
    if url.query().is_some() && !query_allowed {
        return Err(AddressError::Decorated("a query"));
    }
    Ok(())
}

/// The address of `path`, which begins with a slash, below a target's root.
pub(crate) fn below(root: &Url, path: &str) -> Url {
    let mut url = root.clone();
    url.set_path(&format!("{}{path}", root.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_leaves_the_machine() {
        let of = |url: &str| checked(&url.parse().unwrap(), false);
        for good in [
            "https://siem:8088/x",
            "http://127.0.0.1:1",
            "http://[::1]/",
            "http://localhost",
        ] {
            assert_eq!(of(good), Ok(()), "{good}");
        }
        for insecure in [
            "http://siem.example",
            "ftp://127.0.0.1",
            "http://127.0.0.1.example",
        ] {
            assert_eq!(of(insecure), Err(AddressError::Insecure), "{insecure}");
        }
        for decorated in [
            "https://u:p@siem",
            "https://siem/?token=x",
            "https://siem/#x",
        ] {
            assert!(
                matches!(of(decorated), Err(AddressError::Decorated(_))),
                "{decorated}"
            );
        }
        assert_eq!(checked(&"https://siem/?a=b".parse().unwrap(), true), Ok(()));
    }
}
