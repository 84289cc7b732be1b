use drawbridge_entra::is_guid;
use drawbridge_record::{Body, Format};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::OwnClient;

/// What the name of a served output ends with: `siem-served`.
pub const SERVED: &str = "-served";

/// The format of a served output, by the output's name; `None` for any other output, and for a format
/// whose records are no JSON, since an answer is one JSON array.
#[must_use]
pub fn served_format(output: &str) -> Option<&'static dyn Format> {
    let format = drawbridge_record::format(output.strip_suffix(SERVED)?)?;
    matches!(format.body(), Body::Json).then_some(format)
}

/// The most entries of a list, and the most bytes of one.
const MAX_ENTRIES: usize = 64;
const MAX_BYTES: usize = 512;

/// The longest that a window begins before the time that a client names: an hour.
const MAX_LOOKBACK_SECS: u32 = 3600;

/// Applications of Microsoft's own that others can get tokens for: Azure AD Graph, Microsoft Graph,
/// Power BI, Azure Resource Manager, Defender for Endpoint, Microsoft Threat Protection, SharePoint Online,
/// Exchange Online, Office 365 Management, Log Analytics, Key Vault, Azure Storage, Azure Databricks.
const MICROSOFTS_APPLICATIONS: [&str; 13] = [
    "00000002-0000-0000-c000-000000000000",
    "00000003-0000-0000-c000-000000000000",
    "00000009-0000-0000-c000-000000000000",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "fc780465-2017-40d4-a0c5-307022471b92",
    "8ee8fdad-f234-4243-8f3b-15c294843740",
    "00000003-0000-0ff1-ce00-000000000000",
    "00000002-0000-0ff1-ce00-000000000000",
    "c5393580-f805-4401-95e8-94b7a6ef2fc2",
    "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5",
    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
    "e406a681-f3d4-42a8-90b6-c2b029497af1",
    "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d",
];

/// The domains of Microsoft's own APIs.
const MICROSOFTS_DOMAINS: [&str; 28] = [
    "microsoft.com",
    "microsoft.de",
    "microsoft.us",
    "microsoftonline.com",
    "microsoftonline.us",
    "windows.net",
    "windows.com",
    "windowsazure.com",
    "azure.cn",
    "azure.com",
    "azure.net",
    "azure.us",
    "azuredatabricks.net",
    "azuresynapse.net",
    "chinacloudapi.cn",
    "dynamics.com",
    "loganalytics.io",
    "office.com",
    "office365.com",
    "office365.us",
    "powerapps.com",
    "powerbi.com",
    "sharepoint.cn",
    "sharepoint.com",
    "sharepoint.us",
    "usgovcloudapi.net",
    "yammer.com",
    "securitycenter.onmicrosoft.com",
];

/// What Entra calls the retired Azure AD Graph in a token.
const LEGACY_AUDIENCES: [&str; 3] = [
    "https://graph.windows.net",
    "https://graph.windows.net/",
    MICROSOFTS_APPLICATIONS[0],
];

