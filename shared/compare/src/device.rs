//! The devices that a record names: records of every generation have one or another of the keys.

use std::net::IpAddr;

use crate::row::Row;

/// The names of the device, in small letters.
pub(crate) fn names(row: &Row) -> Vec<String> {
    filled(row, &["ComputerDnsName", "MachineName"])
}

/// The ids of the device.
pub(crate) fn ids(row: &Row) -> Vec<String> {
    filled(row, &["DeviceID"])
}

/// What stands before the first dot; an address is one name.
pub(crate) fn label(host: &str) -> &str {
    match host.split_once('.') {
        Some((label, _)) if host.parse::<IpAddr>().is_err() => label,
        _ => host,
    }
}

fn filled(row: &Row, keys: &[&str]) -> Vec<String> {
    let texts = keys.iter().map(|key| row.text(key).to_lowercase());
    texts.filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn a_label_is_what_stands_before_the_first_dot() {
        for (host, expected) in [
            ("ws-1.corp.example.com", "ws-1"),
            ("ws-1", "ws-1"),
            ("10.0.0.1", "10.0.0.1"),
            ("2001:db8::192.0.2.1", "2001:db8::192.0.2.1"),
        ] {
            assert_eq!(label(host), expected);
        }
    }
}
