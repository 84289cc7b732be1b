use serde_json::{Value, json};

use crate::outputs::formats;
use crate::template::{all_resources, everything, file, parameters, resources};

#[test]
fn nothing_of_sam_is_left() {
    for (id, resource) in everything() {
        let kind = resource["Type"].as_str().unwrap();
        assert!(!kind.starts_with("AWS::Serverless::"), "{id} is a {kind}");
    }
    let functions: Vec<_> = resources("AWS::Lambda::Function")
        .iter()
        .map(|f| f.0.clone())
        .collect();
    assert_eq!(functions, ["Dispatch", "Poll", "Deliver", "serve/Serve"]);
}

/// A resource of the file that another one is in.
fn own(id: &str, other: &str) -> String {
    match id.rsplit_once('/') {
        Some((file, _)) => format!("{file}/{other}"),
        None => other.to_owned(),
    }
}

#[test]
fn every_function_has_a_log_group_that_forgets() {
    for (id, function) in resources("AWS::Lambda::Function") {
        let group = &function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"];
        let group = group
            .as_str()
            .unwrap_or_else(|| panic!("{id}: give it LoggingConfig with a LogGroup of its own"));
        let (group, all) = (own(&id, group), everything());
        let (_, resource) = all.iter().find(|(other, _)| *other == group).unwrap();
        let days = &resource["Properties"]["RetentionInDays"];
        assert!(!days.is_null(), "{group}: set RetentionInDays");
    }
}

/// Lambda's own lines are most of the log of an idle poll; those of invocations that failed stay.
#[test]
fn lambda_says_nothing_of_an_invocation_that_went_well() {
    for (id, function) in resources("AWS::Lambda::Function") {
        let logging = &function["Properties"]["LoggingConfig"];
        let settings = (&logging["LogFormat"], &logging["SystemLogLevel"]);
        assert_eq!(settings, (&"JSON".into(), &"WARN".into()), "{id}");
    }
}

#[test]
fn the_state_outlives_the_stack() {
    for kind in ["AWS::S3::Bucket", "AWS::S3::BucketPolicy"] {
        for (id, resource) in resources(kind) {
            for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
                assert_eq!(resource[policy], "Retain", "{id}: {policy}");
            }
        }
    }
}

#[test]
fn no_record_goes_with_a_queue_that_is_replaced() {
    for (id, queue) in resources("AWS::SQS::Queue") {
        let is_output = !id.starts_with("jobs/");
        let policy = &queue["UpdateReplacePolicy"];
        let expected = if is_output { "Retain" } else { "Delete" };
        assert_eq!(policy, expected, "{id}: UpdateReplacePolicy");
    }
}

fn jobs_queue() -> &'static Value {
    &file("jobs.yaml")["Resources"]["Queue"]["Properties"]
}

#[test]
fn a_job_in_work_stays_hidden_long_enough() {
    let all = all_resources();
    let hidden = jobs_queue()["VisibilityTimeout"].as_u64().unwrap();
    let timeout = all["Poll"]["Properties"]["Timeout"].as_u64().unwrap();
    assert!(
        (timeout + 30..=2 * timeout).contains(&hidden),
        "jobs.yaml: VisibilityTimeout must leave Poll 30 s for its start, and be no longer than it has \
         to be: the jobs of a process that died wait for it"
    );
}

#[test]
fn jobs_come_in_batches_of_ten_of_which_some_may_come_back() {
    let mappings = resources("AWS::Lambda::EventSourceMapping");
    let (_, jobs) = mappings.iter().find(|(id, _)| id == "PollJobs").unwrap();
    let jobs = &jobs["Properties"];
    assert_eq!(jobs["BatchSize"], 10);
    assert_eq!(
        jobs["FunctionResponseTypes"],
        json!(["ReportBatchItemFailures"])
    );
    // A FIFO queue knows no window.
    assert_eq!(jobs.get("MaximumBatchingWindowInSeconds"), None);
}

