//! The simulator over HTTP.

use std::collections::HashSet;
use std::time::Duration;

use drawbridge_simulator::{Alerts, Fault, GenerateOptions, Options, Present, Simulator, start};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

const PATH: &str = "v1.0/security/alerts_v2";

fn generated(count: usize) -> Alerts {
    Alerts::generate(&GenerateOptions {
        count,
        seed: 7,
        from: "2026-01-01T00:00:00Z".parse().unwrap(),
        to: "2026-01-02T00:00:00Z".parse().unwrap(),
    })
}

async fn simulator(options: Options, count: usize) -> (Simulator, Client, String) {
    let simulator = start(options, generated(count)).await.unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let reply = sign_in(&simulator, &client, &[]).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let token = json(reply).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    (simulator, client, token)
}

async fn sign_in(simulator: &Simulator, client: &Client, change: &[(&str, &str)]) -> Response {
    let scope = format!("{}.default", simulator.graph_url());
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", "22222222-2222-4222-8222-222222222222"),
        ("client_secret", "simulated"),
        ("scope", scope.as_str()),
    ];
    let mut tenant = "11111111-1111-4111-8111-111111111111";
    for &(name, value) in change {
        match form.iter_mut().find(|(field, _)| *field == name) {
            Some(field) => field.1 = value,
            None => tenant = value,
        }
    }
    let url = format!("{}{tenant}/oauth2/v2.0/token", simulator.login_url());
    client.post(url).form(&form).send().await.unwrap()
}

