//! Who is notified of alarms.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::Subscription;
use drawbridge_aws::Fault;

use super::{Line, refusal};
use crate::data_location::NamedStack;
use crate::progress::counted;

const ABOUT: &str = "alarms' topic";

/// What SNS tells in the place of the ARN of a subscription that was not confirmed.
const PENDING: &str = "PendingConfirmation";

/// The same of one whose confirmation came too late, or that was taken back.
const DELETED: &str = "Deleted";

/// Whether somebody has confirmed that he wants to hear of alarms.
pub(super) async fn lines(config: &SdkConfig, stack: &NamedStack) -> Vec<Line> {
    let Some(topic) = stack.output("AlarmTopicArn") else {
        let todo = "update the stack: it is of an older release";
        return vec![Line::failed(
            ABOUT,
            "the stack has no output AlarmTopicArn",
            todo,
        )];
    };
    let pages = Client::new(config).list_subscriptions_by_topic();
    let pages = pages.topic_arn(topic).into_paginator().items().send();
    match pages.collect::<Result<Vec<_>, _>>().await {
        Ok(all) => of_subscriptions(&all, topic),
        Err(error) => {
            let fault = Fault::of(&error);
            vec![refusal(ABOUT, topic, "sns:ListSubscriptionsByTopic", fault)]
        }
    }
}

fn of_subscriptions(all: &[Subscription], topic: &str) -> Vec<Line> {
    let is = |of: &Subscription, what: &str| of.subscription_arn() == Some(what);
    let there: Vec<_> = all.iter().filter(|of| !is(of, DELETED)).collect();
    if there.is_empty() {
        return vec![Line::failed(
            ABOUT,
            "nobody is notified of alarms: the topic has no subscription",
            format!(
                "set the stack's parameter AlarmEmail, or run `aws sns subscribe --topic-arn {topic} \
                 --protocol email --notification-endpoint ADDRESS`"
            ),
        )];
    }
    let (pending, confirmed): (Vec<_>, Vec<_>) = there.into_iter().partition(|of| is(of, PENDING));
    let mut lines: Vec<Line> = pending
        .into_iter()
        .map(|of| unconfirmed(of, topic))
        .collect();
    if !confirmed.is_empty() {
        let count = counted(
            confirmed.len(),
            "subscription is confirmed",
            "subscriptions are confirmed",
        );
        lines.push(Line::ok(ABOUT, count));
    }
    lines
}

fn unconfirmed(of: &Subscription, topic: &str) -> Line {
    let protocol = of.protocol().unwrap_or_default();
    // The address of a web hook may have a token in it.
    let (who, endpoint) = match (protocol, of.endpoint()) {
        ("email" | "email-json", Some(address)) => (address, address),
        (protocol, _) => (protocol, "ENDPOINT"),
    };
    Line::failed(
        ABOUT,
        format!("{who} has not confirmed, and hears of no alarm"),
        format!(
            "confirm the message from AWS Notifications; it is sent anew by `aws sns subscribe --topic-arn \
             {topic} --protocol {protocol} --notification-endpoint {endpoint}`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Mark;

    fn subscription(arn: &str, protocol: &str, endpoint: &str) -> Subscription {
        Subscription::builder()
            .subscription_arn(arn)
            .protocol(protocol)
            .endpoint(endpoint)
            .build()
    }

    #[test]
    fn who_has_not_confirmed_is_told() {
        let confirmed = || subscription("arn:1", "email", "a@example.com");
        let pending = || subscription(PENDING, "email", "b@example.com");
        let deleted = || subscription(DELETED, "email", "c@example.com");
        for (all, marks) in [
            (vec![], &[Mark::Failed][..]),
            (vec![deleted()], &[Mark::Failed]),
            (vec![confirmed(), deleted()], &[Mark::Ok]),
            (vec![confirmed(), pending()], &[Mark::Failed, Mark::Ok]),
            (vec![pending()], &[Mark::Failed]),
        ] {
            let lines = of_subscriptions(&all, "topic");
            let found: Vec<_> = lines.iter().map(|line| line.mark).collect();
            assert_eq!(found, marks, "{lines:?}");
        }
        let told = &of_subscriptions(&[pending()], "topic")[0];
        assert!(told.text.contains("b@example.com"), "{}", told.text);
    }

    #[test]
    fn a_web_hooks_address_is_not_told() {
        let hook = subscription(PENDING, "https", "https://hook.example/hunter2");
        let told = format!("{:?}", of_subscriptions(&[hook], "topic"));
        assert!(
            !told.contains("hunter2") && told.contains("ENDPOINT"),
            "{told}"
        );
    }
}
