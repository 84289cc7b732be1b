//! Entra's refusals.

use axum::http::StatusCode;

/// A refusal of the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) error: &'static str,
    /// The number behind `AADSTS`.
    pub(crate) code: u32,
    pub(crate) message: &'static str,
}

const fn bad_request(error: &'static str, code: u32, message: &'static str) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        error,
        code,
        message,
    }
}

const fn invalid_client(code: u32, message: &'static str) -> Refusal {
    Refusal {
        status: StatusCode::UNAUTHORIZED,
        error: "invalid_client",
        code,
        message,
    }
}

impl Refusal {
    pub(crate) const NO_TENANT: Self = bad_request("invalid_request", 90_002, "Tenant not found.");
    pub(crate) const WRONG_GRANT: Self =
        bad_request("unsupported_grant_type", 70_003, "Grant not supported.");
    pub(crate) const NO_APPLICATION: Self =
        bad_request("unauthorized_client", 700_016, "Application not found.");
    pub(crate) const WRONG_SCOPE: Self =
        bad_request("invalid_scope", 1_002_012, "The scope is not valid.");
    pub(super) const MALFORMED: Self = bad_request(
        "invalid_request",
        9_002_313,
        "Request is malformed or invalid.",
    );
    pub(super) const NO_JWT: Self = bad_request("invalid_request", 50_027, "Invalid JWT token.");
    pub(super) const NO_CREDENTIAL: Self =
        invalid_client(7_000_218, "No client_assertion and no client_secret.");
    pub(super) const WRONG_SECRET: Self = invalid_client(7_000_215, "Invalid client secret.");
    pub(super) const EXPIRED_SECRET: Self = invalid_client(
        7_000_222,
        "The provided client secret keys for app are expired.",
    );
    pub(super) const UNKNOWN_CERTIFICATE: Self =
        invalid_client(700_027, "The certificate is not registered on application.");
    pub(super) const EXPIRED_CERTIFICATE: Self =
        invalid_client(700_027, "The key used is expired.");
    pub(super) const WRONG_HEADER: Self =
        invalid_client(700_027, "The header is not PS256, JWT and x5t#S256.");
    pub(super) const WRONG_SIGNATURE: Self =
        invalid_client(700_027, "Client assertion contains an invalid signature.");
    pub(super) const REUSED: Self = invalid_client(700_027, "The jti is missing or was used.");
    pub(super) const WRONG_APPLICATION: Self =
        invalid_client(700_021, "Client assertion and client_id do not match.");
    pub(super) const WRONG_AUDIENCE: Self = invalid_client(
        700_023,
        "Client assertion audience is not the token endpoint.",
    );
    pub(super) const WRONG_TIME: Self = invalid_client(
        700_024,
        "Client assertion is not within its valid time range.",
    );
    pub(super) const NO_MATCH: Self =
        bad_request("invalid_client", 70_021, "No federated identity record.");
    pub(super) const OTHER_ISSUER: Self =
        bad_request("invalid_client", 700_211, "No matching issuer.");
    pub(super) const OTHER_AUDIENCE: Self =
        bad_request("invalid_client", 700_212, "No matching audience.");
    pub(super) const OTHER_SUBJECT: Self =
        bad_request("invalid_client", 700_213, "No matching subject.");
    pub(super) const OTHER_ALGORITHM: Self = bad_request(
        "invalid_request",
        5_002_738,
        "Not a supported signature algorithm.",
    );
    pub(super) const UNKNOWN_KEY: Self = bad_request(
        "invalid_client",
        7_000_272,
        "The key is not in the issuer's metadata.",
    );
    pub(super) const FORGED: Self = bad_request(
        "invalid_client",
        50_013,
        "Assertion failed signature validation.",
    );
    pub(super) const ISSUER_SILENT: Self = bad_request(
        "invalid_request",
        50_166,
        "Request to External OIDC endpoint failed.",
    );
}
