//! What a path asks for.

/// The format of the retired API's records.
pub(crate) const ALERTS_FORMAT: &str = "siem";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The retired API: `/api/alerts`.
    Alerts,
    /// The records of a format, page by page: `/api/FORMAT`.
    Format(String),
}

impl Endpoint {
    /// Of a path: `/api/alerts`, `/api/alert` or `/api/v1.0/alerts`, without regard to case, to more
    /// slashes than one, or to `/api/alerts` in front of it: there are clients that write each of these.
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
            ["api", "alerts" | "alert"] | ["api", "v1.0", "alerts" | "alert"] => Some(Self::Alerts),
            ["api", format] => Some(Self::Format((*format).to_owned())),
            _ => None,
        }
    }

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
            assert_eq!(Endpoint::of(path), Some(Endpoint::Alerts), "{path}");
        }
        let native = Endpoint::Format("native".into());
        assert_eq!(Endpoint::of("//api/native/"), Some(native));
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
            assert_eq!(Endpoint::of(path), None, "{path}");
        }
    }
}