/// Whose tokens may read a tenant's served outputs.
///
/// ```toml
/// outputs = ["siem-served"]
///
/// [serve]
/// audiences = ["00000000-0000-0000-0000-00000000000a", "api://00000000-0000-0000-0000-00000000000a"]
/// clients = ["00000000-0000-0000-0000-00000000000b"]
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServeSettings {
    /// What a token has to be for (`aud`): the application (client) id of the customer's own API, and
    /// the URIs by which clients ask for it, such as `api://ID`.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// The application (client) ids of those that may read. Any application of a tenant gets a token
    /// for any API of it, so that the list must not be empty.
    #[serde(default)]
    pub clients: Vec<String>,
    /// The object ids of the users in whose name these applications may read. Without any, a token of a
    /// user is refused: with one, whoever of the tenant can sign in to an application could read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// An application role that a token must have in addition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether tokens for the retired Azure AD Graph (`https://graph.windows.net`) are taken as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub legacy_audience: bool,
    /// Clients of Drawbridge's own token endpoint. With some, `audiences` and `clients` may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_clients: Vec<OwnClient>,
    /// Seconds that a window begins before the time that a client names, for clients whose clock is
    /// ahead; records of these seconds come again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lookback_secs: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl ServeSettings {
    /// Whether a token may be for this.
    #[must_use]
    pub fn takes_audience(&self, audience: &str) -> bool {
        let is = |own: &str| own == audience || is_guid(own) && own.eq_ignore_ascii_case(audience);
        let legacy = LEGACY_AUDIENCES.iter().filter(|_| self.legacy_audience);
        self.audiences.iter().any(|own| is(own)) || legacy.into_iter().any(|own| is(own))
    }

    /// Whether an application may read.
    #[must_use]
    pub fn lists_client(&self, client: &str) -> bool {
        let mut clients = self.clients.iter();
        clients.any(|listed| listed.eq_ignore_ascii_case(client))
    }

    /// Whether an application may read in the name of a user, by his object id.
    #[must_use]
    pub fn lists_user(&self, user: &str) -> bool {
        let mut users = self.users.iter();
        users.any(|listed| listed.eq_ignore_ascii_case(user))
    }

    /// The first field that is wrong, and what is wrong with it.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        let is_short = |list: &[String]| {
            list.len() <= MAX_ENTRIES && list.iter().all(|entry| entry.len() <= MAX_BYTES)
        };
        // Then no token of Entra's is taken.
        let is_own_alone = !self.own_clients.is_empty()
            && self.audiences.is_empty()
            && self.clients.is_empty()
            && !self.legacy_audience;
        // Entra takes no blanks in one; its display name has some.
        let is_role = |role: &String| {
            !role.is_empty() && role.len() <= MAX_BYTES && !role.contains(char::is_whitespace)
        };
        [
            (
                "serve.audiences",
                !self.audiences.is_empty() || self.legacy_audience || is_own_alone,
                "must not be empty: give the application (client) id of your own API, and api://ID",
            ),
            (
                "serve.audiences",
                is_short(&self.audiences) && self.audiences.iter().all(|own| is_audience(own)),
                "must be application (client) ids or URIs such as api://ID or https://name",
            ),
            (
                "serve.audiences",
                !self.audiences.iter().any(|own| is_microsofts(own)),
                "names an API of Microsoft's: any application of the tenant gets tokens for it, which \
                 were not made for you to read; name your own, or set legacy_audience for \
                 https://graph.windows.net",
            ),
            (
                "serve.clients",
                !self.clients.is_empty() || is_own_alone,
                "must not be empty: any application of the tenant gets a token for your API",
            ),
            (
                "serve.clients",
                is_short(&self.clients) && self.clients.iter().all(|client| is_guid(client)),
                "must be application (client) ids, GUIDs",
            ),
            (
                "serve.users",
                is_short(&self.users) && self.users.iter().all(|user| is_guid(user)),
                "must be object ids of users, GUIDs",
            ),
            (
                "serve.role",
                self.role.as_ref().is_none_or(is_role),
                "must be the value of an application role, which has no blanks as its display name may",
            ),
            (
                "serve.lookback_secs",
                self.lookback_secs <= MAX_LOOKBACK_SECS,
                "must be at most 3600, an hour",
            ),
        ]
        .into_iter()
        .find_map(|(field, holds, problem)| (!holds).then_some((field, problem)))
        .or_else(|| Some(("serve.own_clients", OwnClient::problem(&self.own_clients)?)))
    }
}

fn is_audience(text: &str) -> bool {
    let is_uri = || Url::parse(text).is_ok_and(|url| url.has_authority() || url.scheme() == "urn");
    is_guid(text) || is_uri()
}

