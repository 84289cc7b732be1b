//! The hosts that documents may name, and those of the administrator's own.

use drawbridge_entra::Endpoints;
use drawbridge_http::{authority, is_public};
use url::{Host, Url};

use crate::read::entries;
use crate::{ConfigError, Tenant};

/// The variables with the sign-in host and the Graph root of all tenants that name neither hosts nor
/// a cloud.
const LOGIN_URL: &str = "DRAWBRIDGE_LOGIN_URL";
const GRAPH_URL: &str = "DRAWBRIDGE_GRAPH_URL";
/// The variable with the hosts that documents may name, separated by commas.
const ALLOWED_HOSTS: &str = "DRAWBRIDGE_ALLOWED_HOSTS";

/// The way to a host that no document may name.
const WAY_OUT: &str = "the administrator can have all tenants read there that name neither hosts nor a \
                       cloud, with the stack's parameters LoginUrl and GraphUrl, and with \
                       DRAWBRIDGE_LOGIN_URL and DRAWBRIDGE_GRAPH_URL where the command runs";

/// Where the administrator has those tenants read that name neither hosts nor a cloud, by two
/// variables; `None` where he says nothing.
///
/// # Errors
/// [`ConfigError::Setting`] for one without the other, or a URL that cannot be used.
fn administrators_endpoints(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Endpoints>, ConfigError> {
    const BOTH: &str = "DRAWBRIDGE_LOGIN_URL and DRAWBRIDGE_GRAPH_URL";
    let wrong = |name, problem: &str| ConfigError::Setting {
        name,
        problem: problem.to_owned(),
    };
    let url = |name: &'static str| {
        let given = variable(name).filter(|value| !value.trim().is_empty());
        let parsed = given.map(|value| Url::parse(value.trim()));
        parsed
            .transpose()
            .map_err(|_| wrong(name, "is not a URL, such as https://relay.example"))
    };
    match (url(LOGIN_URL)?, url(GRAPH_URL)?) {
        (None, None) => Ok(None),
        (Some(login), Some(graph)) => Endpoints::custom(login, graph)
            .map(Some)
            .map_err(|error| wrong(BOTH, &format!("cannot be used: {error}"))),
        _ => Err(wrong(BOTH, "go together: set both or neither")),
    }
}

/// The hosts of an administrator: where he has tenants read, and those that documents may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    endpoints: Option<Endpoints>,
    allowed: AllowedHosts,
}

impl Hosts {
    /// Reads them through `variable`, which gives a variable's value.
    ///
    /// # Errors
    /// [`ConfigError::Setting`] for a variable that cannot be used or would do nothing.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Ok(Self {
            endpoints: administrators_endpoints(&variable)?,
            allowed: AllowedHosts::read(&variable)?,
        })
    }

    /// Where the administrator has those tenants read that name neither hosts nor a cloud.
    #[must_use]
    pub fn endpoints(&self) -> Option<&Endpoints> {
        self.endpoints.as_ref()
    }

    /// Checks the hosts that a document names, if it does.
    ///
    /// # Errors
    /// [`ConfigError::Field`] or [`ConfigError::NotAllowed`] with what the document, or the administrator, has to
    /// change.
    pub fn check(&self, tenant: &Tenant) -> Result<(), ConfigError> {
        self.allowed.check(tenant)
    }
}

/// The hosts that documents may name: public ones.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedHosts(Vec<AllowedHost>);

/// One of them, as a URL has it, whatever its notation is in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedHost {
    host: Host,
    /// The only port; any without it.
    port: Option<u16>,
}

impl AllowedHosts {
    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let list = variable(ALLOWED_HOSTS).unwrap_or_default();
        let hosts: Result<_, _> = entries(&list).map(AllowedHost::read).collect();
        hosts.map(Self)
    }

    fn check(&self, tenant: &Tenant) -> Result<(), ConfigError> {
        for (field, url) in [
            ("login_url", &tenant.login_url),
            ("graph_url", &tenant.graph_url),
        ] {
            if let Some(url) = url {
                self.check_one(tenant, field, url)?;
            }
        }
        Ok(())
    }

    fn check_one(
        &self,
        tenant: &Tenant,
        field: &'static str,
        url: &Url,
    ) -> Result<(), ConfigError> {
        if !may_be_public(url) {
            let problem = format!(
                "is an address of this machine or of a private network, which no document may name, \
                 whatever is allowed: leave it out; {WAY_OUT}"
            );
            return Err(tenant.wrong(field, &problem));
        }
        if self.0.iter().any(|allowed| allowed.is_of(url)) {
            return Ok(());
        }
        let problem = format!(
            "names a host that the administrator has not allowed: leave it out, or let the \
             administrator add the host to the stack's parameter AllowedHosts, and to {ALLOWED_HOSTS} \
             where the command runs"
        );
        Err(tenant.wrong(field, &problem).of_variables())
    }
}

