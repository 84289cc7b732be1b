//! Addresses, told apart by what they are: some formats have another key for each kind.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Row, rules};

type Value<'r> = Cow<'r, str>;

fn of_record<'r>(row: &Row<'r, 'r>, kind: fn(Option<IpAddr>) -> bool) -> Value<'r> {
    let address = rules::ip_address(row);
    if kind(address.parse().ok()) {
        address
    } else {
        Value::Borrowed("")
    }
}

pub(super) fn ipv4<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    of_record(row, |address| matches!(address, Some(IpAddr::V4(_))))
}

pub(super) fn ipv6<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    of_record(row, |address| matches!(address, Some(IpAddr::V6(_))))
}

pub(super) fn any<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    of_record(row, |address| address.is_some())
}

pub(super) fn neither<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    of_record(row, |address| address.is_none())
}

/// The first address of the device by which others may know it.
fn of_device<'r>(row: &Row<'r, 'r>, wanted: fn(IpAddr) -> bool) -> Option<Value<'r>> {
    let mut addresses = rules::device_addresses(row);
    let found = addresses.find(|text| text.parse().is_ok_and(wanted))?;
    Some(Value::Borrowed(found))
}

fn is_reachable_v4(address: Ipv4Addr) -> bool {
    !(address.is_loopback() || address.is_link_local() || address.is_unspecified())
}

fn is_reachable_v6(address: Ipv6Addr) -> bool {
    !(address.is_loopback() || address.is_unicast_link_local() || address.is_unspecified())
}

pub(super) fn device_ipv4<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let v4 = |address| matches!(address, IpAddr::V4(address) if is_reachable_v4(address));
    of_device(row, v4).unwrap_or_default()
}

pub(super) fn device_ip<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    let v6 = |address| matches!(address, IpAddr::V6(address) if is_reachable_v6(address));
    match device_ipv4(row) {
        none if none.is_empty() => of_device(row, v6).unwrap_or_default(),
        v4 => v4,
    }
}

pub(super) fn device_name_beside_ip<'r>(row: &Row<'r, 'r>) -> Value<'r> {
    if device_ip(row).is_empty() {
        Value::Borrowed("")
    } else {
        rules::machine_name(row)
    }
}