async fn json(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

async fn get(
    simulator: &Simulator,
    client: &Client,
    token: &str,
    query: &[(&str, &str)],
) -> Response {
    let mut url = simulator.graph_url().join(PATH).unwrap();
    url.query_pairs_mut().extend_pairs(query);
    client.get(url).bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn sign_in_is_refused_in_entras_words() {
    let (simulator, client, _) = simulator(Options::default(), 1).await;
    for (field, status, code) in [
        ("tenant", 400, "AADSTS90002"),
        ("client_id", 400, "AADSTS700016"),
        ("client_secret", 401, "AADSTS7000215"),
        ("scope", 400, "AADSTS1002012"),
        ("grant_type", 400, "AADSTS70003"),
    ] {
        let reply = sign_in(&simulator, &client, &[(field, "wrong")]).await;
        assert_eq!(reply.status().as_u16(), status, "{field}");
        let body = json(reply).await;
        assert!(
            body["error_description"]
                .as_str()
                .unwrap()
                .starts_with(code),
            "{body}"
        );
    }
}

#[tokio::test]
async fn every_alert_comes_once_over_all_pages_the_newest_first() {
    let (simulator, client, token) = simulator(Options::default(), 2500).await;
    let mut url = simulator
        .graph_url()
        .join(&format!("{PATH}?$top=5000&$count=true"))
        .unwrap();
    let (mut ids, mut sizes, mut created) = (HashSet::new(), Vec::new(), Vec::new());
    loop {
        let page = json(client.get(url).bearer_auth(&token).send().await.unwrap()).await;
        assert_eq!(page["@odata.count"], 2500);
        let alerts = page["value"].as_array().unwrap();
        sizes.push(alerts.len());
        ids.extend(
            alerts
                .iter()
                .map(|alert| alert["id"].as_str().unwrap().to_owned()),
        );
        created.extend(alerts.iter().map(|alert| {
            alert["createdDateTime"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .unwrap()
        }));
        match page["@odata.nextLink"].as_str() {
            Some(link) => url = link.parse().unwrap(),
            None => break,
        }
    }
    assert_eq!((ids.len(), sizes), (2500, vec![1000, 1000, 500]));
    assert!(created.is_sorted_by(|a, b| a >= b));
    assert_eq!(simulator.stats().list_requests, 3);
}

#[tokio::test]
async fn a_filter_picks_and_a_wrong_query_is_refused() {
    let (simulator, client, token) = simulator(Options::default(), 400).await;
    let filter = "lastUpdateDateTime ge 2026-01-01T06:00:00Z and \
                  lastUpdateDateTime lt 2026-01-01T18:00:00Z and \
                  serviceSource eq 'microsoftDefenderForEndpoint'";
    let page = get(
        &simulator,
        &client,
        &token,
        &[("$filter", filter), ("$top", "1000")],
    )
    .await;
    let page = json(page).await;
    let alerts = page["value"].as_array().unwrap();
    assert!((50..300).contains(&alerts.len()), "{}", alerts.len());
    assert!(
        alerts
            .iter()
            .all(|alert| alert["serviceSource"] == "microsoftDefenderForEndpoint")
    );
    for query in [
        ("$filter", "title eq 'x'"),
        ("$top", "many"),
        ("$skip", "501"),
        ("$skiptoken", "x"),
    ] {
        let reply = get(&simulator, &client, &token, &[query]).await;
        assert_eq!(reply.status(), StatusCode::BAD_REQUEST, "{query:?}");
        assert_eq!(json(reply).await["error"]["code"], "BadRequest");
    }
}

#[tokio::test]
async fn an_alert_grows_as_time_passes_and_is_found_by_what_it_is_then() {
    let (simulator, client, token) = simulator(Options::default(), 60).await;
    let listed = async |now: &str| {
        simulator.set_present(Present::At(now.parse().unwrap()));
        let filter = "lastUpdateDateTime ge 2026-01-01T00:00:00Z";
        let query = [("$filter", filter), ("$top", "1000")];
        let page = json(get(&simulator, &client, &token, &query).await).await;
        page["value"].as_array().unwrap().clone()
    };
    let first = listed("2026-01-01T00:00:00Z").await;
    let last = listed("2026-01-02T00:00:00Z").await;
    assert_eq!((first.len(), last.len()), (60, 60));
    let expected: Vec<Value> = generated(60)
        .texts()
        .map(|text| serde_json::from_slice(text).unwrap())
        .collect();
    assert!(last.iter().all(|alert| expected.contains(alert)));
    let (before, after) = first.iter().zip(&last).find(|(a, b)| a != b).unwrap();
    assert_eq!(before["id"], after["id"]);

    // Under the time of its first version it is found only while it shows that.
    let shown = before["lastUpdateDateTime"].as_str().unwrap();
    let filter = format!("lastUpdateDateTime eq {shown}");
    for (now, found) in [(shown, 1), ("2026-01-02T00:00:00Z", 0)] {
        simulator.set_present(Present::At(now.parse().unwrap()));
        let page = json(get(&simulator, &client, &token, &[("$filter", &*filter)]).await).await;
        assert_eq!(page["value"].as_array().unwrap().len(), found, "{now}");
    }
}

#[tokio::test]
async fn who_has_no_token_or_no_role_gets_nothing() {
    let (signed, client, _) = simulator(Options::default(), 1).await;
    assert_eq!(
        get(&signed, &client, "made up", &[]).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let options = Options {
        token_without_roles: true,
        ..Options::default()
    };
    let (roleless, client, token) = simulator(options, 1).await;
    assert_eq!(
        get(&roleless, &client, &token, &[]).await.status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let options = Options {
        requests_per_minute: Some(2),
        ..Options::default()
    };
    let (simulator, client, token) = simulator(options, 1).await;
    for _ in 0..2 {
        assert_eq!(
            get(&simulator, &client, &token, &[]).await.status(),
            StatusCode::OK
        );
    }
    let refused = get(&simulator, &client, &token, &[]).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(simulator.stats().throttled, 1);
}

#[tokio::test]
async fn faults_come_in_turn_and_then_all_is_well() {
    let (simulator, client, token) = simulator(Options::default(), 3).await;
    for fault in [
        Fault::Status(503),
        Fault::Throttle {
            retry_after_secs: Some(9),
        },
        Fault::Unauthorized,
        Fault::Html,
        Fault::Malformed,
        Fault::Partial {
            warning: "199 - \"Microsoft/WDATP/504/10000\"".into(),
        },
        Fault::ForeignNextLink("https://evil.example/x".into()),
        Fault::HugeBody(3 << 20),
    ] {
        simulator.inject(fault);
    }
    let mut seen = Vec::new();
    for _ in 0..9 {
        let reply = get(&simulator, &client, &token, &[]).await;
        let status = reply.status().as_u16();
        seen.push((status, reply.bytes().await.unwrap().len()));
    }
    let statuses: Vec<u16> = seen.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [503, 429, 401, 200, 200, 206, 200, 200, 200]);
    assert!(seen[7].1 > 3 << 20);
    simulator.inject(Fault::CutBody);
    let url = simulator.graph_url().join(PATH).unwrap();
    let cut = client.get(url).bearer_auth(&token).send().await;
    let is_cut = match cut {
        Ok(reply) => reply.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(is_cut);
    simulator.set_down(true);
    assert_eq!(
        get(&simulator, &client, &token, &[])
            .await
            .status()
            .as_u16(),
        503
    );
}

#[tokio::test]
async fn an_alert_is_served_byte_for_byte_and_can_be_replaced() {
    let text = r#"{"id":"da1", "n":1.50, "createdDateTime":"2026-01-01T00:00:00Z"}"#;
    let simulator = start(Options::default(), Alerts::parse(text.as_bytes()).unwrap())
        .await
        .unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let token = json(sign_in(&simulator, &client, &[]).await).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = get(&simulator, &client, &token, &[])
        .await
        .text()
        .await
        .unwrap();
    assert!(body.contains(text), "{body}");
    simulator.set_alert(r#"{"id":"da1","n":2}"#);
    let page = json(get(&simulator, &client, &token, &[]).await).await;
    assert_eq!(page["value"].as_array().unwrap().len(), 1);
    assert_eq!(page["value"][0]["n"], 2);
    simulator.stop().await;
}

#[tokio::test]
async fn pages_are_compressed_for_who_accepts_it() {
    let (simulator, client, token) = simulator(Options::default(), 10).await;
    let url = simulator.graph_url().join(PATH).unwrap();
    let raw = Client::builder().no_proxy().no_gzip().build().unwrap();
    let plain = raw
        .get(url.clone())
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    let zipped = raw
        .get(url)
        .bearer_auth(&token)
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let page = json(get(&simulator, &client, &token, &[]).await).await;
    assert_eq!(page["value"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn latency_is_kept() {
    let options = Options {
        page_latency: Duration::from_millis(40),
        ..Options::default()
    };
    let (simulator, client, token) = simulator(options, 1).await;
    let started = std::time::Instant::now();
    get(&simulator, &client, &token, &[]).await;
    assert!(started.elapsed() >= Duration::from_millis(40));
}

#[test]
fn generated_alerts_are_the_same_for_a_seed_and_hold_every_type() {
    let alerts = |seed| {
        let options = GenerateOptions {
            count: 400,
            seed,
            from: "2026-01-01T00:00:00Z".parse().unwrap(),
            to: "2026-01-02T00:00:00Z".parse().unwrap(),
        };
        format!("{:?}", Alerts::generate(&options))
    };
    let text = alerts(1);
    assert_eq!(text, alerts(1));
    assert_ne!(text, alerts(2));
    let facts = include_str!("../../../../shared/alert/tests/facts/graph.json");
    let facts: Value = serde_json::from_str(facts).unwrap();
    let types: Vec<&String> = facts["types"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, of)| of["base"] == "alertEvidence")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(types.len(), 48);
    for name in types {
        let named = format!("#microsoft.graph.security.{name}\\\"");
        assert!(text.contains(&named), "{name}");
    }
}
