//! What the template hands over to the nested stacks and takes from them.

use serde_json::json;

use crate::evaluate::Deployment;
use crate::outputs::{capital, every_output, formats};
use crate::template::{file, resources, transformed};

/// What is not handed on would be as the nested stack's own default has it, without a word: no key,
/// no reader in another account.
#[test]
fn a_nested_stack_is_told_all_that_it_asks_for() {
    let own = transformed()["Parameters"].as_object().unwrap();
    for (id, stack) in resources("AWS::CloudFormation::Stack") {
        let properties = &stack["Properties"];
        let nested = file(properties["TemplateURL"].as_str().unwrap());
        let given = &properties["Parameters"];
        for name in nested["Parameters"].as_object().unwrap().keys() {
            assert!(given.get(name).is_some(), "{id} is not told {name}");
            if own.contains_key(name) {
                assert_eq!(given[name], json!({ "Ref": name }), "{id}: {name}");
            }
        }
    }
}

/// They know what is in another stack by what they are told alone.
#[test]
fn a_nested_stack_and_the_template_mean_the_same_things() {
    let target = [
        ("DeliverTarget", "syslog"),
        ("DeliverSettings", r#"{"address":"siem.example:6514"}"#),
    ];
    let deployment = Deployment::with(&[&every_output()[..], &target].concat());
    let made = deployment.resources();
    let told = |stack: &str, name: &str| &made[stack]["Properties"]["Parameters"][name];
    for name in [
        "Dispatch",
        "Poll",
        "Deliver",
        "PollLogGroup",
        "DeliverLogGroup",
    ] {
        assert_eq!(told("Monitoring", name), &format!("<{name}>"), "{name}");
    }
    for (name, queue) in [
        ("JobsQueue", "Queue"),
        ("JobsDeadLetterQueue", "DeadLetterQueue"),
    ] {
        let queue = format!("<Jobs/{queue}");
        assert_eq!(told("Monitoring", name), &format!("{queue}.QueueName>"));
        let url = &deployment.outputs()[&*format!("{name}Url")];
        assert_eq!(url, &format!("{queue}>"));
    }
    let bucket = &made["Bucket"]["Properties"]["BucketName"];
    assert!(bucket.is_string());
    for format in formats() {
        for shape in ["Messages", "Objects"] {
            let stack = format!("{}{shape}", capital(format));
            assert_eq!(told(&stack, "BucketName"), bucket, "{stack}");
        }
    }
}
