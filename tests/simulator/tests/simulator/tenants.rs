//! Many tenants in one simulator: what is one's is not another's.

use std::collections::HashMap;
use std::time::Duration;

use drawbridge_simulator::{Alerts, Credential, Fault, Options, SimulatedTenant, Simulator, start};
use reqwest::{Client, Response};
use serde_json::{Value, json};

const APP: &str = "app";

fn alerts(ids: &[&str]) -> Alerts {
    let alert = |id: &&str| {
        json!({
            "id": id, "createdDateTime": "2026-01-01T00:00:00Z",
            "lastUpdateDateTime": "2026-01-01T00:00:00Z",
            "severity": if id.starts_with('h') { "high" } else { "low" },
            "serviceSource": if id.ends_with('e') { "microsoftDefenderForEndpoint" } else { "microsoftSentinel" },
        })
    };
    let all: Vec<Value> = ids.iter().map(alert).collect();
    Alerts::parse(Value::from(all).to_string().as_bytes()).unwrap()
}

fn tenant(id: &str, ids: &[&str]) -> SimulatedTenant {
    let secret = Credential::Secret(format!("secret of {id}"));
    SimulatedTenant {
        alerts: alerts(ids),
        ..SimulatedTenant::new(id, APP, secret)
    }
}

/// A simulator of these tenants, and a client of its.
struct World {
    simulator: Simulator,
    client: Client,
}

