use std::collections::BTreeSet;

use aws_sdk_sqs::types::MessageAttributeValue;
use aws_sdk_sqs::types::MessageSystemAttributeName::{MessageDeduplicationId, MessageGroupId};

use crate::command::run::run;
use crate::command::stack::{Stack, attribute, system};

async fn send(stack: &Stack, url: &str, n: usize) {
    let key = MessageAttributeValue::builder()
        .data_type("String")
        .string_value(format!("key-{n}"))
        .build()
        .unwrap();
    let message = stack
        .sqs
        .send_message()
        .queue_url(url)
        .message_body(format!("body {n}"))
        .message_attributes("key", key)
        .message_group_id(format!("group-{}", n % 2));
    let message = if url.ends_with(".fifo") {
        message.message_deduplication_id(format!("id-{n}"))
    } else {
        message
    };
    message.send().await.unwrap();
}

fn dead_letters<'a>(from: &'a str, to: &'a str) -> Vec<&'a str> {
    vec!["replay", "dead-letters", "--from", from, "--to", to]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_goes_back_whole_and_is_not_taken_for_its_former_self() {
    let stack = Stack::create().await;
    let (from, to) = (
        stack.queue("dead.fifo").await,
        stack.queue("jobs.fifo").await,
    );
    for n in 0..23 {
        // They were in the queue before, within the five minutes that it remembers.
        send(&stack, &to, n).await;
        send(&stack, &from, n).await;
    }
    assert_eq!(stack.drain(&to).await.len(), 23);
    let moved = run(&dead_letters(&from, &to)).await.well();
    assert!(moved.stdout.starts_with("23 messages"), "{}", moved.stdout);
    let there = stack.drain(&to).await;
    assert_eq!(there.len(), 23);
    let mut last = [None; 2];
    for message in &there {
        let body = message.body.as_deref().unwrap();
        let n: usize = body.strip_prefix("body ").unwrap().parse().unwrap();
        assert_eq!(attribute(message, "key"), Some(format!("key-{n}")));
        assert_eq!(
            system(message, &MessageGroupId),
            Some(format!("group-{}", n % 2))
        );
        assert_eq!(
            system(message, &MessageDeduplicationId),
            Some(format!("id-{n}-redriven"))
        );
        assert!(last[n % 2] < Some(n), "out of order");
        last[n % 2] = Some(n);
    }
    assert_eq!(stack.drain(&from).await.len(), 0);
    let none = run(&dead_letters(&from, &to)).await.well();
    assert!(none.stdout.starts_with("0 messages"), "{}", none.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn some_go_now_and_the_rest_later() {
    let stack = Stack::create().await;
    let (from, to) = (stack.queue("dead").await, stack.queue("records").await);
    for n in 0..15 {
        send(&stack, &from, n).await;
    }
    let mut some = dead_letters(&from, &to);
    some.extend(["--max", "12"]);
    run(&some).await.well();
    let mut there = stack.drain(&to).await;
    assert_eq!(there.len(), 12);
    let rest = run(&dead_letters(&from, &to)).await.well();
    assert!(rest.stdout.starts_with("3 messages"), "{}", rest.stdout);
    there.extend(stack.drain(&to).await);
    let bodies: BTreeSet<_> = there.iter().map(|m| m.body.clone().unwrap()).collect();
    assert_eq!(bodies.len(), 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_not_deleted() {
    let stack = Stack::create().await;
    let from = stack.queue("dead").await;
    for n in 0..3 {
        send(&stack, &from, n).await;
    }
    let gone = format!("{from}-that-is-not-there");
    let failed = run(&dead_letters(&from, &gone)).await;
    assert!(failed.stdout.starts_with("0 messages"), "{}", failed.stdout);
    failed.failed(&["check the queue's URL", "that-is-not-there"]);
    let same = run(&dead_letters(&from, &from)).await;
    assert_eq!(same.code, Some(2), "{}", same.stderr);
    assert!(same.stderr.contains("the same queue"), "{}", same.stderr);
    // Those that were received come back after the queue's visibility timeout; at once, when asked.
    let attributes = stack.sqs.get_queue_attributes().queue_url(&from);
    let attributes = attributes.attribute_names(aws_sdk_sqs::types::QueueAttributeName::All);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    let count = |name: &str| -> usize {
        let found = attributes.iter().find(|(key, _)| key.as_str() == name);
        found.map_or(0, |(_, value)| value.parse().unwrap())
    };
    let there =
        count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible");
    assert_eq!(there, 3);
}
