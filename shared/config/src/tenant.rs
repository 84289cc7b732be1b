use std::collections::HashMap;

use drawbridge_entra::{Cloud, CloudError, Endpoints, Identity, TenantId, is_guid};
use drawbridge_record::Format;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::defaults::{
    FIRST_LOOKBACK_SECS, OVERLAP_SECS, PAGE_SIZE, RETENTION_DAYS, SERVICE_SOURCES, SETTLE_SECS,
    SWEEPS,
};
use crate::read::{DocumentLocation, read_json};
use crate::words::{KNOWN_SERVICE_SOURCES, KNOWN_SEVERITIES, unknown_word};
use crate::{ConfigError, DataStreamSettings, PolledAlerts, SERVED, ServeSettings, served_format};

/// The most bytes of a root that a tenant names.
const MAX_URL_BYTES: usize = 2048;

/// The variable with the secret of a tenant that `poll --tenant-id` made a document of.
pub(crate) const CLIENT_SECRET: &str = "DRAWBRIDGE_CLIENT_SECRET";

/// What an error shows instead of a text that cannot be a tenant's name.
const NO_NAME: &str = "(its name is not repeated: it may be a secret)";

/// One tenant to poll: who signs in where, what is asked for and how windows are cut.
///
/// As a document, `tenants/contoso.toml`:
///
/// ```toml
/// tenant_id = "00000000-0000-0000-0000-000000000001"
/// client_id = "00000000-0000-0000-0000-000000000002"
/// secret = "drawbridge/STACK/contoso"
/// ```
///
/// Everything else has a default. `docs/tenants.md` explains each field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// The name used in object keys, metrics and jobs: `a-z`, `0-9` and `-`, at most 64. A document
    /// has it from its file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The directory (tenant) id in Entra, or one of its verified domains.
    pub tenant_id: String,
    /// The application (client) id of the app registration.
    pub client_id: String,
    /// Where the client secret lies: a name or ARN in Secrets Manager, on one machine a file or a
    /// variable. Never the secret itself. One of `secret`, `certificate` and `federation` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Where a certificate with its private key lies, as PEM, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Where the assertion of a federated credential comes from: `aws`, or the path of a file that
    /// somebody else keeps fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation: Option<String>,
    /// `global`, `gcc-high` or `dod`. Without it and without hosts of its own, a tenant is read where
    /// the administrator says, which is `global` unless he says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<String>,
    /// Sign-in host in place of the cloud's; goes with `graph_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_url: Option<Url>,
    /// Graph root in place of the cloud's; goes with `login_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph_url: Option<Url>,
    /// The products whose alerts are read (`serviceSource`); empty for all.
    #[serde(default = "service_sources")]
    pub service_sources: Vec<String>,
    /// The severities that are read; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<String>,
    /// Whether `service_sources` and `severities` may name what this release does not know of Graph.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_unknown: bool,
    /// The outputs that its records go to, such as `siem` or `ocsf-objects`; empty for all there
    /// are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Alerts per page, 1 to 1000, Graph's limit.
    #[serde(default = "d::<PAGE_SIZE>")]
    pub page_size: u32,
    /// Seconds that a live poll reads back behind its watermark.
    #[serde(default = "d::<OVERLAP_SECS>")]
    pub overlap_secs: u32,
    /// Seconds that a live poll stays behind now.
    #[serde(default = "d::<SETTLE_SECS>")]
    pub settle_secs: u32,
    /// Seconds that the very first poll looks back.
    #[serde(default = "d::<FIRST_LOOKBACK_SECS>")]
    pub first_lookback_secs: u32,
    /// Whether the last day is read again every hour, and the last week every day.
    #[serde(default = "sweeps")]
    pub sweeps: bool,
    /// Days that a written record is remembered after Graph last returned its alert.
    #[serde(default = "d::<RETENTION_DAYS>")]
    pub retention_days: u32,
    /// The data stream of Elasticsearch that its `ecs` records are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_stream: Option<DataStreamSettings>,
    /// Whose tokens may read its served outputs, such as `siem-served`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve: Option<ServeSettings>,
    /// Whether a stack tells CloudWatch of it alone, for which CloudWatch bills each of its metrics.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub metrics: bool,
    /// Whether a document says it, whose author may be another than the administrator.
    #[serde(skip)]
    pub is_document: bool,
}

