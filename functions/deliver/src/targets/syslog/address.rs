use std::fmt;

use tokio_rustls::rustls::pki_types::ServerName;

use crate::fields::SettingsError;

/// Where a syslog server is, and the name that its certificate must be for.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) name: ServerName<'static>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Reads `host:port`; an IPv6 address stands in brackets.
pub(super) fn address(text: &str) -> Result<Address, SettingsError> {
    let wrong = || {
        SettingsError::field(
            "address",
            "must be host:port without a scheme, such as siem.example.com:6514; syslog is sent \
             over TLS only",
        )
    };
    let (host, port) = text.trim().rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let is_bracketed = bare.len() != host.len();
    if port == 0 || is_bracketed != bare.contains(':') {
        return Err(wrong());
    }
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| wrong())?;
    Ok(Address {
        host: bare.to_owned(),
        port,
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_told_apart() {
        for (text, host, port) in [
            ("siem.example.com:6514", "siem.example.com", 6514),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:6514", "::1", 6514),
        ] {
            let address = address(text).unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port));
        }
        for text in [
            "siem",
            "siem:",
            "siem:0",
            "siem:70000",
            "tcp://siem:514",
            "::1:6514",
            ":1",
            "a b:1",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
