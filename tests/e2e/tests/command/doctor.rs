//! `drawbridge doctor` on a stack: its tenants, their polls, its queues and what lies dead in them.
//!
//! With the bucket alone, the functions, the timer and the alarms are not looked at by `doctor`, which says so.
//! A stack whose poll function or timer is missing shows in the polls. With the stack's name: `named_stack`.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use drawbridge_simulator::{Alerts, Options, Simulator};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cloud;
use crate::command::run::{Outcome, command, finish};
use crate::command::stack::{Stack, TENANT};

/// A stack with a tenant that can sign in, and a queue with one for its dead letters.
struct World {
    stack: Stack,
    simulator: Simulator,
    queue: String,
    dead: String,
}

impl World {
    async fn create() -> Self {
        let (stack, known) = (Stack::create().await, Options::default());
        let none = Alerts::parse(b"[]").unwrap();
        let simulator = drawbridge_simulator::start(known.clone(), none);
        let simulator = simulator.await.unwrap();
        let secret = cloud::unique("drawbridge/prod/contoso/doctor");
        let manager = aws_sdk_secretsmanager::Client::new(&cloud::config().await);
        let created = manager.create_secret().name(&secret);
        let created = created.secret_string(&known.client_secret);
        created.send().await.unwrap();
        let document = json!({
            "tenant_id": known.tenant_id, "client_id": known.client_id, "secret": secret,
        });
        stack.put("tenants/contoso.json", &document).await;
        let (queue, dead) = (stack.queue("records").await, stack.queue("dead").await);
        let asked = stack.sqs.get_queue_attributes().queue_url(&dead);
        let asked = asked.attribute_names(Attribute::QueueArn).send().await;
        let arn = asked.unwrap().attributes.unwrap()[&Attribute::QueueArn].clone();
        let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 3}).to_string();
        let set = stack.sqs.set_queue_attributes().queue_url(&queue);
        let set = set.attributes(Attribute::RedrivePolicy, policy);
        set.send().await.unwrap();
        Self {
            stack,
            simulator,
            queue,
            dead,
        }
    }

    /// Writes that a poll ended well so many minutes ago.
    async fn polled(&self, minutes_ago: i64) {
        let at = Timestamp::now() - SignedDuration::from_mins(minutes_ago);
        let state = json!({
            "version": 3, "watermark": at, "first_from": null, "last_success": at, "saved": at,
            "outputs": {},
        });
        self.stack
            .put(&format!("state/{TENANT}.json"), &state)
            .await;
    }

    async fn send(&self, url: &str) {
        let message = self.stack.sqs.send_message().queue_url(url);
        message.message_body("body").send().await.unwrap();
    }

    async fn doctor(&self, args: &[&str]) -> Outcome {
        let mut doctor = command(&["doctor", "--bucket", &self.stack.bucket]).await;
        doctor.args(args).envs([
            ("DRAWBRIDGE_LOGIN_URL", self.simulator.login_url().as_str()),
            ("DRAWBRIDGE_GRAPH_URL", self.simulator.graph_url().as_str()),
        ]);
        finish(doctor).await
    }
}

fn lines(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The line about something, whose level must be that, with what it says.
#[track_caller]
fn line(told: &[Value], about: &str, level: &str) -> String {
    let line = told.iter().find(|line| line["about"] == about);
    let line = line.unwrap_or_else(|| panic!("nothing is said of {about}: {told:?}"));
    assert_eq!(line["level"], level, "{line}");
    let has_todo = line["do"].as_str().is_some_and(|todo| !todo.is_empty());
    assert_eq!(has_todo, level == "failed", "{line}");
    format!("{} {}", line["text"], line["do"])
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_works_is_told_to_and_what_is_not_looked_at_is_named() {
    let world = World::create().await;
    world.polled(2).await;
    world.send(&world.queue).await;
    let outcome = world
        .doctor(&["--json", "--queue", &world.queue])
        .await
        .well();
    let told = lines(&outcome);
    for about in [
        "documents",
        "contoso: sign-in",
        "contoso: roles",
        "contoso: alerts",
    ] {
        line(&told, about, "ok");
    }
    let polls = line(&told, "contoso: polls", "ok");
    assert!(
        polls.contains("last good one, as last saved, was "),
        "{polls}"
    );
    let waiting = line(&told, &format!("queue {}", name_of(&world.queue)), "ok");
    assert!(waiting.contains("1 message waits in it"), "{waiting}");
    let dead = format!("dead letters {}", name_of(&world.dead));
    assert!(line(&told, &dead, "ok").contains("there are none"));
    // What it does not look at is no success.
    let unseen = line(&told, "stack", "note");
    for words in ["functions, timer, alarms", "--stack NAME"] {
        assert!(unseen.contains(words), "{unseen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_stack_is_told_with_what_to_do() {
    let world = World::create().await;
    // As when the poll function or the timer is not there, or disabled.
    world.polled(300).await;
    world.send(&world.dead).await;
    let gone = format!("{}-that-is-not-there", world.queue);
    let queues = ["--json", "--queue", &world.queue, "--queue", &gone];
    let outcome = world.doctor(&queues).await;
    let told = lines(&outcome);
    let polls = line(&told, "contoso: polls", "failed");
    for words in [
        "the last successful poll was",
        "dispatch and the poll function",
    ] {
        assert!(polls.contains(words), "{polls}");
    }
    let dead = format!("dead letters {}", name_of(&world.dead));
    let dead = line(&told, &dead, "failed");
    for words in ["there is 1", "drawbridge replay dead-letters"] {
        assert!(dead.contains(words), "{dead}");
    }
    let missing = line(&told, &format!("queue {}", name_of(&gone)), "failed");
    assert!(
        missing.contains("check the URL and the region"),
        "{missing}"
    );
    outcome.failed(&["3 of", "checks failed"]);
    // A queue for dead letters that is named itself is counted as one.
    let dead = world.doctor(&["--json", "--queue", &world.dead]).await;
    let about = format!("dead letters {}", name_of(&world.dead));
    line(&lines(&dead), &about, "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_is_told_with_what_to_do() {
    let mut doctor = command(&["doctor", "--json", "--bucket", "no-such-bucket-anywhere"]).await;
    doctor.env_remove("DRAWBRIDGE_LOGIN_URL");
    let outcome = finish(doctor).await;
    line(&lines(&outcome), "documents", "failed");
    outcome.failed(&["checks failed"]);
}