impl Tenant {
    /// Whether the administrator's list has to have it: what it signs in with is not its own alone.
    #[must_use]
    pub fn needs_entry(&self) -> bool {
        self.federation.is_some() || self.has_secret_of_the_command_line()
    }

    /// Whether it names the secret of the command line, which is that of whoever gives it. Several
    /// documents may be called by their ids, so the administrator's list says which of them may read it.
    fn has_secret_of_the_command_line(&self) -> bool {
        let secret = self.secret.as_deref();
        self.is_called_by_its_id() && secret.is_some_and(|place| is_variable(place, CLIENT_SECRET))
    }

    /// Whether it is called by its own tenant id, as are the documents that `poll --tenant-id` writes.
    pub(crate) fn is_called_by_its_id(&self) -> bool {
        self.tenant_id.to_ascii_lowercase().replace('.', "-") == self.name
    }

    /// Reads a JSON list of tenants out of the variable `name` and checks every one.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] with the place in the document, [`ConfigError::Field`] with the
    /// tenant and the field.
    pub fn parse_list(name: &str, text: &str) -> Result<Vec<Self>, ConfigError> {
        let tenants: Vec<Self> = read_json(&DocumentLocation::variable(name), text)?;
        for tenant in &tenants {
            tenant.check()?;
        }
        Self::check_together(&tenants)?;
        Ok(tenants)
    }

    /// Checks what no tenant can say alone: names are unique, and no two poll the same alerts.
    ///
    /// # Errors
    /// [`ConfigError::Field`] that names both.
    pub fn check_together(tenants: &[Self]) -> Result<(), ConfigError> {
        let mut names = HashMap::new();
        let mut polled = HashMap::new();
        for tenant in tenants {
            if names.insert(tenant.name.as_str(), tenant).is_some() {
                return Err(tenant.wrong("name", "is used by another tenant too: names are unique"));
            }
            if let Some(other) = polled.insert(tenant.polled_alerts(), tenant) {
                let problem = format!(
                    "is that of {:?} too, with the same service_sources: every alert would come \
                     twice; remove one of the two, or give them different service_sources",
                    other.name
                );
                return Err(tenant.wrong("tenant_id", &problem));
            }
        }
        Ok(())
    }

    /// Which alerts it polls.
    #[must_use]
    pub fn polled_alerts(&self) -> PolledAlerts {
        PolledAlerts::of(&self.tenant_id, &self.service_sources)
    }

    /// The sign-in host and the Graph root that belong together. A tenant that says nothing of either,
    /// nor of a cloud, has the `administrators`, if there are any.
    ///
    /// # Errors
    /// [`ConfigError::Field`] for an unknown cloud or hosts that cannot be used.
    pub fn endpoints(&self, administrators: Option<&Endpoints>) -> Result<Endpoints, ConfigError> {
        match (&self.login_url, &self.graph_url, administrators) {
            (None, None, Some(endpoints)) if self.cloud.is_none() => Ok(endpoints.clone()),
            (None, None, _) => Ok(self.cloud()?.endpoints()),
            (Some(login), Some(graph), _) => Endpoints::custom(login.clone(), graph.clone())
                .map_err(|error| self.wrong("login_url and graph_url", &error.to_string())),
            _ => Err(self.wrong(
                "login_url and graph_url",
                "go together: give both or neither",
            )),
        }
    }

    /// Whether it names hosts of its own.
    #[must_use]
    pub fn has_hosts(&self) -> bool {
        self.login_url.is_some() || self.graph_url.is_some()
    }

    /// Whether its requests go to hosts of its document's own choice, which must have public addresses.
    #[must_use]
    pub fn needs_public_addresses(&self) -> bool {
        self.is_document && self.has_hosts()
    }

