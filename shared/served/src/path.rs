//! What a path asks for.

/// The format of the retired API's records.
pub(crate) const ALERTS_FORMAT: &str = "siem";

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Records(Endpoint),
    /// A token of Drawbridge's own, in exchange for a secret.
    Token(TokenPath),
}

/// What records are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The retired API: `/api/alerts`.
    Alerts,
    /// The records of a format, page by page: `/api/FORMAT`.
    Format(String),
}

/// How a token is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenPath {
    /// The part of the path where the directory (tenant) id belongs.
    pub(crate) directory: Option<String>,
    pub(crate) version: TokenVersion,
}

/// Which of Entra's token endpoints a path is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenVersion {
    V1,
    V2,
}

impl Target {
    /// Reads a path: `/api/alerts`, `/api/alert` or `/api/v1.0/alerts`. Case, repeated slashes and an extra
    /// `/api/alerts` in front do not matter, since there are clients that write each of these. The paths
    /// for tokens are Entra's: `/DIRECTORY/oauth2/token` and `/DIRECTORY/oauth2/v2.0/token`.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let mut parts = parts.as_slice();
        while let ["api", "alerts", rest @ ..] = parts
            && !rest.is_empty()
        {
            parts = rest;
        }
        match parts {
            ["api", "alerts" | "alert"] | ["api", "v1.0", "alerts" | "alert"] => {
                Some(Self::Records(Endpoint::Alerts))
            }
            ["oauth2", rest @ ..] => Self::token(None, rest),
            [directory, "oauth2", rest @ ..] => Self::token(Some(*directory), rest),
            ["api", format] => Some(Self::Records(Endpoint::Format((*format).to_owned()))),
            _ => None,
        }
    }

    fn token(directory: Option<&str>, rest: &[&str]) -> Option<Self> {
        let version = match rest {
            ["token"] => TokenVersion::V1,
            ["v2.0", "token"] => TokenVersion::V2,
            _ => return None,
        };
        Some(Self::Token(TokenPath {
            directory: directory.map(str::to_owned),
            version,
        }))
    }
}

impl Endpoint {
    /// The format of its records, by name.
    pub(crate) fn format(&self) -> &str {
        match self {
            Self::Alerts => ALERTS_FORMAT,
            Self::Format(format) => format,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_that_clients_have_are_one() {
        for path in [
            "/api/alerts",
            "/api/alerts/",
            "/api/Alerts",
            "/api/Alerts/",
            "/api/alert",
            "//api/alerts",
            "//api//alerts//",
            "/api/alerts/api/alerts",
            "/api/alerts//api/alerts",
            "/api/v1.0/alerts",
            "/API/ALERTS",
        ] {
            let alerts = Some(Target::Records(Endpoint::Alerts));
            assert_eq!(Target::of(path), alerts, "{path}");
        }
        let native = Target::Records(Endpoint::Format("native".into()));
        assert_eq!(Target::of("//api/native/"), Some(native));
    }

    #[test]
    fn a_token_is_asked_for_as_of_entra() {
        let of = |directory: Option<&str>, version| {
            let directory = directory.map(str::to_owned);
            Some(Target::Token(TokenPath { directory, version }))
        };
        for (path, expected) in [
            ("/oauth2/token", of(None, TokenVersion::V1)),
            (
                "//Common/oauth2/token/",
                of(Some("common"), TokenVersion::V1),
            ),
            ("/0D/oauth2/v2.0/token", of(Some("0d"), TokenVersion::V2)),
            ("/oauth2/authorize", None),
            ("/a/b/oauth2/token", None),
            ("/oauth2/v2.0/token/x", None),
        ] {
            assert_eq!(Target::of(path), expected, "{path}");
        }
    }

    #[test]
    fn everything_else_is_nothing() {
        for path in [
            "",
            "/",
            "/api",
            "/alerts",
            "/api/v2.0/alerts",
            "/api/alerts/1",
            "/api/alerts/alerts",
            "/x/api/alerts",
            "/api/../alerts",
        ] {
            assert_eq!(Target::of(path), None, "{path}");
        }
    }
}
