//! Why Graph refuses a token: 401 and 403 have more than one cause.
//!
//! Graph answers 403 for an application without the permission, and for a tenant that has it and is
//! not onboarded to Microsoft Defender or not licensed for it. What Graph says and what the token
//! shows tell them apart; where neither does, both causes are named.

use std::fmt;

use http::StatusCode;

const ONBOARD: &str = "have an admin of the tenant open https://security.microsoft.com once, which \
                       onboards it, and check that it is licensed for the products whose alerts are \
                       asked for";

const CLOUD: &str = "check that cloud, or login_url and graph_url, are the tenant's own, and that \
                     the clock is right";

/// Who may refuse a token that Entra has just handed out, and that has the permission.
const POLICY: &str = "an access policy of the tenant refuses the token (continuous access evaluation): \
                      the application was disabled or its tokens revoked a moment ago, or \
                      Conditional Access does not allow the address that it comes from, which the \
                      sign-in logs of the tenant's service principals in Entra show";

/// What Graph calls by its name.
const CONDITIONAL_ACCESS: &str = "a Conditional Access policy of the tenant refuses it: have its admin exclude the \
                                  application from the policy or allow its addresses (the sign-in logs of the \
                                  tenant's service principals in Entra name the policy)";

/// What else may be the cause if the answer is not Graph's.
const PROXY: &str =
    "; or it is a proxy on the way that refuses it, for Graph would have given a code";

/// Words of Graph's about the permission, in lower case. Sources: Microsoft's pages "Resolve
/// Microsoft Graph authorization errors" and "HTTP 403 authorization error when calling the
/// Microsoft Graph Security API", and what users of other readers of `alerts_v2` report.
const ABOUT_PERMISSION: &[&str] = &[
    "missing application roles",
    "required roles",
    "required scopes",
    "insufficient privileges",
    "does not contain valid permissions",
    "consent",
];

/// Words of Graph's about the tenant, likewise.
const ABOUT_TENANT: &[&str] = &[
    "provisioned",
    "onboard",
    "licens",
    "subscription",
    "not enabled for",
];

/// Words of Graph's about an access policy, likewise. Source: Microsoft's page "How to use Continuous
/// Access Evaluation enabled APIs in your applications".
const ABOUT_POLICY: &[&str] = &["continuous access evaluation", "revocationtimestamp"];

/// Words about a policy of that kind, likewise. Source: the text of AADSTS53003.
const ABOUT_CONDITIONAL_ACCESS: &[&str] =
    &["conditional access", "conditionalaccess", "aadsts53003"];

/// What is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The permission, or its consent.
    Permission,
    /// The tenant is not onboarded or not licensed.
    Tenant,
    /// Not the permission: the token has it.
    NotPermission,
    /// Graph says that it is the permission, and the token has it.
    Contradiction,
    /// A policy of the tenant.
    Policy,
    /// One of Conditional Access, by Graph's own words.
    ConditionalAccess,
    /// One or the other.
    Unknown,
}

/// Graph's refusal of a token: what it said, and what that leaves as the cause.
///
/// Displays as the end of a sentence: Graph's words in quotation marks, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    status: StatusCode,
    message: Option<String>,
    /// What an application must be granted.
    permission: &'static str,
    cause: Cause,
    /// Whether it had a code, as all of Graph's refusals have.
    has_code: bool,
}

impl Denial {
    /// `code` and `message` are Graph's, the message already fit to be shown; `permission` is the
    /// least that an application needs.
    pub(crate) fn new(
        status: StatusCode,
        code: Option<&str>,
        message: Option<String>,
        permission: &'static str,
    ) -> Self {
        let words = message.as_deref().unwrap_or_default().to_ascii_lowercase();
        let says = |list: &[&str]| list.iter().any(|part| words.contains(part));
        let cause = if says(ABOUT_POLICY) {
            Cause::Policy
        } else if says(ABOUT_CONDITIONAL_ACCESS) {
            Cause::ConditionalAccess
        } else if says(ABOUT_PERMISSION) {
            Cause::Permission
        } else if says(ABOUT_TENANT) {
            Cause::Tenant
        } else if code == Some("Authorization_RequestDenied") {
            Cause::Permission
        } else {
            Cause::Unknown
        };
        Self {
            status,
            message,
            permission,
            cause,
            has_code: code.is_some(),
        }
    }

    /// The same where the answer asks for a token that a policy of the tenant lets through, which is a
    /// challenge with claims (RFC 6750, and OpenID Connect Core, 5.5).
    pub(crate) fn with_challenge(self, is_challenge: bool) -> Self {
        let cause = match self.cause {
            Cause::ConditionalAccess => Cause::ConditionalAccess,
            _ if is_challenge => Cause::Policy,
            cause => cause,
        };
        Self { cause, ..self }
    }

    /// The same, once it is known whether the token has the permission. What Graph said comes first.
    pub(crate) fn with_permission(self, has_permission: Option<bool>) -> Self {
        let cause = match (self.cause, has_permission) {
            (Cause::Unknown, Some(true)) => Cause::NotPermission,
            (Cause::Permission, Some(true)) => Cause::Contradiction,
            (Cause::Unknown, Some(false)) => Cause::Permission,
            (known, _) => known,
        };
        Self { cause, ..self }
    }
}

impl Denial {
    /// What to do about it, and why.
    pub(crate) fn advice(&self) -> String {
        let grant = format!(
            "grant the application permission {} and give it admin consent in the tenant (it takes \
             minutes to arrive)",
            self.permission
        );
        let advice = match (self.cause, self.status) {
            (Cause::Permission, _) => grant,
            (Cause::Tenant, _) => format!(
                "the tenant is not onboarded to Microsoft Defender or not licensed for it: {ONBOARD}"
            ),
            (Cause::NotPermission, StatusCode::UNAUTHORIZED) => {
                format!("the token has the permission, so it is not that: {CLOUD}; or {POLICY}")
            }
            (Cause::Policy, _) => POLICY.to_owned(),
            (Cause::ConditionalAccess, _) => CONDITIONAL_ACCESS.to_owned(),
            (Cause::Contradiction, _) => format!(
                "the token has {}, so that granting it again changes nothing: if Graph names \
                 another permission, grant that one; if it was granted within the last hour, wait \
                 and try again; or the tenant is not onboarded to Microsoft Defender or not licensed \
                 for it: {ONBOARD}",
                self.permission
            ),
            (Cause::NotPermission, _) => format!(
                "the token has the permission, so it is not that; the tenant may not be onboarded \
                 to Microsoft Defender or not be licensed for it: {ONBOARD}"
            ),
            (Cause::Unknown, StatusCode::UNAUTHORIZED) => {
                format!("{CLOUD}; if they are, {grant}; or {POLICY}")
            }
            (Cause::Unknown, _) => format!(
                "either the permission is missing: {grant}; or the tenant is not onboarded to \
                 Microsoft Defender or not licensed for it: {ONBOARD}"
            ),
        };
        match self.has_code {
            true => advice,
            false => advice + PROXY,
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, ", Graph says \"{message}\": ")?,
            None => f.write_str(", without a word why: ")?,
        }
        f.write_str(&self.advice())
    }
}
