//! The alarms: whether they are there, tell somebody, and are quiet.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{MetricAlarm, StateValue};
use drawbridge_aws::Fault;

use super::resources::{Resource, Resources};
use super::{GONE, Line, refusal};
use crate::data_location::NamedStack;
use crate::progress::counted;

const ABOUT: &str = "alarms";

/// As many as CloudWatch takes by their names at once.
const AT_ONCE: usize = 100;

/// A line for each alarm that is on or has no subscriber, and one line for all others.
pub(super) async fn lines(
    config: &SdkConfig,
    resources: &Resources,
    stack: &NamedStack,
) -> Vec<Line> {
    let alarms: Vec<_> = resources.of_type("AWS::CloudWatch::Alarm").collect();
    let mut found = HashMap::new();
    for names in alarms.chunks(AT_ONCE) {
        let names = names.iter().map(|alarm| alarm.physical.clone()).collect();
        let asked = Client::new(config).describe_alarms();
        let asked = asked.set_alarm_names(Some(names)).max_records(100);
        match asked.send().await {
            Err(error) => {
                let place = format!("the alarms of {}", stack.name());
                let fault = Fault::of(&error);
                return vec![refusal(ABOUT, &place, "cloudwatch:DescribeAlarms", fault)];
            }
            Ok(answer) => found.extend(
                answer
                    .metric_alarms
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|alarm| Some((alarm.alarm_name.clone()?, alarm))),
            ),
        }
    }
    let topic = stack.output("AlarmTopicArn").unwrap_or_default();
    let wrong = alarms
        .iter()
        .filter_map(|alarm| wrong(alarm, found.get(&alarm.physical), topic));
    let mut lines: Vec<Line> = wrong.collect();
    let well = alarms.len() - lines.len();
    if well > 0 {
        let alarms = counted(
            well,
            "alarm is there and quiet",
            "alarms are there and quiet",
        );
        lines.push(Line::ok(ABOUT, alarms));
    }
    lines
}

/// What is wrong with an alarm.
fn wrong(alarm: &Resource, found: Option<&MetricAlarm>, topic: &str) -> Option<Line> {
    let (about, name) = (format!("alarm {}", alarm.logical), &alarm.physical);
    let Some(found) = found else {
        return Some(Line::failed(
            about,
            format!("there is no alarm {name}"),
            GONE,
        ));
    };
    if found.actions_enabled() == Some(false) {
        return Some(Line::failed(
            about,
            "its actions are disabled, so nobody is notified",
            format!("run `aws cloudwatch enable-alarm-actions --alarm-names {name}`"),
        ));
    }
    if !found.alarm_actions().iter().any(|action| action == topic) {
        return Some(Line::failed(
            about,
            format!("it does not tell the stack's topic, {topic}"),
            format!("add the topic to the actions of the alarm {name}"),
        ));
    }
    // One without data has nothing to tell: most count what goes wrong.
    (found.state_value() == Some(&StateValue::Alarm)).then(|| {
        Line::failed(
            about,
            "it is on",
            "docs/operations.md, Alarms, says what it means and what to do; so does its description",
        )
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::builders::MetricAlarmBuilder;

    use super::*;

    fn resource() -> Resource {
        Resource::alarm("Monitoring/LagAlarm", "prod-LagAlarm")
    }

    fn alarm() -> MetricAlarmBuilder {
        let alarm = MetricAlarm::builder().alarm_name("prod-LagAlarm");
        alarm.alarm_actions("topic").actions_enabled(true)
    }

    #[test]
    fn an_alarm_that_is_quiet_is_well() {
        for state in [StateValue::Ok, StateValue::InsufficientData] {
            let found = alarm().state_value(state).build();
            assert_eq!(wrong(&resource(), Some(&found), "topic"), None);
        }
    }

    #[test]
    fn an_alarm_that_is_on_or_tells_nobody_is_told() {
        let silent = alarm().actions_enabled(false).build();
        let on = alarm().state_value(StateValue::Alarm).build();
        for (found, topic, words) in [
            (None, "topic", "there is no alarm"),
            (Some(&silent), "topic", "disabled"),
            (Some(&on), "another", "does not tell"),
            (Some(&on), "topic", "it is on"),
        ] {
            let line = wrong(&resource(), found, topic).unwrap();
            assert!(line.text.contains(words), "{}", line.text);
        }
    }
}
