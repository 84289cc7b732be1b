//! The devices that a record names: records of every generation have one or another of the keys.

use std::net::IpAddr;

use crate::row::Row;

/// The names of the device, in small letters.
pub(crate) fn names(row: &Row) -> Vec<String> {
    filled(row, &["ComputerDnsName", "MachineName"])
}

/// The names of the device without its domain.
pub(crate) fn labels(row: &Row) -> Vec<String> {
    let names = names(row);
    names.iter().map(|name| label(name).to_owned()).collect()
}

/// The ids of the device.
pub(crate) fn ids(row: &Row) -> Vec<String> {
    filled(row, &["DeviceID"])
}

/// Whether a record names any device.
pub(crate) fn is_named(row: &Row) -> bool {
    !(names(row).is_empty() && ids(row).is_empty())
}

/// Whether the names of two records may be those of one device: not if each has a name in another
/// domain.
pub(crate) fn may_share_domain(old: &Row, new: &Row) -> bool {
    let [old, new] = [old, new].map(|row| {
        let mut names = names(row);
        names.retain(|name| label(name) != name);
        names
    });
    old.is_empty() || new.is_empty() || old.iter().any(|name| new.contains(name))
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
