use drawbridge_http::is_loopback;
use url::Url;

use super::SettingsError;

/// Checks that records may be sent to an address: https, or http on this machine; no user name, no
/// fragment, and a query only where the target allows one.
pub(crate) fn check_url(
    field: &'static str,
    url: &Url,
    query_allowed: bool,
) -> Result<(), SettingsError> {
    let refuse = |problem: &str| Err(SettingsError::field(field, problem));
    // Records and tokens are never sent in the clear.
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(url)) {
        return refuse(
            "is not https: use https (plain http is allowed on 127.0.0.1, [::1] and localhost only)",
        );
    }
    // The other parts would be logged, or sent nowhere.
    let superfluous = if !url.username().is_empty() || url.password().is_some() {
        "a user name or password"
    } else if url.fragment().is_some() {
        "a fragment"
    } else if url.query().is_some() && !query_allowed {
        "a query"
    } else {
        return Ok(());
    };
    refuse(&format!(
        "carries {superfluous}: give scheme, host, port and path only"
    ))
}

/// Checks that a certificate authority is for a connection that shows a certificate.
pub(crate) fn check_ca(ca: Option<&str>, url: &Url) -> Result<(), SettingsError> {
    match ca {
        Some(_) if url.scheme() == "http" => Err(SettingsError::field(
            "ca",
            "has no effect with plain http, where no certificate is shown: remove it",
        )),
        _ => Ok(()),
    }
}

/// Checks that an address does not have the path already that is put behind it.
pub(crate) fn check_base(
    field: &'static str,
    url: &Url,
    own_path: &str,
) -> Result<(), SettingsError> {
    if url.path().contains(own_path) {
        let problem = format!("contains {own_path}, which is added by itself: leave it out");
        return Err(SettingsError::field(field, problem));
    }
    check_url(field, url, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_added_anyway_is_refused() {
        for (url, is_taken) in [
            ("https://siem:8088", true),
            ("https://proxy/splunk/", true),
            ("https://siem:8088/services/collector", false),
            ("https://siem:8088/services/collector/event", false),
        ] {
            let checked = check_base("url", &url.parse().unwrap(), "/services/collector");
            assert_eq!(checked.is_ok(), is_taken, "{url}");
        }
    }

    #[test]
    fn only_https_leaves_the_machine() {
        let refusal = |url: &str| {
            let checked = check_url("url", &url.parse().unwrap(), false);
            checked.err().map(|error| error.to_string())
        };
        for good in [
            "https://siem:8088/x",
            "http://127.0.0.1:1",
            "http://[::1]/",
            "http://localhost",
        ] {
            assert_eq!(refusal(good), None, "{good}");
        }
        for insecure in [
            "http://siem.example",
            "ftp://127.0.0.1",
            "http://127.0.0.1.example",
        ] {
            let error = refusal(insecure).unwrap();
            assert!(error.contains("url is not https"), "{insecure}: {error}");
        }
        for (decorated, part) in [
            ("https://u:p@siem", "a user name"),
            ("https://siem/?token=x", "a query"),
            ("https://siem/#x", "a fragment"),
        ] {
            let error = refusal(decorated).unwrap();
            assert!(error.contains(&format!("url carries {part}")), "{error}");
        }
        let with_query = "https://siem/?a=b".parse().unwrap();
        assert_eq!(check_url("url", &with_query, true), Ok(()));
    }
}
