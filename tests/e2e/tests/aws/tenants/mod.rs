//! More than fifty tenants of every identity in one stack, some of them broken: each of the others
//! gets its records, by as many requests as without the broken ones.
//!
//! The jobs go through the FIFO queue of the emulated cloud; dispatch and poll are the functions'
//! own code, poll in processes of its own. One simulator is the Entra and the Graph of all.

mod cloud;
mod older;
mod trouble;
mod who;
mod worker;

use std::collections::BTreeMap;
use std::sync::Mutex;

use drawbridge_dispatch::Tick;
use drawbridge_emulator::Emulator;
use drawbridge_simulator::{Alerts, Options, Simulator, Stats};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::alerts;
use cloud::Cloud;
use who::{Identities, SOUND, Who};
use worker::{Invoked, Worker};

/// Processes of the poll function.
const WORKERS: usize = 4;

const TICKS: i64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_tenants_fail_alone() {
    let emulator = Emulator::start().await.unwrap();
    let identities = Identities::new().await;
    let sound = || (0..SOUND).map(|n| who::sound(n, &identities)).collect();

    let mut all: Vec<Who> = sound();
    all.extend(trouble::all().into_iter().map(|trouble| trouble.who));
    let broken = trouble::all().len();
    let (alone, together) = futures::join!(
        run(&emulator, &identities, "alone", sound(), 0),
        run(&emulator, &identities, "together", all, broken),
    );

    for n in 0..SOUND {
        let name = format!("tenant-{n:02}");
        let (alone, together) = (&alone.tenants[&name], &together.tenants[&name]);
        // Two alerts more than at the beginning, each of two records.
        let expected = 2 * (1 + n % 4 + 2);
        assert_eq!(together.records.len(), expected, "{name}");
        assert_eq!(together.records, together.expected, "{name}");
        assert_eq!(alone.records.len(), expected, "{name}");
        // Not a request more or less, and never a poll that failed or waited.
        let asked = |found: &TenantOutcome| (found.asked.list_requests, found.asked.alerts_served);
        assert_eq!(asked(together), asked(alone), "{name}");
        // A sign-in for each process that met the tenant.
        for found in [alone, together] {
            assert!((1..=3).contains(&found.asked.token_requests), "{name}");
        }
        assert_eq!(together.metrics.len(), 3, "{name}");
        for metrics in alone.metrics.iter().chain(&together.metrics) {
            assert_eq!(metrics["Successes"], 1.0, "{name}: {metrics}");
            assert_eq!(metrics.get("Failures"), None, "{name}: {metrics}");
        }
        // Three polls with something new: a page each, and how many alerts there are.
        assert_eq!(together.asked.list_requests, 6, "{name}");
        assert_eq!(together.asked.throttled, 0, "{name}");
    }
    for trouble in trouble::all() {
        let found = &together.tenants[&trouble.who.name];
        (trouble.check)(found);
    }
    assert_eq!(together.tenants.len(), SOUND + trouble::all().len());
}

/// What became of a tenant.
#[derive(Default)]
struct TenantOutcome {
    /// Key and body of what came on the queue under its name.
    records: BTreeMap<String, String>,
    /// The same as the pure mapping makes it of all its alerts.
    expected: BTreeMap<String, String>,
    asked: Stats,
    /// A line of metrics for each job.
    metrics: Vec<Value>,
}

struct Run {
    tenants: BTreeMap<String, TenantOutcome>,
}

/// Three ticks of a stack of its own.
async fn run(
    emulator: &Emulator,
    identities: &Identities,
    name: &str,
    mut tenants: Vec<Who>,
    broken: usize,
) -> Run {
    let options = Options {
        tenants: tenants.iter().map(|who| who.simulated.clone()).collect(),
        ..Options::default()
    };
    let simulator = drawbridge_simulator::start(options, Alerts::default())
        .await
        .unwrap();
    let cloud = Cloud::create(emulator, name).await;
    for who in &tenants {
        cloud.add(who).await;
    }
    cloud.allow(tenants.iter()).await;
    trouble::begin(&simulator);
    let environment = cloud.environment(identities.issuer.url(), &simulator);
    let spawn = |_| tokio::sync::Mutex::new(Worker::spawn(&environment));
    let workers: Vec<_> = (0..WORKERS).map(spawn).collect();

    let now = Timestamp::now();
    let mut told = Vec::new();
    for tick in 0..TICKS {
        if tick > 0 {
            news(&simulator, &mut tenants, usize::try_from(tick).unwrap());
        }
        let due = now + SignedDuration::from_mins(tick);
        let tick = Tick::of(&json!({ "time": due.to_string() }), now).unwrap();
        assert_eq!(cloud.dispatch(tick).await, SOUND + broken);
        // Repeated, it makes no jobs.
        assert_eq!(cloud.dispatch(tick).await, SOUND + broken);
        told.extend(drain(&cloud, &workers).await);
    }
    let log: String = told.iter().flat_map(|told| &told.log).cloned().collect();
    for who in &tenants {
        if let Some(secret) = &who.secret {
            assert!(!log.contains(secret.as_str()), "a secret is in the log");
        }
    }
    assert!(!log.contains("192.0.2."), "an alert is in the log");

    let mut records = cloud.records().await;
    let mut found: BTreeMap<String, TenantOutcome> = BTreeMap::new();
    for who in &tenants {
        let control = simulator.tenant(&who.simulated.tenant_id).unwrap();
        let of_tenant = TenantOutcome {
            records: records.remove(&who.name).unwrap_or_default(),
            expected: alerts::bodies(&who.alerts),
            asked: control.stats(),
            metrics: Vec::new(),
        };
        found.insert(who.name.clone(), of_tenant);
    }
    assert!(records.is_empty(), "records of nobody: {records:?}");
    for metrics in told.into_iter().flat_map(|told| told.metrics) {
        let tenant = metrics["Tenant"].as_str().unwrap().to_owned();
        found.get_mut(&tenant).unwrap().metrics.push(metrics);
    }
    if broken == 0 {
        older::is_read(&cloud, &simulator, &tenants, &environment).await;
    }
    Run { tenants: found }
}

/// A new alert for everybody.
fn news(simulator: &Simulator, tenants: &mut [Who], tick: usize) {
    let time = Timestamp::now() - SignedDuration::from_mins(3);
    for who in tenants {
        let alert = who::alert(&who.name, 100 + tick, time);
        let control = simulator.tenant(&who.simulated.tenant_id).unwrap();
        control.set_alert(&alert.to_string());
        who.alerts.push(alert);
    }
}

/// Has the function do all jobs that are to be had, as Lambda would: a process does one at a time,
/// and a message is deleted unless the answer lists it.
async fn drain(cloud: &Cloud<'_>, workers: &[tokio::sync::Mutex<Worker>]) -> Vec<Invoked> {
    let told = Mutex::new(Vec::new());
    let work = workers.iter().map(async |worker| {
        let mut worker = worker.lock().await;
        while let Some(job) = cloud.job().await {
            let invoked = worker.invoke(&cloud::event(&job)).await;
            let failures = invoked.answer["batchItemFailures"].as_array().cloned();
            let failures = failures.unwrap_or_else(|| panic!("{}", invoked.answer));
            match failures.as_slice() {
                [] => cloud.delete(&job).await,
                [one] => assert_eq!(one["itemIdentifier"].as_str(), job.message_id.as_deref()),
                more => panic!("{} failures of one message", more.len()),
            }
            told.lock().unwrap().push(invoked);
        }
    });
    futures::future::join_all(work).await;
    told.into_inner().unwrap()
}
