//! Whom a tenant's requests go to, and by which way.

use drawbridge_config::{ConfigError, Trust, parse};
use drawbridge_http::script::{Answer, Script};
use drawbridge_http::{TransportError, authority};
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_store::LocalStore;
use drawbridge_time::{Deadline, SystemClock};

use super::*;
use crate::MAX_STATE_BYTES;

/// Microsoft's own hosts.
const LOGIN: &str = "login.microsoftonline.com";
const GRAPH: &str = "graph.microsoft.com";

/// A network that hands out tokens, and leads nowhere else.
fn nowhere() -> Arc<Script> {
    let error = TransportError::Setup("nothing is sent".to_owned());
    Script::new([Answer::token("t0ken", 3599)], [Answer::broken(error)])
}

/// By which way which hosts are asked for a token and then for alerts.
#[derive(Debug, PartialEq)]
enum Asked {
    ToAnyAddress([String; 2]),
    ToPublicAddresses([String; 2]),
    Refused(String),
}

/// Where the administrator has tenants read, and what he lets documents name.
fn variable(name: &str) -> Option<String> {
    let value = match name {
        "DRAWBRIDGE_LOGIN_URL" | "DRAWBRIDGE_GRAPH_URL" => "https://10.0.0.1:8443/relay",
        "DRAWBRIDGE_ALLOWED_HOSTS" => "gateway.example",
        "DRAWBRIDGE_SECRET_PREFIX" => "drawbridge/prod/",
        _ => return None,
    };
    Some(value.to_owned())
}

async fn asked(tenant: &Tenant, trust: Trust) -> Asked {
    let folder = tempfile::tempdir().unwrap();
    let (any, public) = (nowhere(), nowhere());
    let services = Services {
        transport: Arc::clone(&any) as Arc<dyn Transport>,
        public_transport: Arc::clone(&public) as Arc<dyn Transport>,
        trust,
        secrets: Arc::new(FixedSecret("s3cret~".to_owned())),
        store: Arc::new(LocalStore::new(folder.path())),
        clock: Arc::new(SystemClock),
        aws_assertions: None,
        most_state_bytes: MAX_STATE_BYTES,
    };
    let admitted = match services.admit(tenant).await {
        Ok(admitted) => admitted,
        Err(refusal) => return Asked::Refused(refusal.to_string()),
    };
    let client = services.client(admitted).unwrap();
    let now = services.clock.now();
    let deadline = Deadline::after(std::time::Duration::from_secs(1));
    drawbridge_graph::check(&client.graph, &client.tokens, now, deadline).await;
    let hosts = |script: &Script| -> Vec<String> {
        let all = script.posts().into_iter().chain(script.gets());
        all.map(|seen| authority(&seen.url.parse().unwrap()))
            .collect()
    };
    let both = |hosts: Vec<String>| hosts.try_into().unwrap();
    match (hosts(&any), hosts(&public)) {
        (hosts, none) if none.is_empty() => Asked::ToAnyAddress(both(hosts)),
        (none, hosts) if none.is_empty() => Asked::ToPublicAddresses(both(hosts)),
        both => panic!("{both:?}"),
    }
}

fn document(lines: &str) -> Result<Tenant, ConfigError> {
    let text = format!(
        "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-000000000002\"\n\
         secret = \"drawbridge/prod/a\"\n{lines}"
    );
    parse("a", "tenants/a.toml", text.as_bytes())
}

fn hosts(url: &str) -> String {
    format!("login_url = \"{url}\"\ngraph_url = \"{url}\"")
}

#[tokio::test]
async fn a_document_leads_to_the_administrators_hosts_its_cloud_or_public_ones_of_its_own() {
    let any = |login: &str, graph: &str| Asked::ToAnyAddress([login.to_owned(), graph.to_owned()]);
    let stack = || Trust::of_a_stack(variable).unwrap();
    for (lines, expected) in [
        (String::new(), any("10.0.0.1:8443", "10.0.0.1:8443")),
        ("cloud = \"global\"".into(), any(LOGIN, GRAPH)),
        (
            "cloud = \"dod\"".into(),
            any("login.microsoftonline.us", "dod-graph.microsoft.us"),
        ),
        (
            hosts("https://gateway.example"),
            Asked::ToPublicAddresses(["gateway.example", "gateway.example"].map(str::to_owned)),
        ),
    ] {
        let tenant = document(&lines).unwrap();
        assert_eq!(asked(&tenant, stack()).await, expected, "{lines}");
    }
    for own in ["https://10.0.0.1:8443/relay", "http://127.0.0.1:8080"] {
        let refused = asked(&document(&hosts(own)).unwrap(), stack()).await;
        assert!(
            matches!(&refused, Asked::Refused(why) if why.contains("LoginUrl")),
            "{refused:?}"
        );
    }
    let nothing = |name: &str| variable(name).filter(|_| name == "DRAWBRIDGE_SECRET_PREFIX");
    let trust = Trust::of_a_stack(nothing).unwrap();
    let asked = asked(&document("").unwrap(), trust).await;
    assert_eq!(asked, any(LOGIN, GRAPH));
}

#[tokio::test]
async fn what_the_administrator_gives_may_lead_to_any_address() {
    let any = |login: &str, graph: &str| Asked::ToAnyAddress([login.to_owned(), graph.to_owned()]);
    for (more, expected) in [
        (r#""sweeps":true"#, any("10.0.0.1:8443", "10.0.0.1:8443")),
        (r#""cloud":"global""#, any(LOGIN, GRAPH)),
        (
            r#""login_url":"https://10.0.0.2","graph_url":"https://10.0.0.3""#,
            any("10.0.0.2", "10.0.0.3"),
        ),
    ] {
        let text = format!(
            r#"[{{"name":"main","tenant_id":"t.example","secret":"any/where",
            "client_id":"00000000-0000-0000-0000-000000000002",{more}}}]"#
        );
        let tenants = Tenant::parse_list("DRAWBRIDGE_TENANTS", &text).unwrap();
        let trust = Trust::of_a_stack(variable).unwrap();
        assert_eq!(asked(&tenants[0], trust).await, expected, "{more}");
    }
}

#[test]
fn a_document_that_says_no_more_than_it_must_has_the_defaults() {
    let tenant = document("").unwrap();
    assert_eq!(settings(&tenant), Settings::new("a"));
}