    /// The cloud; the global one unless it names another.
    ///
    /// # Errors
    /// [`ConfigError::Field`] for one that there is not, or that has no alerts.
    pub fn cloud(&self) -> Result<Cloud, ConfigError> {
        let Some(cloud) = &self.cloud else {
            return Ok(Cloud::default());
        };
        cloud.parse().map_err(|error| match error {
            CloudError::Unknown => self.wrong("cloud", "must be global (GCC too), gcc-high or dod"),
            CloudError::NoAlerts => self.wrong("cloud", &error.to_string()),
        })
    }

    /// What it signs in with.
    ///
    /// # Errors
    /// [`ConfigError::Field`] unless exactly one is given.
    pub fn identity(&self) -> Result<Identity<'_>, ConfigError> {
        let Self {
            secret,
            certificate,
            federation,
            ..
        } = self;
        Identity::of(
            secret.as_deref(),
            certificate.as_deref(),
            federation.as_deref(),
        )
        .map_err(|error| self.wrong(error.field(), &error.to_string()))
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`ConfigError::Field`] with the first that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        let words = |words: &[String]| {
            let is_word =
                |word: &String| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric());
            words.iter().all(is_word)
        };
        let bounds: &[(&'static str, bool, &str)] = &[
            (
                "name",
                is_name(&self.name),
                "must be 1 to 64 of a-z, 0-9 and -",
            ),
            (
                "tenant_id",
                self.tenant_id.parse::<TenantId>().is_ok(),
                "must be the directory (tenant) id in Entra, a GUID, or a verified domain such as \
                 contoso.com",
            ),
            (
                "client_id",
                is_guid(&self.client_id),
                "must be the application (client) id in Entra, a GUID",
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
                (2..=90).contains(&self.retention_days),
                "must be 2 to 90: the daily sweep must meet what the one before it saw",
            ),
            (
                "service_sources",
                words(&self.service_sources),
                "must be words such as microsoftDefenderForEndpoint",
            ),
            (
                "severities",
                words(&self.severities),
                "must be words: informational, low, medium, high",
            ),
            (
                "login_url",
                is_short(self.login_url.as_ref()),
                "must be at most 2048 bytes",
            ),
            (
                "graph_url",
                is_short(self.graph_url.as_ref()),
                "must be at most 2048 bytes",
            ),
        ];
        for &(field, holds, problem) in bounds {
            if !holds {
                return Err(self.wrong(field, problem));
            }
        }
        for (field, given, known) in [
            (
                "service_sources",
                &self.service_sources,
                &KNOWN_SERVICE_SOURCES[..],
            ),
            ("severities", &self.severities, &KNOWN_SEVERITIES),
        ] {
            let problem = unknown_word(given, known).filter(|_| !self.allow_unknown);
            if let Some(problem) = problem {
                return Err(self.wrong(field, &problem));
            }
        }
        let is_twice = |(n, output): (usize, &String)| self.outputs[..n].contains(output);
        if self.outputs.iter().enumerate().any(is_twice) {
            return Err(self.wrong("outputs", "names one of them twice: name each once"));
        }
        let stream = self.data_stream.as_ref();
        if let Some((field, problem)) = stream.and_then(DataStreamSettings::problem) {
            return Err(self.wrong(field, problem));
        }
        self.check_serve()?;
        self.identity()?;
        self.endpoints(None).map(drop)
    }

    /// The formats that it serves, by name.
    pub fn served_formats(&self) -> impl Iterator<Item = &str> {
        self.outputs
            .iter()
            .filter_map(|output| output.strip_suffix(SERVED))
    }

    /// Checks who may read its served outputs, and that there are any.
    fn check_serve(&self) -> Result<(), ConfigError> {
        let is_served = self.served_formats().next().is_some();
        let (field, problem) = match &self.serve {
            None if is_served => (
                "outputs",
                "names one that is served: say who may read it in a table [serve] with audiences and \
                 clients",
            ),
            None => return Ok(()),
            Some(_) if !is_served => (
                "serve",
                "has no effect: name a served output in outputs, such as siem-served, or remove it",
            ),
            Some(_) if !is_guid(&self.tenant_id) => (
                "tenant_id",
                "must be a GUID where outputs are served: tokens name the directory (tenant) id",
            ),
            Some(serve) => match serve.problem() {
                Some(problem) => problem,
                None => return Ok(()),
            },
        };
        Err(self.wrong(field, problem))
    }

    /// Checks that the outputs it names are among those of a stack, or served ones, which each tenant
    /// has for itself.
    ///
    /// # Errors
    /// [`ConfigError::Field`] with the list.
    pub fn check_outputs(&self, known: &[String]) -> Result<(), ConfigError> {
        let is_there = |output: &String| known.contains(output) || served_format(output).is_some();
        if self.outputs.iter().all(is_there) {
            return Ok(());
        }
        let problem = format!(
            "names one that is not there; there is {}, and FORMAT{SERVED} of each format whose records \
             are JSON",
            known.join(", ")
        );
        Err(self.wrong("outputs", &problem))
    }

    /// A format as this tenant wants it.
    #[must_use]
    pub fn format(&self, format: &'static dyn Format) -> &'static dyn Format {
        let stream = self.data_stream.as_ref();
        stream.map_or(format, |stream| stream.format(format))
    }

    /// An error about one of its fields.
    #[must_use]
    pub fn wrong(&self, field: &'static str, problem: &str) -> ConfigError {
        ConfigError::Field {
            tenant: match is_name(&self.name) {
                true => self.name.clone(),
                false => NO_NAME.to_owned(),
            },
            field,
            problem: problem.to_owned(),
        }
    }
}

