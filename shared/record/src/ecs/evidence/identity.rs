//! Users, groups and their sessions.

use super::super::field::Ecs::{
    GroupId, GroupName, RelatedHosts, RelatedUser, UrlDomain, UrlFull, UrlOriginal, UserAgentName,
    UserAgentOriginal, UserDomain, UserEmail, UserFullName, UserId, UserName,
};
use super::super::property::Holds::{Date, Evidence, Object, Text};
use super::super::property::{How, Made, Shape, kept, same, typed};
use super::parts::{STREAM, account};
use super::{Kind, kind};

/// The account of a mailbox, which has a name of its own where the account has none.
pub(super) static MAILBOX_ACCOUNT: Shape = Shape::plain(&account(
    &[RelatedUser],
    &[UserDomain, RelatedHosts],
    &[UserId, RelatedUser],
    &[UserEmail, RelatedUser],
    &[UserFullName],
));

/// The account of a user.
static ACCOUNT: Shape = Shape {
    made: &[Made {
        to: UserName,
        how: How::First,
        of: &["accountName", "userPrincipalName"],
    }],
    ..Shape::plain(MAILBOX_ACCOUNT.own)
};

pub(super) static KINDS: &[Kind] = &[
    kind(
        "user",
        Some("iam"),
        Shape::evidence(&[
            typed("stream", Object(&STREAM), &[]),
            kept("userAccount", "user_account", Object(&ACCOUNT), &[]),
        ]),
    ),
    kind(
        "securityGroup",
        Some("iam"),
        Shape::evidence(&[
            kept("securityGroupId", "security_group_id", Text, &[GroupId]),
            kept("displayName", "display_name", Text, &[GroupName]),
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
            kept("appId", "app_id", Text, &[]),
            same("servicePrincipalName", &[RelatedUser]),
        ]),
    ),
    kind(
        "oauthApplication",
        None,
        Shape::evidence(&[
            kept("appId", "app_id", Text, &[]),
            kept("displayName", "display_name", Text, &[]),
            kept("objectId", "object_id", Text, &[]),
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
            typed("previousLogonDateTime", Date, &[]),
            typed("startUtcDateTime", Date, &[]),
            same("userAgent", &[UserAgentOriginal]),
        ]),
    ),
    kind(
        "hostLogonSession",
        Some("session"),
        Shape::evidence(&[
            kept("account", "account", Evidence("user"), &[]),
            typed("endUtcDateTime", Date, &[]),
            kept("host", "host", Evidence("device"), &[]),
            typed("startUtcDateTime", Date, &[]),
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
            same("webUrl", &[UrlFull, UrlOriginal, UrlDomain]),
        ]),
    ),
    kind(
        "gitHubOrganization",
        None,
        Shape::evidence(&[
            kept("displayName", "display_name", Text, &[]),
            same("email", &[RelatedUser]),
            same("webUrl", &[UrlFull, UrlOriginal, UrlDomain]),
        ]),
    ),
    kind(
        "gitHubRepo",
        None,
        Shape::evidence(&[
            same("baseUrl", &[UrlFull, UrlOriginal, UrlDomain]),
            same("owner", &[RelatedUser]),
        ]),
    ),
];
