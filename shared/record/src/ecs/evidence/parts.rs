//! Objects that several kinds of evidence have.

use super::super::field::Ecs::{self, RelatedHash, RelatedHosts, RelatedIp, RelatedUser};
use super::super::property::Holds::{Any, Ip, Long};
use super::super::property::{Property, Shape, kept, same};

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

/// `fileDetails`
pub(super) const fn file(to: &FileFields) -> [Property; 11] {
    [
        kept("@odata.type", "odata_type", Any, &[]),
        kept("sha1", "sha1", Any, to.sha1),
        kept("sha256", "sha256", Any, to.sha256),
        kept("md5", "md5", Any, to.md5),
        kept("sha256Ac", "sha256_ac", Any, &[RelatedHash]),
        kept("fileName", "name", Any, to.name),
        kept("filePath", "path", Any, to.path),
        kept("fileSize", "size", Long, to.size),
        kept("filePublisher", "publisher", Any, &[]),
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
        kept("@odata.type", "odata_type", Any, &[]),
        kept("accountName", "account_name", Any, name),
        kept("domainName", "domain_name", Any, domain),
        kept("userSid", "user_sid", Any, &[RelatedUser]),
        kept("azureAdUserId", "azure_ad_user_id", Any, id),
        kept("userPrincipalName", "user_principal_name", Any, email),
        kept("displayName", "display_name", Any, full_name),
        kept(
            "activeDirectoryObjectGuid",
            "active_directory_object_guid",
            Any,
            &[],
        ),
        kept("resourceAccessEvents", "resource_access_events", Any, &[]),
        kept("tenantId", "tenant_id", Any, &[]),
    ]
}

/// A user who was logged on to a device.
pub(super) static LOGGED_ON_USER: Shape = Shape::plain(&[
    kept("@odata.type", "odata_type", Any, &[]),
    kept("accountName", "account_name", Any, &[RelatedUser]),
    kept("domainName", "domain_name", Any, &[RelatedHosts]),
]);

/// An `ipEvidence` with a part of its own in another piece of evidence.
pub(super) const fn address(to: &'static [Ecs]) -> [Property; 4] {
    [
        kept("ipAddress", "ip_address", Ip, to),
        same("countryLetterCode", &[]),
        same("stream", &[]),
        same("location", &[]),
    ]
}

/// An address of which no more is known than that it was there.
pub(super) static ADDRESS: Shape = Shape::evidence(&address(&[RelatedIp]));
