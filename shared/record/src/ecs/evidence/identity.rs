//! Users, groups and their sessions.

use super::super::field::Ecs::{
    GroupId, GroupName, RelatedHosts, RelatedUser, UrlDomain, UrlFull, UserAgentName,
    UserAgentOriginal, UserDomain, UserEmail, UserFullName, UserId, UserName,
};
use super::super::property::Holds::{Any, Evidence, Id, Object};
use super::super::property::{Shape, kept, same};
use super::parts::account;
use super::{Kind, kind};

/// The account of a user or a mailbox.
pub(super) static ACCOUNT: Shape = Shape::plain(&account(
    &[UserName, RelatedUser],
    &[UserDomain, RelatedHosts],
    &[UserId, RelatedUser],
    &[UserEmail, RelatedUser],
    &[UserFullName],
));

pub(super) static KINDS: &[Kind] = &[
    kind(
        "user",
        Some("iam"),
        Shape::evidence(&[
            same("stream", &[]),
            kept("userAccount", "user_account", Object(&ACCOUNT), &[]),
        ]),
    ),
    kind(
        "securityGroup",
        Some("iam"),
        Shape::evidence(&[
            kept("securityGroupId", "security_group_id", Any, &[GroupId]),
            kept("displayName", "display_name", Any, &[GroupName]),
        ]),
    ),
    kind(
        "activeDirectoryDomain",
        None,
        Shape::evidence(&[
            same("activeDirectoryDomainName", &[RelatedHosts]),
            kept(
                "trustedDomains",
                "trustedDomains",
                Evidence("activeDirectoryDomain"),
                &[],
            ),
        ]),
    ),
    kind(
        "servicePrincipal",
        Some("iam"),
        Shape::evidence(&[
            kept("appId", "app_id", Id, &[]),
            same("servicePrincipalName", &[RelatedUser]),
        ]),
    ),
    kind(
        "oauthApplication",
        None,
        Shape::evidence(&[
            kept("appId", "app_id", Id, &[]),
            kept("displayName", "display_name", Any, &[]),
            kept("objectId", "object_id", Any, &[]),
            same("publisher", &[]),
        ]),
    ),
    kind("cloudLogonRequest", Some("session"), Shape::evidence(&[])),
    kind(
        "cloudLogonSession",
        Some("session"),
        Shape::evidence(&[
            kept("account", "account", Evidence("user"), &[]),
            same("browser", &[UserAgentName]),
            same("deviceName", &[RelatedHosts]),
            same("userAgent", &[UserAgentOriginal]),
        ]),
    ),
    kind(
        "hostLogonSession",
        Some("session"),
        Shape::evidence(&[
            kept("account", "account", Evidence("user"), &[]),
            kept("host", "host", Evidence("device"), &[]),
        ]),
    ),
    kind(
        "gitHubUser",
        None,
        Shape::evidence(&[
            same("login", &[UserName, RelatedUser]),
            same("email", &[UserEmail, RelatedUser]),
            same("name", &[UserFullName]),
            same("userId", &[UserId, RelatedUser]),
            same("webUrl", &[UrlFull, UrlDomain]),
        ]),
    ),
    kind(
        "gitHubOrganization",
        None,
        Shape::evidence(&[
            kept("displayName", "display_name", Any, &[]),
            same("email", &[RelatedUser]),
            same("webUrl", &[UrlFull, UrlDomain]),
        ]),
    ),
    kind(
        "gitHubRepo",
        None,
        Shape::evidence(&[
            same("baseUrl", &[UrlFull, UrlDomain]),
            same("owner", &[RelatedUser]),
        ]),
    ),
];
