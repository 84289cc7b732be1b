use std::time::{Duration, Instant};

use crate::process::{Polled, Simulator, poll};
use crate::row;

/// Polls 100,000 alerts, and reads the same pages with a client that throws them away.
pub(crate) fn run() {
    let small = poll(&Simulator::start(1_000, 0));
    row(
        "poll --once of 1,000 alerts: peak memory",
        &format!("{:.1} MB", small.peak_mb),
    );
    for latency_ms in [0, 300] {
        let simulator = Simulator::start(100_000, latency_ms);
        let Polled {
            took,
            peak_mb,
            alerts,
        } = poll(&simulator);
        assert_eq!(alerts, 100_000, "the poll did not read every alert");
        let what = format!("poll --once of 100,000 alerts, {latency_ms} ms per page");
        let rate = alerts as f64 / took.as_secs_f64();
        row(
            &what,
            &format!("{:.1} s, {rate:.0} alerts/s", took.as_secs_f64()),
        );
        row(&format!("{what}: peak memory"), &format!("{peak_mb:.1} MB"));
        let thrown = throw_away(&simulator);
        row(
            &format!("the same pages fetched and thrown away, {latency_ms} ms per page"),
            &format!(
                "{:.1} s; the poll takes {:.2} times that",
                thrown.as_secs_f64(),
                took.as_secs_f64() / thrown.as_secs_f64()
            ),
        );
    }
}

/// Follows the same pages and keeps nothing of them but the next link.
fn throw_away(simulator: &Simulator) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::new();
        let started = Instant::now();
        let token: serde_json::Value = serde_json::from_slice(
            &client
                .post(format!(
                    "{}11111111-1111-4111-8111-111111111111/oauth2/v2.0/token",
                    simulator.login_url
                ))
                .form(&[
                    ("grant_type", "client_credentials"),
                    ("client_id", "22222222-2222-4222-8222-222222222222"),
                    ("client_secret", "simulated"),
                    ("scope", &format!("{}.default", simulator.graph_url)),
                ])
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap(),
        )
        .unwrap();
        let token = token["access_token"].as_str().unwrap().to_owned();
        let mut link = Some(format!(
            "{}v1.0/security/alerts_v2?$top=1000",
            simulator.graph_url
        ));
        while let Some(url) = link {
            let body = client
                .get(url)
                .bearer_auth(&token)
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap();
            link = next_link(&body);
        }
        started.elapsed()
    })
}

/// The next link, found without parsing the page.
fn next_link(body: &[u8]) -> Option<String> {
    let marker = b"\"@odata.nextLink\":\"";

    [
        &body[..body.len().min(4096)],
        &body[body.len().saturating_sub(4096)..],
    ]
    .into_iter()
    .find_map(|part| {
        let at = part
            .windows(marker.len())
            .position(|window| window == marker)?;
        let rest = &part[at + marker.len()..];
        let end = rest.iter().position(|&byte| byte == b'"')?;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    })
}