/// Whether a URL may lead to a public address. What its name stands for is seen when it is connected
/// to; plain http is for this machine alone, whatever it is called.
fn may_be_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(_)) => url.scheme() == "https",
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        None => false,
    }
}

impl AllowedHost {
    /// Reads an entry of the administrator's list, if it is a host, and none that no document may
    /// name.
    fn read(entry: &str) -> Result<Self, ConfigError> {
        let wrong = |problem: String| ConfigError::Setting {
            name: ALLOWED_HOSTS,
            problem,
        };
        let no_host = || {
            wrong(
                "must be hosts or host:port, separated by commas, with an IPv6 address in brackets"
                    .to_owned(),
            )
        };
        // A name with a star is one that no server has.
        let is_more = |c: char| "/\\@?#*".contains(c) || c.is_whitespace();
        let url = Url::parse(&format!("https://{entry}/")).ok();
        let url = url.filter(|_| !entry.contains(is_more));
        let url = url.ok_or_else(no_host)?;
        let host = url.host().ok_or_else(no_host)?.to_owned();
        // What ends with a bracket has no port, and a name has no other colon.
        let has_port = !entry.ends_with(']') && entry.contains(':');
        let port = url.port_or_known_default().filter(|_| has_port);
        if entry.ends_with(':') || port == Some(0) {
            return Err(no_host());
        }
        if may_be_public(&url) {
            return Ok(Self { host, port });
        }
        Err(wrong(format!(
            "lists {}, an address of this machine or of a private network, which no document may \
             name: take it out; {WAY_OUT}",
            authority(&url)
        )))
    }

