use std::fs;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use drawbridge_costs::{Count, Facts};
use drawbridge_cursor::Job;
use drawbridge_e2e::{create_secret, tenant_document};
use drawbridge_store::{Catalogue as _, Store as _};
use serde_json::Value;

use super::cost::Cost;
use super::world::{STACK, World};

/// As many as Lambda hands over at once.
const TENANTS: u64 = 10;
/// Its alerts are those of no test.
const SILENT: &str = "service_sources = [\"dataLossPrevention\"]\n";

/// What all of them sign in with.
const SHARED: &str = "drawbridge/siem-feed/_shared/1";

/// Rounds until one invocation is handed all jobs.
const MAX_ROUNDS: u64 = 10;

fn key(name: &str) -> String {
    format!("tenants/{name}.toml")
}

fn name(n: u64) -> String {
    format!("idle-{n}")
}

/// A round of jobs, one of each tenant, and what came of it.
struct Round {
    cost: Cost,
    /// How often the poll function was invoked.
    invocations: u64,
    log_bytes: u64,
}

/// The counts of a batch whose tenants have nothing new, and of the first that a process has of them:
/// those that `docs/costs.md` is worked out of.
pub(crate) async fn ten_tenants_cost_what_a_month_is_worked_out_of(world: &World, secret: &str) {
    let measured = Facts::read().unwrap().measured;
    let members = (0..TENANTS).map(|n| (name(n), secret.into()));
    let members = Value::Object(members.collect());
    create_secret(&world.emulator, SHARED, &members.to_string())
        .await
        .unwrap();
    for n in 0..TENANTS {
        let (stack, name) = (&world.stack, name(n));
        let own = format!("drawbridge/{STACK}/{name}");
        let document = tenant_document(STACK, &name).replace(&own, SHARED) + SILENT;
        let at = key(&name);
        let put = stack.put_document(&world.emulator, &at, &document);
        put.await.unwrap();
    }

    let first = round(world, "first").await;
    let counts = &measured.first_batch;
    first.check(
        "a first batch",
        &[
            (&counts.entra_token, "entra:token"),
            (&counts.secrets_manager, "secretsmanager:GetSecretValue"),
            (&counts.s3_get_document, "s3:GetObject tenants"),
        ],
    );

    let idle = round_of_one_invocation(world).await;
    let counts = &measured.idle_batch;
    idle.check(
        "an idle batch",
        &[
            (&counts.graph_list, "graph:list"),
            (&counts.entra_token, "entra:token"),
            (&counts.s3_get_state, "s3:GetObject state"),
            (&counts.s3_get_document, "s3:GetObject tenants"),
            (&counts.s3_put, "s3:PutObject state"),
            (&counts.secrets_manager, "secretsmanager:GetSecretValue"),
        ],
    );
    // Whatever the action is.
    counts.sqs.check(idle.cost.of_service("sqs")).unwrap();
    let jobs = TENANTS / idle.invocations;
    println!(
        "an invocation had {jobs} jobs and logged {} bytes",
        idle.log_bytes / idle.invocations
    );
    counts.tenants.check(jobs).unwrap();
    counts
        .log_bytes
        .check_at_most(idle.log_bytes / idle.invocations)
        .unwrap();

    for n in 0..TENANTS {
        world.store.delete(&key(&name(n))).await.unwrap();
    }
}

/// A round whose jobs one invocation was handed. The emulated queue hands out what is there while the rest
/// of a call is still being put on it, so that it may take some rounds.
async fn round_of_one_invocation(world: &World) -> Round {
    for n in 0..MAX_ROUNDS {
        let round = round(world, &format!("idle-{n}")).await;
        if round.invocations == 1 {
            return round;
        }
    }
    panic!("in {MAX_ROUNDS} rounds, no invocation was handed all jobs");
}

impl Round {
    fn check(&self, what: &str, counts: &[(&Count, &str)]) {
        self.cost.print(what);
        for (count, action) in counts {
            if let Err(error) = count.check(self.cost.of(action)) {
                panic!("{what}: {error}");
            }
        }
    }
}

/// Sends a job for each tenant in one call, and waits until Lambda is done with all.
async fn round(world: &World, id: &str) -> Round {
    let (before, log) = (Cost::so_far(world), Log::now(world));
    let mut entries = Vec::new();
    for n in 0..TENANTS {
        let name = name(n);
        let document = world.store.get(&key(&name)).await.unwrap().unwrap();
        let job = Job {
            document: Some(document.etag.to_string()),
            ..Job::of(&name)
        };
        let entry = SendMessageBatchRequestEntry::builder()
            .id(&name)
            .message_body(job.to_json())
            .message_group_id(&name)
            .message_deduplication_id(format!("{id}-{name}"));
        entries.push(entry.build().unwrap());
    }
    let send = world
        .sqs
        .send_message_batch()
        .queue_url(world.url("JobsQueueUrl"));
    let sent = send.set_entries(Some(entries)).send().await.unwrap();
    assert!(sent.failed().is_empty(), "{sent:?}");
    world
        .wait(120, "a job is not done", async || {
            log.since(world).jobs >= TENANTS
        })
        .await;
    let log = log.since(world);
    assert_eq!(
        log.jobs, TENANTS,
        "jobs of somebody else were done meanwhile"
    );
    Round {
        cost: Cost::since(world, &before),
        invocations: log.invocations,
        log_bytes: log.bytes,
    }
}

/// A place in the emulated cloud's log.
struct Log {
    length: usize,
}

/// What the log says of the poll function since then.
#[derive(Default)]
struct Logged {
    jobs: u64,
    invocations: u64,
    /// What the function itself wrote, which is lines of JSON.
    bytes: u64,
}

impl Log {
    fn read(world: &World) -> String {
        let log = fs::read(world.emulator.data_dir().join("emulator.log")).unwrap();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn now(world: &World) -> Self {
        Self {
            length: Self::read(world).len(),
        }
    }

    /// The emulated cloud tells of each batch, and then what the function printed.
    fn since(&self, world: &World) -> Logged {
        let log = Self::read(world);
        let mut logged = Logged::default();
        for line in log[self.length..].lines() {
            let batch = line.split_once("-poll processed ");
            if let Some((_, rest)) = batch {
                let jobs = rest.split(' ').next().unwrap();
                logged.jobs += jobs.parse::<u64>().unwrap();
                logged.invocations += 1;
            } else if line.starts_with('{') {
                logged.bytes += line.len() as u64 + 1;
            }
        }
        logged
    }
}
