//! Whom a tenant's requests go to, and by which way.

use drawbridge_config::{ConfigError, Trust, parse};
use drawbridge_http::script::{Answer, Script};
use drawbridge_http::{TransportError, authority};
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_store::testing::MemoryStore;
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
enum Requested {
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

fn services([any, public]: [&Arc<Script>; 2], trust: Trust, secret: &str) -> Services {
    Services {
        transport: Arc::clone(any) as Arc<dyn Transport>,
        public_transport: Arc::clone(public) as Arc<dyn Transport>,
        trust,
        secrets: Arc::new(FixedSecret(secret.to_owned())),
        store: Arc::new(MemoryStore::default()),
        clock: Arc::new(SystemClock),
        aws_assertions: None,
        most_state_bytes: MAX_STATE_BYTES,
    }
}

async fn asked(tenant: &Tenant, trust: Trust) -> Requested {
    let (any, public) = (nowhere(), nowhere());
    let services = services([&any, &public], trust, "s3cret~");
    let admitted = match services.admit(tenant).await {
        Ok(admitted) => admitted,
        Err(refusal) => return Requested::Refused(refusal.to_string()),
    };
    let client = services.client(admitted).unwrap();
    let now = services.clock.now();
    let deadline = Deadline::after(std::time::Duration::from_secs(1));
    let all = drawbridge_graph::Filter::default();
    drawbridge_graph::check(&client.graph, &client.tokens, all, now, deadline).await;
    let hosts = |script: &Script| -> Vec<String> {
        let all = script.posts().into_iter().chain(script.gets());
        all.map(|seen| authority(&seen.url.parse().unwrap()))
            .collect()
    };
    let both = |hosts: Vec<String>| hosts.try_into().unwrap();
    match (hosts(&any), hosts(&public)) {
        (hosts, none) if none.is_empty() => Requested::ToAnyAddress(both(hosts)),
        (none, hosts) if none.is_empty() => Requested::ToPublicAddresses(both(hosts)),
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
    let any =
        |login: &str, graph: &str| Requested::ToAnyAddress([login.to_owned(), graph.to_owned()]);
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
            Requested::ToPublicAddresses(["gateway.example", "gateway.example"].map(str::to_owned)),
        ),
    ] {
        let tenant = document(&lines).unwrap();
        assert_eq!(asked(&tenant, stack()).await, expected, "{lines}");
    }
    for own in ["https://10.0.0.1:8443/relay", "http://127.0.0.1:8080"] {
        let refused = asked(&document(&hosts(own)).unwrap(), stack()).await;
        assert!(
            matches!(&refused, Requested::Refused(why) if why.contains("LoginUrl")),
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
    let any =
        |login: &str, graph: &str| Requested::ToAnyAddress([login.to_owned(), graph.to_owned()]);
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
    let alerts = tenant.polled_alerts().to_string();
    let defaults = Settings {
        polled_alerts: Some(alerts),
        ..Settings::new("a")
    };
    assert_eq!(settings(&tenant), defaults);
}

/// What Entra is sent for a document of that name, or why nothing is.
async fn token_request(name: &str, place: &str, secret: &str) -> Result<String, String> {
    let key = format!("tenants/{name}.toml");
    let text = format!(
        "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-000000000002\"\n{place}\n"
    );
    let tenant = parse(name, &key, text.as_bytes()).unwrap();
    let network = nowhere();
    let trust = Trust::of_a_stack(variable).unwrap();
    let services = services([&network, &network], trust, secret);
    let admitted = services.admit(&tenant).await;
    let admitted = admitted.map_err(|error| error.to_string())?;
    let client = services.client(admitted).unwrap();
    let deadline = Deadline::after(std::time::Duration::from_secs(1));
    let token = client.tokens.token(deadline).await;
    let error = match token {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    match network.posts().first() {
        Some(seen) => Ok(seen.body.clone()),
        None => Err(error),
    }
}

#[tokio::test]
async fn of_a_shared_secret_a_document_signs_in_with_its_own_member_whatever_it_says() {
    let shared = r#"{"a":"s3cret-of-a","b":"s3cret-of-b","client_secret":"s3cret-of-all"}"#;
    let place = "secret = \"drawbridge/prod/_shared/1\"";
    for own in ["a", "b"] {
        let body = token_request(own, place, shared).await.unwrap();
        assert!(
            body.ends_with(&format!("&client_secret=s3cret-of-{own}")),
            "{body}"
        );
        assert_eq!(body.matches("s3cret").count(), 1, "{body}");
    }
    // Nobody's member, no secret of many, the wrong field, a place that is no shared one.
    let bare = "s3cret~";
    for (name, place, secret, said) in [
        (
            "c",
            place,
            shared,
            "the member \"c\" of the secret drawbridge/prod/_shared/1 does not",
        ),
        ("a", place, bare, "the secret is not a JSON object"),
        (
            "a",
            "certificate = \"drawbridge/prod/_shared/1\"",
            shared,
            "not PEM text",
        ),
        (
            "a",
            "secret = \"drawbridge/prod/a\"",
            shared,
            "a JSON document",
        ),
        (
            "a",
            "secret = \"drawbridge/prod/b/_shared/1\"",
            shared,
            "is not this tenant's",
        ),
        (
            "a",
            "federation = \"drawbridge/prod/_shared/1\"",
            shared,
            "is not this tenant's",
        ),
    ] {
        let error = token_request(name, place, secret).await.unwrap_err();
        assert!(error.contains(said) && !error.contains("s3cret"), "{error}");
    }
}
