//! What lies further back, of every tenant at once: a backfill of days that are long gone, and an
//! alert that turned up hours late, which only a sweep finds.

use drawbridge_cursor::{State, Window};
use drawbridge_dispatch::Tick;
use drawbridge_poll::{BackfillProgress, state_key};
use drawbridge_simulator::Simulator;
use drawbridge_store::Store as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::cloud::Cloud;
use super::drain;
use super::who::{self, Who};
use super::worker::{Invoked, Worker};
use crate::alerts;

const ID: &str = "days-long-gone";

/// Has processes that know no tenant yet read what is older.
pub(crate) async fn is_read(
    cloud: &Cloud<'_>,
    simulator: &Simulator,
    tenants: &[Who],
    environment: &[(&str, String)],
) {
    let spawn = |_| tokio::sync::Mutex::new(Worker::spawn(environment));
    let workers: Vec<_> = (0..2).map(spawn).collect();
    let now = Timestamp::now();

    let day = now - SignedDuration::from_hours(40 * 24);
    for who in tenants {
        shows(simulator, who, 200, day);
        backfill(&who.name, day).ask(&cloud.store).await.unwrap();
    }
    cloud.dispatch(tick(now, 5)).await;
    drain(cloud, &workers).await;
    arrived(cloud, tenants, 200, day).await;
    for who in tenants {
        let progress = BackfillProgress::load(&cloud.store, &who.name, ID).await;
        let progress = progress.unwrap().unwrap();
        assert_eq!(
            (progress.percent(), progress.alerts),
            (100, 1),
            "{}",
            who.name
        );
        assert_eq!(progress.stopped, None, "{}", who.name);
    }

    let late = now - SignedDuration::from_hours(5);
    for who in tenants {
        shows(simulator, who, 300, late);
        sweeps(cloud, who).await;
    }
    // Others: a document is taken to be as it was read for a minute.
    let workers: Vec<_> = (0..2).map(spawn).collect();
    cloud.dispatch(tick(now, 10)).await;
    let told = drain(cloud, &workers).await;
    arrived(cloud, tenants, 300, late).await;
    let found: f64 = told.iter().map(found_by_sweep).sum();
    assert!((found - 2.0 * tenants.len() as f64).abs() < 0.5, "{found}");
}

/// Lets Graph show alert `n` of a tenant, last changed at `time`.
fn shows(simulator: &Simulator, who: &Who, n: usize, time: Timestamp) {
    let control = simulator.tenant(&who.simulated.tenant_id).unwrap();
    control.set_alert(&who::alert(&who.name, n, time).to_string());
}

/// The tick that is due that many minutes from `now`.
fn tick(now: Timestamp, minutes: i64) -> Tick {
    let due = now + SignedDuration::from_mins(minutes);
    Tick::of(&json!({ "time": due.to_string() }), now).unwrap()
}

fn backfill(tenant: &str, day: Timestamp) -> BackfillProgress {
    let hour = |n: i64| day + SignedDuration::from_hours(n);
    let windows = vec![Window::new(hour(-36), hour(36)).unwrap()];
    BackfillProgress {
        tenant: tenant.to_owned(),
        id: ID.to_owned(),
        left: windows.clone(),
        windows,
        ..BackfillProgress::default()
    }
}

/// Switches a tenant's sweeps on, with one that is due.
async fn sweeps(cloud: &Cloud<'_>, who: &Who) {
    let (key, text) = &who.document;
    let on = ["sweeps = ", "\"sweeps\":", "\"sweeps\": "]
        .iter()
        .fold(text.clone(), |text, field| {
            text.replace(&format!("{field}false"), &format!("{field}true"))
        });
    assert_ne!(on, *text, "{text}");
    cloud.store.put(key, on.into(), "text/plain").await.unwrap();
    let key = state_key(&who.name);
    let object = cloud.store.get(&key).await.unwrap().unwrap();
    let mut state = State::decode(&object.body).unwrap();
    let ago = |hours: i64| Some(Timestamp::now() - SignedDuration::from_hours(hours));
    state.first_from = ago(72);
    (state.swept.day, state.swept.week) = (ago(2), ago(1));
    let body = state.encode().unwrap().into();
    cloud
        .store
        .put(&key, body, "application/json")
        .await
        .unwrap();
}

/// Exactly the records of that alert are on the queue, under each tenant's name.
async fn arrived(cloud: &Cloud<'_>, tenants: &[Who], n: usize, time: Timestamp) {
    let mut records = cloud.records().await;
    for who in tenants {
        let expected = alerts::bodies(&[who::alert(&who.name, n, time)]);
        assert_eq!(records.remove(&who.name), Some(expected), "{}", who.name);
    }
    assert!(records.is_empty(), "{records:?}");
}

fn found_by_sweep(told: &Invoked) -> f64 {
    let metrics = told.metrics.iter();
    metrics
        .filter_map(|line| line["FoundBySweep"].as_f64())
        .sum()
}
