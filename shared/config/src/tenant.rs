use std::collections::HashSet;

use drawbridge_graph::{Cloud, CloudError, Endpoints};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ConfigError;

/// The most characters of a name, or of what serde says about names, that an error repeats.
const MAX_CHARS: usize = 500;

/// One tenant to poll: who signs in where, what is asked for and how windows are cut.
///
/// As JSON: `{"name":"contoso","tenant_id":"…","client_id":"…","secret":"arn:…"}`; everything else
/// has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// The name used in object keys, metrics and jobs: `a-z`, `0-9` and `-`, at most 64.
    pub name: String,
    /// The directory (tenant) id in Entra, or one of its verified domains.
    pub tenant_id: String,
    /// The application (client) id of the app registration.
    pub client_id: String,
    /// Where the client secret lies: a Secrets Manager name or ARN, never the secret itself.
    pub secret: String,
    /// `global`, `gcc-high` or `dod`.
    #[serde(default = "global")]
    pub cloud: String,
    /// Sign-in host in place of the cloud's; goes with `graph_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_url: Option<Url>,
    /// Graph root in place of the cloud's; goes with `login_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph_url: Option<Url>,
    /// The products whose alerts are read (`serviceSource`); empty for all.
    #[serde(default = "defender_for_endpoint")]
    pub service_sources: Vec<String>,
    /// Alerts a page, 1 to 1000, Graph's limit.
    #[serde(default = "d::<1000>")]
    pub page_size: u32,
    /// Seconds that a live poll reads back behind its watermark.
    #[serde(default = "d::<900>")]
    pub overlap_secs: u32,
    /// Seconds that a live poll stays behind now.
    #[serde(default = "d::<30>")]
    pub settle_secs: u32,
    /// Seconds that the very first poll looks back.
    #[serde(default = "d::<86_400>")]
    pub first_lookback_secs: u32,
    /// Days that a written record is remembered after Graph last returned its alert.
    #[serde(default = "d::<7>")]
    pub retention_days: u32,
    /// The record format.
    #[serde(default = "siem")]
    pub format: String,
}

