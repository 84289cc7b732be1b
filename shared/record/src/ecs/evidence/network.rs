//! Addresses, names and connections.

use super::super::field::Ecs::{
    DestinationIp, DestinationPort, DnsQuestionName, DnsResolvedIp, HostIp, NetworkTransport,
    RelatedHosts, RelatedIp, SourceIp, SourcePort, UrlDomain, UrlFull,
};
use super::super::property::Holds::{Ip, Object};
use super::super::property::{Shape, kept, same};
use super::parts::{ADDRESS, address};
use super::{Kind, MDE_DEVICE_ID, kind};

static SOURCE: Shape = Shape::evidence(&address(&[SourceIp, RelatedIp]));
static DESTINATION: Shape = Shape::evidence(&address(&[DestinationIp, RelatedIp]));
static RESOLVED: Shape = Shape::evidence(&address(&[DnsResolvedIp, RelatedIp]));

pub(super) static KINDS: &[Kind] = &[
    kind(
        "ip",
        Some("network"),
        Shape::evidence(&[
            kept("ipAddress", "ip_address", Ip, &[HostIp, RelatedIp]),
            same("countryLetterCode", &[]),
            same("stream", &[]),
            same("location", &[]),
            MDE_DEVICE_ID,
        ]),
    ),
    kind(
        "url",
        None,
        Shape::evidence(&[same("url", &[UrlFull, UrlDomain]), MDE_DEVICE_ID]),
    ),
    kind(
        "networkConnection",
        Some("network"),
        Shape::evidence(&[
            kept("sourceAddress", "sourceAddress", Object(&SOURCE), &[]),
            same("sourcePort", &[SourcePort]),
            kept(
                "destinationAddress",
                "destinationAddress",
                Object(&DESTINATION),
                &[],
            ),
            same("destinationPort", &[DestinationPort]),
            same("protocol", &[NetworkTransport]),
        ]),
    ),
    kind(
        "dns",
        Some("network"),
        Shape::evidence(&[
            same("domainName", &[DnsQuestionName, RelatedHosts]),
            kept("dnsServerIp", "dnsServerIp", Object(&ADDRESS), &[]),
            kept("hostIpAddress", "hostIpAddress", Object(&ADDRESS), &[]),
            kept("ipAddresses", "ipAddresses", Object(&RESOLVED), &[]),
        ]),
    ),
];
