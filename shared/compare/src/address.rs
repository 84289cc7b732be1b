//! Addresses in the notations that there are for them.

use std::net::IpAddr;

/// An address as RFC 5952 writes it, if it is one.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let address: IpAddr = text.trim().parse().ok()?;
    Some(address.to_string())
}