/// Whether a text can be a tenant's name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&text.len()) && text.chars().all(plain)
}

/// Whether a place of a secret is that variable of the environment.
pub(crate) fn is_variable(place: &str, variable: &str) -> bool {
    place.strip_prefix("env:").unwrap_or(place) == variable
}

/// Whether a root has a length that it may have: the administrator's list, which all tenants need,
/// takes it as it is.
fn is_short(url: Option<&Url>) -> bool {
    url.is_none_or(|url| url.as_str().len() <= MAX_URL_BYTES)
}

fn sweeps() -> bool {
    SWEEPS
}

fn service_sources() -> Vec<String> {
    SERVICE_SOURCES.map(str::to_owned).to_vec()
}

fn d<const N: u32>() -> u32 {
    N
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"name":"contoso","tenant_id":"t.example","client_id":"00000000-0000-0000-0000-00000000000c","secret":"arn"}"#;

    fn parse(text: &str) -> Result<Vec<Tenant>, ConfigError> {
        Tenant::parse_list("DRAWBRIDGE_TENANTS", text)
    }

    #[test]
    fn four_fields_are_enough() {
        let tenants = parse(&format!("[{PLAIN}]")).unwrap();
        assert_eq!(tenants[0].page_size, 1000);
        assert_eq!(tenants[0].service_sources, ["microsoftDefenderForEndpoint"]);
        assert_eq!(
            tenants[0].endpoints(None).unwrap().graph.host_str(),
            Some("graph.microsoft.com")
        );
        assert_eq!(tenants[0].identity(), Ok(Identity::Secret("arn")));
    }

    #[test]
    fn the_administrators_hosts_are_for_tenants_that_name_nothing_else() {
        let relay = Url::parse("https://10.0.0.1:8443/").unwrap();
        let relays = Endpoints::custom(relay.clone(), relay).unwrap();
        for (given, host) in [
            (r#""sweeps":true"#, "10.0.0.1"),
            (r#""cloud":"global""#, "graph.microsoft.com"),
            (r#""cloud":"gcc-high""#, "graph.microsoft.us"),
            (
                r#""login_url":"https://gateway.example","graph_url":"https://gateway.example""#,
                "gateway.example",
            ),
        ] {
            let tenants = parse(&format!("[{}]", PLAIN.replace('}', &format!(",{given}}}"))));
            let endpoints = tenants.unwrap()[0].endpoints(Some(&relays)).unwrap();
            assert_eq!(endpoints.graph.host_str(), Some(host), "{given}");
        }
    }

    #[test]
    fn there_is_one_identity() {
        for (given, identity) in [
            (r#""certificate":"pem""#, Some(Identity::Certificate("pem"))),
            (r#""federation":"aws""#, Some(Identity::FederationAws)),
            (
                r#""federation":"/run/token""#,
                Some(Identity::FederationFile("/run/token")),
            ),
            (r#""federation":"gcp""#, None),
            (r#""secret":"a","certificate":"b""#, None),
            (r#""secret":"""#, None),
            (r#""sweeps":true"#, None),
        ] {
            let text = format!("[{}]", PLAIN.replace(r#""secret":"arn""#, given));
            match (parse(&text), identity) {
                (Ok(tenants), Some(identity)) => assert_eq!(tenants[0].identity(), Ok(identity)),
                (Err(error), None) => assert!(error.to_string().contains("federation"), "{error}"),
                (other, _) => panic!("{given}: {other:?}"),
            }
        }
    }

    #[test]
    fn words_that_are_new_to_this_release_pass_if_the_document_says_so() {
        let given = r#","severities":["high","critical"],"service_sources":["new"]"#;
        let with = |more: &str| format!("[{}]", PLAIN.replace('}', &format!("{given}{more}}}")));
        assert!(parse(&with("")).is_err());
        let tenants = parse(&with(r#","allow_unknown":true"#)).unwrap();
        assert_eq!(tenants[0].severities, ["high", "critical"]);
        let none = PLAIN.replace('}', r#","allow_unknown":true}"#);
        assert!(parse(&format!("[{none}]")).is_ok());
    }

    #[test]
    fn every_mistake_is_named_and_no_value_repeated() {
        let with = |extra: &str| format!("[{}]", PLAIN.replace('}', &format!(",{extra}}}")));
        let renamed = PLAIN.replace("contoso", "other");
        for (text, named) in [
            ("hunter2".to_owned(), "not valid JSON"),
            (
                with(r#""overlap":"hunter2""#),
                "unknown field `overlap`; did you mean `overlap_secs`?",
            ),
            (
                with(r#""page_size":"hunter2""#),
                "[0].page_size: the value has a wrong type",
            ),
            (
                with(r#""service_sources":"hunter2""#),
                "the value has a wrong type or form: it must be a list",
            ),
            (
                with(r#""client_secret":"hunter2""#),
                "did you mean `secret`?",
            ),
            (
                with(r#""outputs":["siem","cef","siem"]"#),
                "outputs names one of them twice",
            ),
            (with(r#""page_size":1001"#), "must be 1 to 1000"),
            (with(r#""severities":["a b"]"#), "must be words"),
            (
                with(r#""severities":["high","hunter2"]"#),
                "severities names as number 2 a word that Graph does not know",
            ),
            (
                with(r#""service_sources":["microsoftDefenderForEndpiont"]"#),
                "did you mean \"microsoftDefenderForEndpoint\"?",
            ),
            (
                with(r#""severities":["a b"],"allow_unknown":true"#),
                "must be words",
            ),
            (with(r#""retention_days":1"#), "must be 2 to 90"),
            (with(r#""cloud":"china""#), "cloud"),
            (
                with(&format!(
                    r#""login_url":"https://l.example/{}""#,
                    "a".repeat(2048)
                )),
                "login_url must be at most 2048 bytes",
            ),
            (
                with(&format!(
                    r#""graph_url":"https://l.example/{}""#,
                    "a".repeat(2048)
                )),
                "graph_url must be at most 2048 bytes",
            ),
            (with(r#""cloud":"hunter2""#), "must be global"),
            (format!("[{PLAIN}] hunter2"), "it is not valid JSON"),
            (with(r#""a\nb\u202e":1"#), "unknown field (not repeated"),
            (
                with(r#""login_url":"https://login.example""#),
                "give both or neither",
            ),
            (
                with(r#""login_url":"http://login.example","graph_url":"https://graph.example""#),
                "login_url and graph_url",
            ),
            (format!("[{PLAIN},{PLAIN}]"), "names are unique"),
            (format!("[{PLAIN},{renamed}]"), "is that of \"contoso\" too"),
            ("[{}]".to_owned(), "missing field `tenant_id`"),
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