impl Tenant {
    /// Reads a JSON list of tenants out of the variable `name` and checks every one.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] with the place in the document, [`ConfigError::Field`] with the
    /// tenant and the field.
    pub fn parse_list(name: &'static str, text: &str) -> Result<Vec<Self>, ConfigError> {
        let unreadable = |path: &str, error: &serde_json::Error| ConfigError::Unreadable {
            name,
            path: printable(path),
            reason: reason(error),
        };
        let mut json = serde_json::Deserializer::from_str(text);
        let tenants: Vec<Self> = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| unreadable(&error.path().to_string(), error.inner()))?;
        json.end().map_err(|error| unreadable("its end", &error))?;
        let mut names = HashSet::new();
        for tenant in &tenants {
            tenant.check()?;
            if !names.insert(tenant.name.as_str()) {
                return Err(tenant.wrong("name", "is used by another tenant too: names are unique"));
            }
        }
        Ok(tenants)
    }

    /// The sign-in host and the Graph root that belong together.
    ///
    /// # Errors
    /// [`ConfigError::Field`] for an unknown cloud or hosts that cannot be used.
    pub fn endpoints(&self) -> Result<Endpoints, ConfigError> {
        match (&self.login_url, &self.graph_url) {
            (None, None) => Ok(self
                .cloud
                .parse::<Cloud>()
                .map_err(|error| match error {
                    CloudError::Unknown(_) => {
                        self.wrong("cloud", "must be global (GCC too), gcc-high or dod")
                    }
                    CloudError::NoAlerts => self.wrong("cloud", &error.to_string()),
                })?
                .endpoints()),
            (Some(login), Some(graph)) => Endpoints::custom(login.clone(), graph.clone())
                .map_err(|error| self.wrong("login_url and graph_url", &error.to_string())),
            _ => Err(self.wrong(
                "login_url and graph_url",
                "go together: give both or neither",
            )),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let bounds: &[(&'static str, bool, &str)] = &[
            (
                "name",
                (1..=64).contains(&self.name.len()) && self.name.chars().all(plain),
                "must be 1 to 64 of a-z, 0-9 and -",
            ),
            (
                "tenant_id",
                !self.tenant_id.is_empty(),
                "is empty: it is the directory id in Entra",
            ),
            (
                "client_id",
                !self.client_id.is_empty(),
                "is empty: it is the application id in Entra",
            ),
            (
                "secret",
                !self.secret.is_empty(),
                "is empty: it names the secret, by name or ARN",
            ),
            (
                "page_size",
                (1..=1000).contains(&self.page_size),
                "must be 1 to 1000",
            ),
            (
                "overlap_secs",
                self.overlap_secs <= 86_400,
                "must be at most 86400, a day",
            ),
            (
                "settle_secs",
                self.settle_secs <= 3600,
                "must be at most 3600, an hour",
            ),
            (
                "retention_days",
                (1..=90).contains(&self.retention_days),
                "must be 1 to 90",
            ),
            (
                "service_sources",
                self.service_sources
                    .iter()
                    .all(|s| s.chars().all(|c| c.is_ascii_alphanumeric())),
                "must be words such as microsoftDefenderForEndpoint",
            ),
        ];
        for &(field, holds, problem) in bounds {
            if !holds {
                return Err(self.wrong(field, problem));
            }
        }
        self.endpoints().map(drop)
    }

    fn wrong(&self, field: &'static str, problem: &str) -> ConfigError {
        ConfigError::Field {
            tenant: printable(&self.name),
            field,
            problem: problem.to_owned(),
        }
    }
}

fn global() -> String {
    "global".into()
}

fn siem() -> String {
    "siem".into()
}

fn defender_for_endpoint() -> Vec<String> {
    vec!["microsoftDefenderForEndpoint".into()]
}

fn d<const N: u32>() -> u32 {
    N
}

/// Names as they may stand in a log: printable ASCII, and not too much of it.
fn printable(text: &str) -> String {
    let plain = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    text.chars().take(MAX_CHARS).map(plain).collect()
}

/// What serde says, where that repeats names only; else the kind of trouble.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_only = ["unknown field", "missing field", "duplicate field"];
    if names_only.iter().any(|start| text.starts_with(start)) {
        return printable(&text);
    }
    match error.classify() {
        serde_json::error::Category::Data => "the value has a wrong type".into(),
        _ => format!(
            "it is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"name":"contoso","tenant_id":"t","client_id":"c","secret":"arn"}"#;

    fn parse(text: &str) -> Result<Vec<Tenant>, ConfigError> {
        Tenant::parse_list("DRAWBRIDGE_TENANTS", text)
    }

    #[test]
    fn four_fields_are_enough() {
        let tenants = parse(&format!("[{PLAIN}]")).unwrap();
        assert_eq!(tenants[0].page_size, 1000);
        assert_eq!(tenants[0].service_sources, ["microsoftDefenderForEndpoint"]);
        assert_eq!(
            tenants[0].endpoints().unwrap().graph.host_str(),
            Some("graph.microsoft.com")
        );
    }

    #[test]
    fn every_mistake_is_named_and_no_value_repeated() {
        let with = |extra: &str| format!("[{}]", PLAIN.replace('}', &format!(",{extra}}}")));
        for (text, named) in [
            ("hunter2".to_owned(), "not valid JSON"),
            (with(r#""overlap":"hunter2""#), "unknown field `overlap`"),
            (
                with(r#""page_size":"hunter2""#),
                "[0].page_size: the value has a wrong type",
            ),
            (with(r#""page_size":1001"#), "must be 1 to 1000"),
            (with(r#""cloud":"china""#), "cloud"),
            (with(r#""cloud":"hunter2""#), "must be global"),
            (
                format!("[{PLAIN}] hunter2"),
                "at its end: it is not valid JSON",
            ),
            (with(r#""a\nb\u202e":1"#), "unknown field `a?b?`"),
            (
                with(r#""login_url":"https://login.example""#),
                "give both or neither",
            ),
            (
                with(r#""login_url":"http://login.example","graph_url":"https://graph.example""#),
                "login_url and graph_url",
            ),
            (format!("[{PLAIN},{PLAIN}]"), "names are unique"),
            ("[{}]".to_owned(), "missing field `name`"),
            (
                format!("[{}]", PLAIN.replace("contoso", "a/b")),
                "must be 1 to 64",
            ),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
