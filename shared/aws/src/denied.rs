//! Who stands in the way of a call that AWS denies: more than the role's own permissions may.

/// What AWS's message blames, without any part of the message, which names accounts and resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// No policy of the role allows it.
    Role,
    /// Something that no permission of the role lifts, with what to do.
    Other(&'static str),
}

use Blame::{Other, Role};

/// Secrets Manager says the same of a key that is disabled as of one that the role may not use.
const KEY: &str = "its KMS key stands in the way: allow kms:GenerateDataKey and kms:Decrypt on the \
                   key to the role, in the role's policy and in the key's own; if both do, check \
                   that the key is enabled";

/// Parts of AWS's messages in lower case; the first that is found counts. Source: AWS Identity and
/// Access Management, "Troubleshoot access denied error messages".
const MESSAGES: &[(&str, Blame)] = &[
    (
        "service control policy",
        Other(
            "a service control policy of the organization stands in the way, which no permission \
             of the role lifts: ask who looks after the organization",
        ),
    ),
    (
        "resource control policy",
        Other(
            "a resource control policy of the organization stands in the way, which no permission \
             of the role lifts: ask who looks after the organization",
        ),
    ),
    (
        "vpc endpoint policy",
        Other("the policy of the VPC endpoint stands in the way: allow it there"),
    ),
    (
        "permissions boundary",
        Other("the role's permissions boundary stands in the way: allow it there, too"),
    ),
    (
        "session policy",
        Other("the policy of the session stands in the way: allow it where the role is assumed"),
    ),
    (
        "explicit deny in a resource-based policy",
        Other(
            "a deny in the policy of the resource itself (of the bucket, the queue, the secret or \
             the key) stands in the way: exempt the role there",
        ),
    ),
    (
        "explicit deny in an identity-based policy",
        Other("a deny in a policy of the role stands in the way: remove it"),
    ),
    ("to perform: kms:", Other(KEY)),
    ("access to kms is not allowed", Other(KEY)),
    ("no identity-based policy allows", Role),
];

/// Codes that say it without a message.
const CODES: &[(&str, Blame)] = &[
    ("KmsAccessDenied", Other(KEY)),
    ("KMS.AccessDeniedException", Other(KEY)),
    ("DecryptionFailure", Other(KEY)),
    (
        "AllAccessDisabled",
        Other("AWS has closed all access to it: ask AWS's support what is wrong with the account"),
    ),
];

/// Every service of AWS gives a code.
pub(crate) const NOT_AWS: &str = "if the role has that, it was not AWS that answered: check any \
                                  proxy on the way (NO_PROXY) and AWS_ENDPOINT_URL";

/// What a denial with this code and message blames, if it says so.
pub(crate) fn blame(code: &str, message: Option<&str>) -> Option<Blame> {
    let by_code = CODES.iter().find(|(known, _)| *known == code);
    let words = message.unwrap_or_default().to_ascii_lowercase();
    let found = by_code.or_else(|| MESSAGES.iter().find(|(part, _)| words.contains(part)));
    found.map(|(_, blame)| *blame)
}