    fn is_of(&self, url: &Url) -> bool {
        let is_host = url.host().is_some_and(|host| host.to_owned() == self.host);
        let is_port = |port| url.port_or_known_default() == Some(port);
        is_host && self.port.is_none_or(is_port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Trust, parse};

    fn listed(name: &str) -> Option<String> {
        let value = match name {
            ALLOWED_HOSTS => "gateway.example:8443, Proxy.example,portal.example:443,9.9.9.9",
            "DRAWBRIDGE_SECRET_PREFIX" => "drawbridge/prod/",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn a_document_names_no_host_that_the_administrator_has_not_allowed() {
        let trust = Trust::of_a_stack(listed).unwrap();
        for (login, is_taken) in [
            ("https://gateway.example:8443", true),
            ("https://proxy.example", true),
            ("https://proxy.example:444", true),
            ("https://portal.example", true),
            ("https://portal.example:444", false),
            ("https://9.9.9.9", true),
            ("https://gateway.example", false),
            ("https://evil.example", false),
            ("https://proxy.example.evil.example", false),
            ("https://login.microsoftonline.com", false),
            ("https://9.9.9.8", false),
        ] {
            let refusal = refused_host(&trust, login);
            assert_eq!(refusal.is_none(), is_taken, "{login}: {refusal:?}");
            assert!(refusal.is_none_or(|text| text.contains("AllowedHosts")));
        }
    }

    /// What is said of a document whose sign-in host this is.
    fn refused_host(trust: &Trust, login: &str) -> Option<String> {
        let text = format!(
            "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-000000000002\"\n\
             secret = \"drawbridge/prod/a\"\nlogin_url = \"{login}\"\ngraph_url = \"https://proxy.example\""
        );
        let tenant = parse("a", "tenants/a.toml", text.as_bytes()).unwrap();
        let refusal = trust.check(&tenant).err().map(|error| error.to_string());
        assert!(
            refusal
                .as_ref()
                .is_none_or(|text| text.contains("login_url"))
        );
        refusal
    }

    /// Addresses of this machine and of private networks, as a URL and a list have them.
    const NOT_PUBLIC: [&str; 13] = [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ];

    #[test]
    fn no_document_names_an_address_of_this_machine_or_of_a_private_network() {
        // As if its list had been taken.
        let allowed = NOT_PUBLIC.into_iter().chain(["localhost"]);
        let allowed = allowed.map(|host| AllowedHost {
            host: Host::parse(host).unwrap(),
            port: None,
        });
        let trust = Trust {
            hosts: Hosts {
                endpoints: None,
                allowed: AllowedHosts(allowed.collect()),
            },
            ..Trust::of_a_stack(listed).unwrap()
        };
        for host in NOT_PUBLIC {
            for url in [
                format!("https://{host}"),
                format!("https://{host}:8443/login"),
            ] {
                let refusal = refused_host(&trust, &url).unwrap();
                for word in ["private network", "LoginUrl", "DRAWBRIDGE_GRAPH_URL"] {
                    assert!(refusal.contains(word), "{url}: {refusal}");
                }
            }
        }
        for url in ["http://localhost:8080", "http://127.0.0.1:8080"] {
            let refusal = refused_host(&trust, url).unwrap();
            assert!(refusal.contains("private network"), "{url}: {refusal}");
        }
    }

    #[test]
    fn a_list_has_no_entry_that_would_do_nothing() {
        let of = |list: String| {
            let variable = |name: &str| (name == ALLOWED_HOSTS).then(|| list.clone());
            [
                Trust::of_a_stack(variable),
                Trust::of_a_machine(variable, "secrets".into()),
            ]
        };
        let told = |entry: &str| {
            let [stack, machine] = of(format!("gateway.example,{entry}"));
            assert_eq!(stack.clone().err(), machine.err());
            stack.err().map(|error| error.to_string())
        };
        for host in NOT_PUBLIC {
            for entry in [host.to_owned(), format!("{host}:8443")] {
                let told = told(&entry).unwrap();
                for word in [ALLOWED_HOSTS, "private network", "LoginUrl"] {
                    assert!(told.contains(word), "{entry}: {told}");
                }
            }
        }
        for entry in [
            "::1",
            "a b",
            "host:port",
            "host:",
            "host:0",
            "https://proxy.example",
            "a@b",
            "*.example",
        ] {
            let told = told(entry).unwrap();
            assert!(
                told.contains("must be hosts or host:port"),
                "{entry}: {told}"
            );
        }
        for entry in ["9.9.9.9", "[2603:1030::1]:8443", "10.example", ""] {
            assert_eq!(told(entry), None, "{entry}");
        }
    }

    /// However the list has it, it is the host that a document's URL has.
    #[test]
    fn an_entry_is_a_host_in_any_notation() {
        for (entry, url) in [
            ("rélay.example", "https://rélay.example"),
            ("RÉLAY.example", "https://xn--rlay-bpa.example"),
            ("relay.example:0443", "https://relay.example"),
            ("relay%2eexample", "https://relay.example"),
            ("9.9.2313", "https://9.9.9.9"),
            ("[2603:1030:0:0::1]", "https://[2603:1030::1]"),
            ("[2603:1030:0:0::1]:8443", "https://[2603:1030::1]:8443"),
        ] {
            let trust = Trust::of_a_stack(|name| match name {
                ALLOWED_HOSTS => Some(format!("proxy.example,{entry}")),
                _ => listed(name),
            });
            assert_eq!(refused_host(&trust.unwrap(), url), None, "{entry}");
        }
        let one_port = |name: &str| match name {
            ALLOWED_HOSTS => Some("proxy.example,[2603:1030::1]:8443".to_owned()),
            _ => listed(name),
        };
        let trust = Trust::of_a_stack(one_port).unwrap();
        assert!(refused_host(&trust, "https://[2603:1030::1]").is_some());
    }

    #[test]
    fn the_administrators_hosts_are_two_that_can_be_used() {
        let read = |login: &str, graph: &str| {
            let variable = |name: &str| match name {
                LOGIN_URL => Some(login.to_owned()),
                GRAPH_URL => Some(graph.to_owned()),
                _ => None,
            };
            Trust::of_a_stack(variable).map(|trust| trust.endpoints().cloned())
        };
        let relay = "https://10.0.0.1:8443/relay";
        for (login, graph) in [
            (relay, "https://relay.example"),
            ("http://127.0.0.1:1", relay),
        ] {
            let endpoints = read(login, graph).unwrap().unwrap();
            assert_eq!(endpoints.login, login.parse().unwrap());
            assert_eq!(endpoints.graph, graph.parse().unwrap());
        }
        assert_eq!(read("", " "), Ok(None));
        for (login, graph, word) in [
            (relay, "", "set both or neither"),
            ("", relay, "set both or neither"),
            ("http://10.0.0.1", relay, "is not https"),
            (relay, "https://user:MARKER@relay.example", "password"),
            ("MARKER", relay, "DRAWBRIDGE_LOGIN_URL is not a URL"),
        ] {
            let error = read(login, graph).unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("MARKER"), "{error}");
            assert!(error.contains(LOGIN_URL), "{error}");
        }
    }
}