impl World {
    async fn of(tenants: Vec<SimulatedTenant>) -> Self {
        let options = Options {
            tenants,
            ..Options::default()
        };
        Self {
            simulator: start(options, Alerts::default()).await.unwrap(),
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn sign_in(&self, tenant: &str, app: &str, secret: &str) -> Response {
        let scope = format!("{}.default", self.simulator.graph_url());
        let form = HashMap::from([
            ("grant_type", "client_credentials"),
            ("client_id", app),
            ("client_secret", secret),
            ("scope", scope.as_str()),
        ]);
        let url = format!("{}{tenant}/oauth2/v2.0/token", self.simulator.login_url());
        self.client.post(url).form(&form).send().await.unwrap()
    }

    async fn token(&self, tenant: &str) -> String {
        let secret = format!("secret of {tenant}");
        let reply = json(self.sign_in(tenant, APP, &secret).await).await;
        reply["access_token"].as_str().unwrap().to_owned()
    }

    /// The code of a refused sign-in.
    async fn refusal(&self, tenant: &str, app: &str, secret: &str) -> u64 {
        let body = json(self.sign_in(tenant, app, secret).await).await;
        body["error_codes"][0].as_u64().unwrap()
    }

    async fn list(&self, token: &str, query: &[(&str, &str)]) -> Response {
        let url = self.simulator.graph_url();
        let mut url = url.join("v1.0/security/alerts_v2").unwrap();
        url.query_pairs_mut().extend_pairs(query);
        self.client
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
    }

    async fn status(&self, token: &str) -> u16 {
        self.list(token, &[]).await.status().as_u16()
    }

    async fn ids(&self, token: &str, filter: &str) -> Vec<String> {
        let page = json(self.list(token, &[("$filter", filter)]).await).await;
        let alerts = page["value"].as_array().unwrap();
        let id = |alert: &Value| alert["id"].as_str().unwrap().to_owned();
        alerts.iter().map(id).collect()
    }
}

async fn json(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

const ALWAYS: &str = "lastUpdateDateTime ge 2025-01-01T00:00:00Z";

#[tokio::test]
async fn a_token_reads_its_own_tenant_and_no_other() {
    let world = World::of(vec![tenant("a", &["a1", "a2"]), tenant("b", &["b1"])]).await;
    let (a, b) = (world.token("a").await, world.token("b").await);
    assert_eq!(world.ids(&a, ALWAYS).await, ["a1", "a2"]);
    assert_eq!(world.ids(&b, ALWAYS).await, ["b1"]);

    let first = json(world.list(&a, &[("$top", "1")]).await).await;
    let next = first["@odata.nextLink"].as_str().unwrap();
    let get = |token| world.client.get(next).bearer_auth(token).send();
    let foreign = get(&b).await.unwrap();
    assert_eq!(foreign.status().as_u16(), 401);
    let body = json(foreign).await;
    assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
    let own = json(get(&a).await.unwrap()).await;
    assert_eq!(own["value"][0]["id"], "a2");
}

#[tokio::test]
async fn a_secret_is_good_for_its_own_tenant_only() {
    let expired = Credential::ExpiredSecret("old".into());
    let tenants = vec![
        tenant("a", &[]),
        tenant("b", &[]),
        SimulatedTenant::new("c", APP, expired),
    ];
    let world = World::of(tenants).await;
    for (tenant, app, secret, code) in [
        ("a", APP, "secret of b", 7_000_215),
        ("a", "other", "secret of a", 700_016),
        ("z", APP, "secret of a", 90_002),
        ("c", APP, "old", 7_000_222),
        ("c", APP, "older", 7_000_215),
    ] {
        assert_eq!(world.refusal(tenant, app, secret).await, code, "{tenant}");
    }
}

#[tokio::test]
async fn without_consent_there_is_a_token_that_reads_nothing() {
    let without = SimulatedTenant {
        has_consent: false,
        ..tenant("b", &["b1"])
    };
    let world = World::of(vec![tenant("a", &["a1"]), without]).await;
    let token = world.token("b").await;
    let refused = world.list(&token, &[]).await;
    assert_eq!(refused.status().as_u16(), 403);
    let body = json(refused).await;
    assert_eq!(body["error"]["code"], "Forbidden");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("SecurityAlert.Read.All"), "{message}");
    assert_eq!(world.status(&world.token("a").await).await, 200);
}

#[tokio::test]
async fn the_throttle_is_each_tenants_own() {
    let limited = |id| SimulatedTenant {
        requests_per_minute: Some(3),
        ..tenant(id, &[])
    };
    let world = World::of(vec![limited("a"), limited("b")]).await;
    let (a, b) = (world.token("a").await, world.token("b").await);
    for _ in 0..3 {
        assert_eq!(world.status(&a).await, 200);
    }
    let refused = world.list(&a, &[]).await;
    assert_eq!(refused.status().as_u16(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(world.status(&b).await, 200);
}

#[tokio::test]
async fn faults_hit_one_tenant_and_so_do_the_counts() {
    let world = World::of(vec![tenant("a", &["a1"]), tenant("b", &["b1"])]).await;
    let (a, b) = (world.token("a").await, world.token("b").await);
    let control = world.simulator.tenant("A").unwrap();
    control.inject(Fault::Status(500));
    assert_eq!((world.status(&b).await, world.status(&a).await), (200, 500));
    control.set_down(true);
    assert_eq!((world.status(&b).await, world.status(&a).await), (200, 503));
    let secret = "secret of a";
    assert_eq!(world.sign_in("a", APP, secret).await.status().as_u16(), 503);
    control.set_down(false);
    control.set_alert(r#"{"id":"a2","lastUpdateDateTime":"2026-01-01T00:00:00Z"}"#);
    assert_eq!(world.ids(&a, ALWAYS).await, ["a1", "a2"]);
    assert_eq!(world.ids(&b, ALWAYS).await, ["b1"]);

    assert_eq!(world.status("nobody's").await, 401);
    let of = |id| world.simulator.tenant(id).unwrap().stats();
    let (a, b, all) = (of("a"), of("b"), world.simulator.stats());
    assert_eq!(
        (a.token_requests, a.list_requests, a.alerts_served),
        (2, 3, 2)
    );
    assert_eq!(
        (b.token_requests, b.list_requests, b.alerts_served),
        (1, 3, 3)
    );
    assert_eq!((all.token_requests, all.list_requests), (3, 7));
    assert!(world.simulator.tenant("z").is_none());
}

#[tokio::test]
async fn a_token_ends_with_its_lifetime() {
    let brief = SimulatedTenant {
        token_lifetime: Duration::ZERO,
        ..tenant("a", &[])
    };
    let world = World::of(vec![brief, tenant("b", &[])]).await;
    assert_eq!(world.status(&world.token("a").await).await, 401);
    assert_eq!(world.status(&world.token("b").await).await, 200);
}

#[tokio::test]
async fn severities_and_products_are_picked_with_or() {
    let world = World::of(vec![tenant("a", &["he", "le", "hs", "ls"])]).await;
    let token = world.token("a").await;
    for (narrowed, ids) in [
        ("severity eq 'high'", &["he", "hs"][..]),
        (
            "(severity eq 'high' or severity eq 'low')",
            &["he", "le", "hs", "ls"],
        ),
        (
            "(serviceSource eq 'microsoftDefenderForEndpoint' or serviceSource eq \
             'microsoftSentinel') and severity eq 'low'",
            &["le", "ls"],
        ),
        (
            "serviceSource eq 'microsoftSentinel' and (severity eq 'high' or severity eq 'medium')",
            &["hs"],
        ),
    ] {
        let filter = format!("{ALWAYS} and {narrowed}");
        assert_eq!(world.ids(&token, &filter).await, ids, "{filter}");
    }
}

#[tokio::test]
async fn a_count_is_of_all_that_matches_and_may_be_refused() {
    let refusing = SimulatedTenant {
        refuses_count: true,
        ..tenant("b", &["he"])
    };
    let world = World::of(vec![tenant("a", &["he", "hs", "le"]), refusing]).await;
    let (a, b) = (world.token("a").await, world.token("b").await);
    let filter = format!("{ALWAYS} and severity eq 'high'");
    let query = [("$filter", &*filter), ("$top", "1"), ("$count", "true")];
    let page = json(world.list(&a, &query).await).await;
    assert_eq!(page["@odata.count"], 2);
    assert_eq!(page["value"].as_array().unwrap().len(), 1);
    let plain = json(world.list(&a, &query[..2]).await).await;
    assert_eq!(plain.get("@odata.count"), None);
    assert_eq!(world.list(&b, &query).await.status().as_u16(), 400);
    assert_eq!(world.list(&b, &query[..2]).await.status().as_u16(), 200);
}
