//! The queues: what waits in them, and what lies dead behind them.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use drawbridge_aws::{Advice, Fault};
use jiff::Timestamp;

use super::Line;
use super::oldest::oldest_secs;
use crate::data_location::{NamedStack, StackQueue};
use crate::span::span;

/// What to do if the attributes of a queue cannot be read.
const ADVICE: Advice<'_> = Advice {
    allow: "allow sqs:GetQueueAttributes and sqs:GetQueueUrl on it to whoever runs this \
            (docs/operations.md has the policy)",
    missing: "check the URL and the region; a queue of the stack that somebody deleted by hand comes back if \
              its output is set to none, and then switched on again",
    codes: &[],
};

/// How long a message may wait: as long as the stack's alarm lets it.
const LONGEST_SECS: i64 = 24 * 60 * 60;

/// Lines on queues that were named by their URLs, and on their dead-letter queues.
pub(super) async fn of_urls(config: &SdkConfig, urls: &[String]) -> Vec<Line> {
    let client = Client::new(config);
    let mut lines = Vec::new();
    for url in urls {
        lines.extend(of_queue(&client, url).await);
    }
    lines
}

/// The same of a stack's own queues.
pub(super) async fn of_stack(config: &SdkConfig, stack: &NamedStack) -> Vec<Line> {
    let client = Client::new(config);
    let mut lines = Vec::new();
    let queues = stack.queues();
    let names: Vec<_> = queues.iter().map(|queue| name_of(&queue.url)).collect();
    let oldest = oldest_secs(config, &names, Timestamp::now()).await;
    let oldest = oldest.unwrap_or_else(|line| {
        lines.push(line);
        HashMap::new()
    });
    for queue in &queues {
        match Queue::look(&client, &queue.url).await {
            Ok(found) => {
                let oldest_secs = oldest.get(found.name()).copied();
                lines.push(of_stacks(
                    queue,
                    &Queue {
                        oldest_secs,
                        ..found
                    },
                ));
            }
            Err(line) => lines.push(line),
        }
        match Queue::look(&client, &queue.dead_letters_url).await {
            Ok(found) => lines.push(dead_letters(&found, &redrive(queue, stack))),
            Err(line) => lines.push(line),
        }
    }
    lines
}

/// The command that moves the dead letters of an output back.
fn redrive(queue: &StackQueue, stack: &NamedStack) -> String {
    let (name, output) = (stack.name(), &queue.output);
    format!("drawbridge replay dead-letters --stack {name} --output {output}")
}

/// What waits in a queue of a stack, and whether what fails again and again leaves it.
fn of_stacks(queue: &StackQueue, found: &Queue) -> Line {
    let dead = found
        .dead_letters
        .as_deref()
        .map(|arn| arn.rsplit(':').next());
    if dead == Some(queue.dead_letters_url.rsplit('/').next()) {
        return waiting(found);
    }
    Line::failed(
        format!("queue {}", found.name()),
        "its redrive policy does not name the stack's dead-letter queue: what fails again and again stays, \
         or goes elsewhere",
        "somebody changed it by hand: set its redrive policy anew, to the stack's dead-letter queue",
    )
}

async fn of_queue(client: &Client, url: &str) -> Vec<Line> {
    let queue = match Queue::look(client, url).await {
        Ok(queue) => queue,
        Err(line) => return vec![line],
    };
    let Some(arn) = &queue.dead_letters else {
        return vec![dead_letters(&queue, REDRIVE)];
    };
    let waiting = waiting(&queue);
    let dead = match url_of(client, arn).await {
        Ok(url) => Queue::look(client, &url).await,
        Err(line) => Err(line),
    };
    vec![
        waiting,
        dead.map_or_else(|line| line, |queue| dead_letters(&queue, REDRIVE)),
    ]
}

/// The command that moves dead letters of a queue that is no stack's.
const REDRIVE: &str = "drawbridge replay dead-letters";

fn waiting(queue: &Queue) -> Line {
    let about = format!("queue {}", queue.name());
    let text = match queue.messages {
        1 => "1 message waits in it".to_owned(),
        count => format!("{count} messages wait in it"),
    };
    // Of a queue that is empty by now, the number is one of before.
    let Some(secs) = queue.oldest_secs.filter(|_| queue.messages > 0) else {
        return Line::ok(about, text);
    };
    let text = format!("{text}, the oldest for {}", span(secs));
    match secs < LONGEST_SECS {
        true => Line::ok(about, text),
        false => Line::warn(
            about,
            text,
            "check that its reader runs: messages that nobody reads are deleted after 14 days. Set an output that \
             nobody reads to none",
        ),
    }
}

