use std::net::IpAddr;

use super::super::observable::{HOSTNAME, IP_ADDRESS, MAC_ADDRESS, URL_STRING};
use super::super::write::Out;
use crate::tree::Object;

/// Whether OCSF takes a text for an IP address.
pub(super) fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Whether OCSF takes a text for a MAC address: six pairs between colons or hyphens.
pub(super) fn is_mac(text: &str) -> bool {
    text.len() == 17
        && text.bytes().enumerate().all(|(at, byte)| match at % 3 {
            2 => matches!(byte, b':' | b'-'),
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_port(number: i64) -> bool {
    u16::try_from(number).is_ok()
}

/// Roles that make an address the other end.
const FAR: [&str; 2] = ["destination", "commandAndControl"];

/// `src_endpoint` of an `ipEvidence`; `dst_endpoint` where its roles say so.
pub(super) fn address(out: &mut Out, it: &Object<'_>) {
    super::device::found_on(out, it);
    let is_far = it.texts("roles").any(|role| FAR.contains(&role));
    let name = if is_far {
        "dst_endpoint"
    } else {
        "src_endpoint"
    };
    endpoint(out, name, Some(it), |_| ());
}

/// An endpoint of an address, if that is one.
fn endpoint(
    out: &mut Out,
    name: &'static str,
    ip: Option<&Object<'_>>,
    more: impl FnOnce(&mut Out),
) {
    let Some(ip) = ip else { return };
    let Some(address) = ip.take_if("ipAddress", is_address) else {
        return;
    };
    out.object(name, |out| {
        out.observed(IP_ADDRESS, "ip", Some(address));
        more(out);
        let place = ip.object("location");
        let is_known = place.is_some_and(|place| place.has_any(&["city", "state"]));
        if is_known || ip.text("countryLetterCode").is_some() {
            out.object("location", |out| {
                out.text("country", ip.take("countryLetterCode"));
                if let Some(place) = place {
                    out.text("region", place.take("state"));
                    out.text("city", place.take("city"));
                    out.number("lat", place.take_number("latitude"));
                    out.number("long", place.take_number("longitude"));
                }
            });
        }
    });
}

/// `src_endpoint`, `dst_endpoint` and `connection_info` of a `networkConnectionEvidence`.
pub(super) fn connection(out: &mut Out, it: &Object<'_>) {
    for (name, address, port) in [
        ("src_endpoint", "sourceAddress", "sourcePort"),
        ("dst_endpoint", "destinationAddress", "destinationPort"),
    ] {
        endpoint(out, name, it.object(address), |out| {
            out.taken("port", it.take_int_if(port, is_port));
        });
    }
    if let Some(protocol) = it.take("protocol") {
        out.object("connection_info", |out| {
            out.coded("direction_id", "direction", (0, "Unknown"));
            out.text("protocol_name", Some(protocol));
            let number = match protocol {
                "tcp" => 6,
                "udp" => 17,
                _ => return,
            };
            out.made_of([Some(protocol)], |out| out.int("protocol_num", number));
        });
    }
}

/// `query`, `src_endpoint` (who asked) and `dst_endpoint` (the server) of a `dnsEvidence`.
pub(super) fn dns(out: &mut Out, it: &Object<'_>) {
    out.object("query", |out| {
        out.observed(HOSTNAME, "hostname", it.take("domainName"));
    });
    endpoint(out, "src_endpoint", it.object("hostIpAddress"), |_| ());
    endpoint(out, "dst_endpoint", it.object("dnsServerIp"), |_| ());
}

/// `src_endpoint` of a `nicEvidence`.
pub(super) fn interface(out: &mut Out, it: &Object<'_>) {
    endpoint(out, "src_endpoint", it.object("ipAddress"), |out| {
        out.observed(MAC_ADDRESS, "mac", it.take_if("macAddress", is_mac));
    });
}

/// `url` of a `urlEvidence`.
pub(super) fn url(out: &mut Out, it: &Object<'_>) {
    super::device::found_on(out, it);
    let Some(url) = it.take("url") else { return };
    out.object("url", |out| {
        let (scheme, host, port) = parts(url);
        out.observed(URL_STRING, "url_string", Some(url));
        out.text("scheme", scheme);
        out.observed(HOSTNAME, "hostname", host);
        if let Some(port) = port {
            out.made_of([Some(url)], |out| out.int("port", port));
        }
    });
}

/// The first `url` of a list of `urlEvidence`.
pub(super) fn first_url(out: &mut Out, it: &Object<'_>, list: &str) {
    if let Some(found) = it.objects(list).find(|it| it.text("url").is_some()) {
        url(out, found);
    }
}

/// Scheme, host and port of a URL, as far as it has them. Graph's may lack a scheme. What cannot be a
/// valid scheme or host is left out, so that searches by host name find hosts only.
fn parts(url: &str) -> (Option<&str>, Option<&str>, Option<i64>) {
    let Some((scheme, rest)) = url.split_once("://") else {
        return (None, None, None);
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host_and_port = authority.rsplit('@').next().unwrap_or(authority);
    // The colons of an IPv6 address are between brackets.
    let after_host = host_and_port.rfind(']').unwrap_or(0);
    let (host, port) = match host_and_port[after_host..].rfind(':') {
        Some(colon) => {
            let (host, port) = host_and_port.split_at(after_host + colon);
            (host, port[1..].parse::<u16>().ok().map(i64::from))
        }
        None => (host_and_port, None),
    };
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if !scheme.bytes().all(is_scheme) || !host.chars().all(is_host) {
        return (None, None, None);
    }
    (Some(scheme), Some(host), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_falls_into_parts() {
        assert_eq!(
            parts("https://a:b@c.example:8443/p?q#f"),
            (Some("https"), Some("c.example"), Some(8443))
        );
        assert_eq!(
            parts("http://c.example"),
            (Some("http"), Some("c.example"), None)
        );
        assert_eq!(
            parts("http://[::1]:80/"),
            (Some("http"), Some("[::1]"), Some(80))
        );
        assert_eq!(parts("http://c:99999"), (Some("http"), Some("c"), None));
        assert_eq!(parts("c.example/p"), (None, None, None));
        assert_eq!(parts("hxxp://bad host\0/p"), (None, None, None));
        assert_eq!(parts("go to http://c.example"), (None, None, None));
        assert_eq!(parts("http://é:é]:"), (Some("http"), Some("é:é]"), None));
    }

    #[test]
    fn addresses_are_told_from_other_texts() {
        assert!(is_address("192.0.2.1") && is_address("fe80::1"));
        assert!(!is_address("192.0.2.256") && !is_address("fe80::1%eth0") && !is_address(""));
        assert!(is_mac("00:1A:2b:3c-4d-5e"));
        assert!(!is_mac("00:1A:2b:3c:4d") && !is_mac("001A2b3c4d5e"));
    }
}
