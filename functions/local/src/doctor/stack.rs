//! What a stack has besides its bucket.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use drawbridge_aws::{Advice, Fault};

use super::Line;

/// What cannot be seen from here, with the command that shows it.
const UNSEEN: [(&str, &str); 2] = [
    (
        "functions and timer",
        "they are not looked at from here: that tenants are polled shows above, and `aws logs tail \
         /aws/lambda/STACK-poll --since 15m` shows why not",
    ),
    (
        "alarms",
        "whether their e-mail address is confirmed is not looked at from here: `aws sns \
         list-subscriptions` shows PendingConfirmation where it is not, and `aws cloudwatch \
         describe-alarms --state-value ALARM` which ones are on",
    ),
];

const ADVICE: Advice<'_> = Advice {
    allow: "allow sqs:GetQueueAttributes and sqs:GetQueueUrl on it to whoever runs this",
    missing: "check the URL and the region",
    codes: &[],
};

/// A line for each queue and its dead-letter queue, and for what cannot be seen.
pub(super) async fn lines(queues: &[String]) -> Vec<Line> {
    let mut lines = Vec::new();
    if queues.is_empty() {
        let text = "none was looked at: name each with --queue URL, and its dead-letter queue is \
                    found by itself";
        lines.push(Line::note("queues", text));
    } else {
        let client = Client::new(&drawbridge_aws::sdk_config().await);
        for url in queues {
            lines.extend(of_queue(&client, url).await);
        }
    }
    lines.extend(UNSEEN.map(|(about, text)| Line::note(about, text)));
    lines
}

async fn of_queue(client: &Client, url: &str) -> Vec<Line> {
    let queue = match Queue::look(client, url).await {
        Ok(queue) => queue,
        Err(line) => return vec![line],
    };
    let Some(arn) = &queue.dead_letters else {
        return vec![dead_letters(&queue)];
    };
    let about = format!("queue {}", queue.name());
    let text = match queue.messages {
        1 => "1 message waits in it".to_owned(),
        count => format!("{count} messages wait in it"),
    };
    let waiting = Line::ok(about, text);
    let dead = match url_of(client, arn).await {
        Ok(url) => Queue::look(client, &url).await,
        Err(line) => Err(line),
    };
    vec![
        waiting,
        dead.map_or_else(|line| line, |queue| dead_letters(&queue)),
    ]
}

fn dead_letters(queue: &Queue) -> Line {
    let about = format!("dead letters {}", queue.name());
    match queue.messages {
        0 => Line::ok(about, "there are none"),
        count => Line::failed(
            about,
            match count {
                1 => "there is 1".to_owned(),
                count => format!("there are {count}"),
            },
            "mend what the log of the queue's reader names, then run `drawbridge replay dead-letters`",
        ),
    }
}

/// A queue as it was found.
struct Queue {
    url: String,
    /// Those that wait, those that a reader has, and those that are to come later.
    messages: u64,
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