fn is_microsofts(audience: &str) -> bool {
    let url = Url::parse(audience).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or(audience);
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_below = |domain: &&str| {
        let rest = host.strip_suffix(*domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    MICROSOFTS_APPLICATIONS.contains(&host.as_str()) || MICROSOFTS_DOMAINS.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use crate::{ConfigError, Tenant};

    const API: &str = "00000000-0000-0000-0000-00000000000a";
    const CLIENT: &str = "00000000-0000-0000-0000-00000000000b";

    fn tenant(outputs: &str, serve: &str) -> Result<Tenant, ConfigError> {
        let text = format!(
            r#"[{{"name":"contoso","tenant_id":"00000000-0000-0000-0000-00000000000d",
                "client_id":"00000000-0000-0000-0000-00000000000c","secret":"arn",
                "outputs":{outputs}{serve}}}]"#
        );
        Ok(Tenant::parse_list("DRAWBRIDGE_TENANTS", &text)?.remove(0))
    }

    fn served(serve: &str) -> Result<Tenant, ConfigError> {
        tenant(
            r#"["siem","siem-served"]"#,
            &format!(r#","serve":{{{serve}}}"#),
        )
    }

    #[test]
    fn two_lists_are_enough() {
        let tenant = served(&format!(
            r#""audiences":["{API}","api://{API}"],"clients":["{CLIENT}"]"#
        ));
        let serve = tenant.unwrap().serve.unwrap();
        for (audience, is_taken) in [
            (API, true),
            (&*API.to_uppercase(), true),
            (&*format!("api://{API}"), true),
            (&*format!("API://{API}"), false),
            (&*format!("api://{API}/"), false),
            (CLIENT, false),
            ("", false),
            ("https://graph.windows.net", false),
            ("00000002-0000-0000-c000-000000000000", false),
        ] {
            assert_eq!(serve.takes_audience(audience), is_taken, "{audience}");
        }
        assert!(serve.lists_client(&CLIENT.to_uppercase()) && !serve.lists_client(API));
    }

    #[test]
    fn the_old_audience_is_taken_only_where_it_is_said() {
        let tenant = served(&format!(r#""legacy_audience":true,"clients":["{CLIENT}"]"#));
        let serve = tenant.unwrap().serve.unwrap();
        for audience in [
            "https://graph.windows.net",
            "https://graph.windows.net/",
            "00000002-0000-0000-c000-000000000000",
        ] {
            assert!(serve.takes_audience(audience), "{audience}");
        }
        assert!(!serve.takes_audience("https://graph.microsoft.com"));
    }

    fn own_clients() -> String {
        let hash = "0a".repeat(32);
        format!(
            r#""own_clients":[{{"id":"00000000-0000-0000-0000-00000000000e","secrets":["sha256:{hash}"]}}]"#
        )
    }

    #[test]
    fn clients_of_the_own_token_endpoint_alone_are_enough_and_no_token_of_entra_is_taken_then() {
        let serve = served(&own_clients()).unwrap().serve.unwrap();
        assert_eq!(serve.own_clients.len(), 1);
        for name in [API, CLIENT, ""] {
            assert!(!serve.takes_audience(name) && !serve.lists_client(name));
        }
        assert!(!serve.lists_client("00000000-0000-0000-0000-00000000000e"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let with = |audience: &str| format!(r#""audiences":["{audience}"],"clients":["{CLIENT}"]"#);
        let microsofts = "names an API of Microsoft's";
        for (serve, named) in [
            (String::new(), "serve.audiences must not be empty"),
            (
                format!(r#""audiences":["{API}"]"#),
                "serve.clients must not be empty",
            ),
            (
                format!(r#""audiences":["{API}"],"clients":["hunter2"]"#),
                "serve.clients must be application",
            ),
            (with("hunter2"), "serve.audiences must be application"),
            (with("https://graph.microsoft.com"), microsofts),
            (with("https://graph.windows.net/"), microsofts),
            (with("https://graph.microsoft.de"), microsofts),
            (with("https://microsoftgraph.chinacloudapi.cn"), microsofts),
            (with("https://api.loganalytics.io"), microsofts),
            (with("https://service.powerapps.com/"), microsofts),
            (with("https://www.yammer.com"), microsofts),
            (with("https://contoso.sharepoint.com"), microsofts),
            (with("https://contoso.crm4.dynamics.com/"), microsofts),
            (
                with("https://management.core.usgovcloudapi.net"),
                microsofts,
            ),
            (with("https://api.azure.cn"), microsofts),
            (with("https://dev.azuresynapse.net"), microsofts),
            (with("https://api.powerbi.com"), microsofts),
            (with("https://analysis.windows.net/powerbi/api"), microsofts),
            (with("2FF814A6-3304-4ab8-85cb-cd0e6f879c1d"), microsofts),
            (
                with("api://c5393580-f805-4401-95e8-94b7a6ef2fc2"),
                microsofts,
            ),
            (with("00000009-0000-0000-c000-000000000000"), microsofts),
            (with("https://API.securitycenter.microsoft.com"), microsofts),
            (
                with("https://securitycenter.onmicrosoft.com/windowsatpservice"),
                microsofts,
            ),
            (with("00000003-0000-0000-C000-000000000000"), microsofts),
            (
                with(API) + r#","users":["hunter2@contoso.example"]"#,
                "serve.users must be object ids",
            ),
            (
                with(API) + r#","role":"""#,
                "serve.role must be the value of an application role",
            ),
            (
                with(API) + r#","role":"Alert Reader""#,
                "serve.role must be the value of an application role, which has no blanks",
            ),
            (
                with(API) + r#","lookback_secs":3601"#,
                "must be at most 3600",
            ),
            (with(API) + r#","client":[]"#, "unknown field `client`"),
            (
                with(API)
                    + r#","own_clients":[{"id":"00000000-0000-0000-0000-00000000000e","secrets":["hunter2"]}]"#,
                "serve.own_clients must have one or two secrets",
            ),
            (
                format!(r#""audiences":["{API}"],{}"#, own_clients()),
                "serve.clients must not be empty",
            ),
            (
                format!(r#""clients":["{CLIENT}"],{}"#, own_clients()),
                "serve.audiences must not be empty",
            ),
        ] {
            let error = served(&serve).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        for audience in [
            "https://WindowsDefenderATPSiemConnector",
            "https://notwindows.net",
            "https://contoso.onmicrosoft.com/api",
        ] {
            assert!(served(&with(audience)).is_ok(), "{audience}");
        }
    }

    #[test]
    fn a_served_output_and_who_may_read_it_go_together() {
        let serve = format!(r#","serve":{{"audiences":["{API}"],"clients":["{CLIENT}"]}}"#);
        let error = tenant(r#"["siem"]"#, &serve).unwrap_err().to_string();
        assert!(error.contains("serve has no effect"), "{error}");
        let error = tenant(r#"["siem-served"]"#, "").unwrap_err().to_string();
        assert!(error.contains("a table [serve]"), "{error}");
        let domain = |tenant: Tenant| Tenant {
            tenant_id: "contoso.example".into(),
            ..tenant
        };
        let tenant = domain(tenant(r#"["siem-served"]"#, &serve).unwrap());
        let error = tenant.check().unwrap_err().to_string();
        assert!(error.contains("tenant_id must be a GUID"), "{error}");
    }

    /// A stack's outputs are those of its parameters, and what a tenant serves is its own.
    #[test]
    fn a_stack_has_every_served_output_whose_records_are_json() {
        let serve = format!(r#","serve":{{"audiences":["{API}"],"clients":["{CLIENT}"]}}"#);
        let known = ["siem".to_owned()];
        for (outputs, is_there) in [
            (
                r#"["siem","siem-served","native-served","ocsf-served","ecs-served"]"#,
                true,
            ),
            (r#"["siem-served","ecs"]"#, false),
            (r#"["siem-served","cef-served"]"#, false),
            (r#"["siem-served","xml-served"]"#, false),
        ] {
            let checked = tenant(outputs, &serve).unwrap().check_outputs(&known);
            let told = checked.map_err(|error| error.to_string());
            assert_eq!(told.is_ok(), is_there, "{told:?}");
        }
    }
}
