//! Objects that several kinds of evidence have.

use super::super::field::Ecs::{
    self, DestinationGeoCity, DestinationGeoCountry, DestinationGeoCountryCode,
    DestinationGeoLocation, DestinationGeoRegion, RelatedHash, RelatedHosts, RelatedIp,
    RelatedUser, SourceGeoCity, SourceGeoCountry, SourceGeoCountryCode, SourceGeoLocation,
    SourceGeoRegion,
};
use super::super::property::Holds::{Date, Float, Ip, Long, Object, Text};
use super::super::property::{Property, Shape, kept, same, typed};

/// Where the parts of a file go.
pub(super) struct FileFields {
    pub(super) name: &'static [Ecs],
    /// Of the directory.
    pub(super) path: &'static [Ecs],
    pub(super) size: &'static [Ecs],
    pub(super) signer: &'static [Ecs],
    pub(super) md5: &'static [Ecs],
    pub(super) sha1: &'static [Ecs],
    pub(super) sha256: &'static [Ecs],
}

const ODATA_TYPE: Property = kept("@odata.type", "odata_type", Text, &[]);

/// `fileDetails`
pub(super) const fn file(to: &FileFields) -> [Property; 11] {
    [
        ODATA_TYPE,
        kept("sha1", "sha1", Text, to.sha1),
        kept("sha256", "sha256", Text, to.sha256),
        kept("md5", "md5", Text, to.md5),
        kept("sha256Ac", "sha256_ac", Text, &[RelatedHash]),
        kept("fileName", "name", Text, to.name),
        kept("filePath", "path", Text, to.path),
        kept("fileSize", "size", Long, to.size),
        kept("filePublisher", "publisher", Text, &[]),
        same("signer", to.signer),
        same("issuer", &[]),
    ]
}

/// `userAccount`, with the fields of its name, domain, id, e-mail address and full name.
pub(super) const fn account(
    name: &'static [Ecs],
    domain: &'static [Ecs],
    id: &'static [Ecs],
    email: &'static [Ecs],
    full_name: &'static [Ecs],
) -> [Property; 10] {
    [
        ODATA_TYPE,
        kept("accountName", "account_name", Text, name),
        kept("domainName", "domain_name", Text, domain),
        kept("userSid", "user_sid", Text, &[RelatedUser]),
        kept("azureAdUserId", "azure_ad_user_id", Text, id),
        kept("userPrincipalName", "user_principal_name", Text, email),
        kept("displayName", "display_name", Text, full_name),
        kept(
            "activeDirectoryObjectGuid",
            "active_directory_object_guid",
            Text,
            &[],
        ),
        kept(
            "resourceAccessEvents",
            "resource_access_events",
            Object(&RESOURCE_ACCESS),
            &[],
        ),
        kept("tenantId", "tenant_id", Text, &[]),
    ]
}

/// A user who was logged on to a device.
pub(super) static LOGGED_ON_USER: Shape = Shape::plain(&[
    ODATA_TYPE,
    kept("accountName", "account_name", Text, &[RelatedUser]),
    kept("domainName", "domain_name", Text, &[RelatedHosts]),
]);

/// The stream that a piece of evidence came from.
pub(super) static STREAM: Shape = Shape::plain(&[ODATA_TYPE, same("name", &[])]);

/// The hash of a file.
pub(super) static FILE_HASH: Shape =
    Shape::plain(&[ODATA_TYPE, same("algorithm", &[]), same("value", &[])]);

/// What an account or a device reached, and from where.
pub(super) static RESOURCE_ACCESS: Shape = Shape::plain(&[
    ODATA_TYPE,
    typed("accessDateTime", Date, &[]),
    same("accountId", &[RelatedUser]),
    same("ipAddress", &[RelatedIp]),
    same("resourceIdentifier", &[]),
]);

/// `location`, with the fields of its city, its country, its region and the point itself.
const fn location(
    city: &'static [Ecs],
    country: &'static [Ecs],
    region: &'static [Ecs],
) -> [Property; 6] {
    [
        ODATA_TYPE,
        same("city", city),
        same("countryName", country),
        typed("latitude", Float, &[]),
        typed("longitude", Float, &[]),
        same("state", region),
    ]
}

/// A place of which no more is known than that an address is there.
pub(super) static GEO: Shape = Shape::plain(&location(&[], &[], &[]));

pub(super) static SOURCE_GEO: Shape = Shape {
    whole: &[SourceGeoLocation],
    ..Shape::plain(&location(
        &[SourceGeoCity],
        &[SourceGeoCountry],
        &[SourceGeoRegion],
    ))
};

pub(super) static DESTINATION_GEO: Shape = Shape {
    whole: &[DestinationGeoLocation],
    ..Shape::plain(&location(
        &[DestinationGeoCity],
        &[DestinationGeoCountry],
        &[DestinationGeoRegion],
    ))
};

pub(super) const SOURCE_COUNTRY: &[Ecs] = &[SourceGeoCountryCode];
pub(super) const DESTINATION_COUNTRY: &[Ecs] = &[DestinationGeoCountryCode];

/// An `ipEvidence` with a part of its own in another piece of evidence.
pub(super) const fn address(
    to: &'static [Ecs],
    country: &'static [Ecs],
    geo: &'static Shape,
) -> [Property; 4] {
    [
        kept("ipAddress", "ip_address", Ip, to),
        same("countryLetterCode", country),
        typed("stream", Object(&STREAM), &[]),
        kept("location", "geo_location", Object(geo), &[]),
    ]
}

/// An address of which no more is known than that it was there.
pub(super) static ADDRESS: Shape = Shape::evidence(&address(&[RelatedIp], &[], &GEO));
