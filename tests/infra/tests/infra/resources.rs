use serde_json::Value;

use crate::template::{all_resources, resources, transformed};

#[test]
fn nothing_of_sam_is_left() {
    for (id, resource) in all_resources() {
        let kind = resource["Type"].as_str().unwrap();
        assert!(!kind.starts_with("AWS::Serverless::"), "{id} is a {kind}");
    }
    let functions: Vec<_> = resources("AWS::Lambda::Function")
        .iter()
        .map(|f| f.0)
        .collect();
    assert_eq!(functions, ["Dispatch", "Poll"]);
}

#[test]
fn every_function_has_a_log_group_that_forgets() {
    for (id, function) in resources("AWS::Lambda::Function") {
        let group = &function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"];
        let group = group
            .as_str()
            .unwrap_or_else(|| panic!("{id}: give it LoggingConfig with a LogGroup of its own"));
        let days = &all_resources()[group]["Properties"]["RetentionInDays"];
        assert!(!days.is_null(), "{group}: set RetentionInDays");
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
    for id in ["OutputQueue", "OutputDeadLetterQueue"] {
        let policy = &all_resources()[id]["UpdateReplacePolicy"];
        assert_eq!(policy, "Retain", "{id}: UpdateReplacePolicy");
    }
}

#[test]
fn a_job_in_work_stays_hidden_long_enough() {
    let all = all_resources();
    let hidden = all["JobsQueue"]["Properties"]["VisibilityTimeout"].as_u64();
    let timeout = all["Poll"]["Properties"]["Timeout"].as_u64().unwrap();
    assert!(
        hidden.unwrap() >= 6 * timeout,
        "JobsQueue: VisibilityTimeout must be six times Poll's Timeout"
    );
}

#[test]
fn the_longest_delay_of_a_job_ends_before_the_queue_forgets_it() {
    // poll::lambda::jobs hides a job that Graph asked to come later for twelve hours at most.
    let kept = all_resources()["JobsQueue"]["Properties"]["MessageRetentionPeriod"].as_u64();
    assert!(
        kept.unwrap() > 12 * 60 * 60,
        "JobsQueue: MessageRetentionPeriod"
    );
}

#[test]
fn every_queue_that_is_read_has_dead_letters_and_an_alarm() {
    let alarms: Vec<&Value> = resources("AWS::CloudWatch::Alarm")
        .into_iter()
        .map(|(_, alarm)| &alarm["Properties"]["Dimensions"][0]["Value"]["Fn::GetAtt"][0])
        .collect();
    for id in ["JobsQueue", "OutputQueue"] {
        let redrive = &all_resources()[id]["Properties"]["RedrivePolicy"];
        let dead_letters = &redrive["deadLetterTargetArn"]["Fn::GetAtt"][0];
        assert!(dead_letters.is_string(), "{id}: RedrivePolicy");
        assert!(alarms.contains(&dead_letters), "{dead_letters}: no alarm");
    }
}

#[test]
fn every_alarm_tells_somebody() {
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        assert_eq!(properties["AlarmActions"][0]["Ref"], "AlarmTopic", "{id}");
        assert!(
            properties["AlarmDescription"].is_string(),
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
    for (name, parameter) in transformed()["Parameters"].as_object().unwrap() {
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
