//! One backlog, and the function's process killed fifty times while it reads it: the real
//! bootstrap, the Graph simulator, and the emulated S3, SQS and Secrets Manager.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod alerts;
mod bootstrap;
mod cloud;
mod killer;
mod proxy;
mod runtime;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alerts::{alert, expected, without_part};
use bootstrap::Bootstrap;
use cloud::Cloud;
use killer::{Killer, Moment};
use proxy::Proxy;
use runtime::{Answer, Runtime};
use serde_json::Value;

const KILLS: u64 = 50;
/// How many alerts there are, each of two records, and how many come when all were read.
const ALERTS: usize = 60;
const MORE_ALERTS: usize = 15;

#[tokio::test(flavor = "multi_thread")]
async fn killed_fifty_times_it_still_sends_every_record() {
    let mut alerts: Vec<Value> = (0..ALERTS).map(alert).collect();
    let cloud = Cloud::start(&alerts).await;
    let killer = Arc::new(Killer::default());
    let proxy = Proxy::start(cloud.emulator.endpoint_url(), Arc::clone(&killer)).await;
    let runtime = Runtime::start().await;
    let bootstrap = Bootstrap::new(&cloud, &proxy, &runtime);

    let mut moments: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut killed, mut ended) = (0, 0);
    for n in 0.. {
        if killed == KILLS {
            break;
        }
        if !killer.lives() {
            killer.guard(bootstrap.spawn());
        }
        let moment = Moment::nth(n);
        let job = cloud.next_job(n).await;
        let event = job.event();
        killer.arm(moment);
        let answer = tokio::select! {
            answer = runtime.offer(&event) => Some(answer),
            () = killer.strikes() => None,
        };
        match answer {
            None => {
                killed += 1;
                *moments.entry(moment.name()).or_default() += 1;
                // As if the time was over for which the queue hides it.
                cloud.redeliver(&job).await;
            }
            Some(Answer::Done) => {
                killer.disarm();
                ended += 1;
                cloud.delete(&job).await;
                let first = alerts.len();
                for n in first..first + MORE_ALERTS {
                    alerts.push(alert(n));
                    cloud.simulator.set_alert(&alerts[n].to_string());
                }
            }
            Some(Answer::Failed) => {
                let log = bootstrap.log();
                assert!(n < 1000, "job after job fails:\n{log}");
                cloud.redeliver(&job).await;
            }
        }
    }
    killer.disarm();
    if !killer.lives() {
        killer.guard(bootstrap.spawn());
    }
    for tick in 0..3 {
        let job = cloud.next_job(1_000_000 + tick).await;
        let event = job.event();
        let done = tokio::time::timeout(Duration::from_secs(60), runtime.offer(&event));
        let done = done.await.unwrap();
        assert!(matches!(done, Answer::Done), "{}", bootstrap.log());
        cloud.delete(&job).await;
    }

    let expected = expected(&alerts);
    let messages = cloud.drain().await;
    println!(
        "killed {killed} times {moments:?}, ended {ended} times: {} records, {} messages",
        expected.len(),
        messages.len()
    );
    let mut bodies: BTreeMap<String, Value> = BTreeMap::new();
    for (key, body) in messages {
        let body = without_part(&body);
        assert_eq!(body["FullId"], key.as_str(), "a key of another record");
        if let Some(before) = bodies.insert(key.clone(), body.clone()) {
            assert!(before == body, "{key} came with another body");
        }
    }
    let missing = expected.keys().filter(|key| !bodies.contains_key(*key));
    assert_eq!(missing.count(), 0, "records are lost");
    assert!(bodies == expected, "other records came");
    let log = bootstrap.log();
    assert!(!log.contains(alerts::CONTENT), "an alert is in the log");
    assert!(!log.contains("panicked"), "{log}");
    // What `lambda/memory.rs` has for the program, beside its binary.
    let most_kb = killer.most_kb();
    println!("a process had {most_kb} KB of its own at most");
    assert!(most_kb < 9 << 10, "{most_kb} KB");
    assert!(
        most_kb > 1 << 10 || !cfg!(target_os = "linux"),
        "{most_kb} KB"
    );
    for name in ["before the state is saved", "after the state is saved"] {
        assert!(moments.contains_key(name), "never {name}");
    }
}