fn dead_letters(queue: &Queue, redrive: &str) -> Line {
    let about = format!("dead letters {}", queue.name());
    match queue.messages {
        0 => Line::ok(about, "there are none"),
        count => Line::failed(
            about,
            match count {
                1 => "there is 1".to_owned(),
                count => format!("there are {count}"),
            },
            format!("mend what the log of the queue's reader names, then run `{redrive}`"),
        ),
    }
}

/// A queue as it was found.
struct Queue {
    url: String,
    /// Those that wait, those that a reader has, and those that are to come later.
    messages: u64,
    /// For how many seconds the oldest of them waits, where CloudWatch says it.
    oldest_secs: Option<i64>,
    /// The ARN of its dead-letter queue; a queue without one is one itself.
    dead_letters: Option<String>,
}

impl Queue {
    async fn look(client: &Client, url: &str) -> Result<Self, Line> {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let asked = client.get_queue_attributes().queue_url(url);
        let asked = asked.set_attribute_names(Some(
            [&counts[..], &[QueueAttributeName::RedrivePolicy]].concat(),
        ));
        let answer = asked.send().await;
        let answer = answer.map_err(|error| refusal(url, Fault::of(&error)))?;
        let attribute = |name| answer.attributes()?.get(&name);
        let count = |name: &QueueAttributeName| {
            let count: Option<u64> = attribute(name.clone())?.parse().ok();
            count
        };
        let policy = attribute(QueueAttributeName::RedrivePolicy);
        let policy: Option<serde_json::Value> =
            policy.and_then(|policy| serde_json::from_str(policy).ok());
        let arn =
            policy.and_then(|policy| Some(policy["deadLetterTargetArn"].as_str()?.to_owned()));
        Ok(Self {
            url: url.to_owned(),
            messages: counts.iter().filter_map(count).sum(),
            oldest_secs: None,
            dead_letters: arn,
        })
    }

    /// Its name: the last part of its URL.
    fn name(&self) -> &str {
        name_of(&self.url)
    }
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

async fn url_of(client: &Client, arn: &str) -> Result<String, Line> {
    // arn:aws:sqs:REGION:ACCOUNT:NAME
    let mut parts = arn.rsplit(':');
    let (name, account) = (parts.next(), parts.next());
    let asked = client
        .get_queue_url()
        .set_queue_name(name.map(str::to_owned));
    let asked = asked.set_queue_owner_aws_account_id(account.map(str::to_owned));
    let answer = asked.send().await;
    let answer = answer.map_err(|error| refusal(arn, Fault::of(&error)))?;
    Ok(answer.queue_url().unwrap_or_default().to_owned())
}

fn refusal(place: &str, fault: Fault) -> Line {
    let error = fault.at(place, &ADVICE);
    let about = format!("queue {}", name_of(place));
    Line::failed(about, error.to_string(), error.fix())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Mark;

    #[test]
    fn how_long_the_oldest_message_waits_is_told() {
        for (messages, oldest_secs, mark, text) in [
            (
                2,
                Some(300),
                Mark::Ok,
                "2 messages wait in it, the oldest for 5 min",
            ),
            (2, Some(2 * LONGEST_SECS), Mark::Warn, "the oldest for 2 d"),
            (2, None, Mark::Ok, "2 messages wait in it"),
            (0, Some(2 * LONGEST_SECS), Mark::Ok, "0 messages wait in it"),
        ] {
            let line = waiting(&Queue {
                url: "https://sqs.example/1/q".to_owned(),
                messages,
                oldest_secs,
                dead_letters: None,
            });
            assert!(
                line.mark == mark && line.text.contains(text),
                "{}",
                line.text
            );
        }
    }

    #[test]
    fn a_queue_whose_dead_letters_go_elsewhere_is_told() {
        let queue = StackQueue {
            output: "siem".to_owned(),
            url: "https://sqs.example/1/q".to_owned(),
            dead_letters_url: "https://sqs.example/1/dead".to_owned(),
            has_pointers: false,
        };
        for (arn, mark) in [
            (Some("arn:aws:sqs:r:1:dead"), Mark::Ok),
            (Some("arn:aws:sqs:r:1:another"), Mark::Failed),
            (None, Mark::Failed),
        ] {
            let found = Queue {
                url: queue.url.clone(),
                messages: 2,
                oldest_secs: None,
                dead_letters: arn.map(str::to_owned),
            };
            assert_eq!(of_stacks(&queue, &found).mark, mark, "{arn:?}");
        }
    }
}