/// A process that dies leaves ten jobs, which are then polled one by one: the last of them is handed
/// back nine times. Nobody is to be in the dead-letter queue for that, nor after an outage.
#[test]
fn a_job_that_is_handed_back_again_and_again_is_not_given_up() {
    let most = jobs_queue()["RedrivePolicy"]["maxReceiveCount"].as_u64();
    assert!(
        most.unwrap() >= 2 * (1 + 9) + 10,
        "jobs.yaml: maxReceiveCount"
    );
}

#[test]
fn the_longest_delay_of_a_job_ends_before_the_queue_forgets_it() {
    // poll::lambda::jobs hides a job that Graph asked to come later for twelve hours at most.
    let kept = jobs_queue()["MessageRetentionPeriod"].as_u64();
    assert!(
        kept.unwrap() > 12 * 60 * 60,
        "jobs.yaml: MessageRetentionPeriod"
    );
}

#[test]
fn every_queue_that_is_read_has_dead_letters_and_an_alarm() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    for (id, queue) in resources("AWS::SQS::Queue") {
        let file = id.rsplit_once('/').map_or("", |(file, _)| file);
        let alarmed = |queue: &Value| {
            alarms.iter().any(|(alarm, resource)| {
                let watched = &resource["Properties"]["Dimensions"][0]["Value"]["Fn::GetAtt"][0];
                alarm.rsplit_once('/').map_or("", |(file, _)| file) == file && watched == queue
            })
        };
        if id.ends_with("DeadLetterQueue") {
            continue;
        }
        let redrive = &queue["Properties"]["RedrivePolicy"];
        let dead_letters = &redrive["deadLetterTargetArn"]["Fn::GetAtt"][0];
        assert!(dead_letters.is_string(), "{id}: RedrivePolicy");
        assert!(alarmed(dead_letters), "{id}: no alarm on {dead_letters}");
        // Nothing of an output is forgotten without a word.
        if file != "jobs" {
            assert_eq!(
                queue["Properties"]["MessageRetentionPeriod"], 1_209_600,
                "{id}"
            );
            assert!(
                alarmed(&"Queue".into()),
                "{id}: no alarm on its oldest message"
            );
        }
    }
}

#[test]
fn objects_outlive_their_notifications() {
    // In the queue, and then as a dead letter.
    let two_lives_days = 2 * 1_209_600 / 86_400;
    let days = &all_resources()["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"];
    for format in formats() {
        let rule = days.as_array().unwrap().iter();
        let rule = rule
            .clone()
            .find(|rule| rule["Prefix"] == format!("{format}/"));
        assert_eq!(
            rule.unwrap()["ExpirationInDays"]["Ref"],
            "ObjectsRetentionDays"
        );
    }
    let (_, parameter) = parameters()
        .find(|(name, _)| *name == "ObjectsRetentionDays")
        .unwrap();
    assert!(parameter["MinValue"].as_u64().unwrap() > two_lives_days);
}

#[test]
fn the_beginnings_of_keys_that_are_no_output_are_kept() {
    let rules = &all_resources()["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"];
    for rule in rules.as_array().unwrap() {
        let prefix = rule["Prefix"].as_str().unwrap_or_default();
        if ["state/", "pages/", "backfills/", "tenants/"].contains(&prefix) || prefix.is_empty() {
            assert!(rule.get("ExpirationInDays").is_none(), "{prefix} must stay");
        }
    }
}

#[test]
fn every_alarm_tells_somebody() {
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        assert_eq!(
            properties["AlarmActions"][0]["Ref"], "AlarmTopicArn",
            "{id}"
        );
        assert!(
            !properties["AlarmDescription"].is_null(),
            "{id}: say what to do"
        );
        assert!(
            properties["TreatMissingData"].is_string(),
            "{id}: say what missing data means"
        );
    }
}

#[test]
fn every_parameter_is_explained_and_says_what_to_mend() {
    for (name, parameter) in parameters() {
        assert!(parameter["Description"].is_string(), "{name}: Description");
        if parameter.get("AllowedPattern").is_some() || parameter.get("MinValue").is_some() {
            let text = parameter["ConstraintDescription"]
                .as_str()
                .unwrap_or_default();
            assert!(
                text.contains(name),
                "{name}: a ConstraintDescription that names it"
            );
        }
    }
}
