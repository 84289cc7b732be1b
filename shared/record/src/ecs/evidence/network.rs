//! Addresses, names and connections.

use super::super::field::Ecs::{
    DestinationIp, DestinationPort, DnsQuestionName, DnsResolvedIp, HostIp, NetworkTransport,
    RelatedHosts, RelatedIp, SourceIp, SourcePort, UrlDomain, UrlFull, UrlOriginal,
};
use super::super::property::Holds::{Ip, Long, Object};
use super::super::property::{Shape, kept, same, typed};
use super::parts::{
    ADDRESS, DESTINATION_COUNTRY, DESTINATION_GEO, GEO, SOURCE_COUNTRY, SOURCE_GEO, STREAM, address,
};
use super::{Kind, MDE_DEVICE_ID, kind};

static SOURCE: Shape = Shape::evidence(&address(
    &[SourceIp, RelatedIp],
    SOURCE_COUNTRY,
    &SOURCE_GEO,
));
static DESTINATION: Shape = Shape::evidence(&address(
    &[DestinationIp, RelatedIp],
    DESTINATION_COUNTRY,
    &DESTINATION_GEO,
));
static RESOLVED: Shape = Shape::evidence(&address(&[DnsResolvedIp, RelatedIp], &[], &GEO));

pub(super) static KINDS: &[Kind] = &[
    kind(
        "ip",
        Some("network"),
        Shape {
            whole: &[SourceIp],
            ..Shape::evidence(&[
                kept("ipAddress", "ip_address", Ip, &[HostIp, RelatedIp]),
                same("countryLetterCode", SOURCE_COUNTRY),
                typed("stream", Object(&STREAM), &[]),
                kept("location", "geo_location", Object(&SOURCE_GEO), &[]),
                MDE_DEVICE_ID,
            ])
        },
    ),
    kind(
        "url",
        None,
        Shape::evidence(&[
            same("url", &[UrlFull, UrlOriginal, UrlDomain]),
            MDE_DEVICE_ID,
        ]),
    ),
    kind(
        "networkConnection",
        Some("network"),
        Shape::evidence(&[
            typed("sourceAddress", Object(&SOURCE), &[]),
            typed("sourcePort", Long, &[SourcePort]),
            typed("destinationAddress", Object(&DESTINATION), &[]),
            typed("destinationPort", Long, &[DestinationPort]),
            same("protocol", &[NetworkTransport]),
        ]),
    ),
    kind(
        "dns",
        Some("network"),
        Shape::evidence(&[
            same("domainName", &[DnsQuestionName, RelatedHosts]),
            typed("dnsServerIp", Object(&ADDRESS), &[]),
            typed("hostIpAddress", Object(&ADDRESS), &[]),
            typed("ipAddresses", Object(&RESOLVED), &[]),
        ]),
    ),
];
