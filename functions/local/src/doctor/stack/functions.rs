//! The functions, and what hands them their messages.

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput as Configuration;
use aws_sdk_lambda::types::{LastUpdateStatus, LastUpdateStatusReasonCode, State, StateReasonCode};
use drawbridge_aws::Fault;

use super::resources::{Resource, Resources};
use super::{GONE, Line, refusal};

const AGAIN: &str = "wait a minute, then run this again";

/// A line for each function and for each of its event source mappings.
pub(super) async fn lines(config: &SdkConfig, resources: &Resources) -> Vec<Line> {
    let client = Client::new(config);
    let mut lines = Vec::new();
    for function in resources.of_type("AWS::Lambda::Function") {
        lines.push(of_function(&client, &function.physical).await);
    }
    for mapping in resources.of_type("AWS::Lambda::EventSourceMapping") {
        lines.push(of_mapping(&client, mapping).await);
    }
    lines
}

async fn of_function(client: &Client, name: &str) -> Line {
    let about = format!("function {name}");
    let asked = client.get_function_configuration().function_name(name);
    let configuration = match asked.send().await {
        Ok(configuration) => configuration,
        Err(error) => {
            return refusal(
                about,
                name,
                "lambda:GetFunctionConfiguration",
                Fault::of(&error),
            );
        }
    };
    if let Some(line) = of_configuration(&about, &configuration) {
        return line;
    }
    let asked = client.get_function_concurrency().function_name(name);
    match asked.send().await {
        Ok(found) => of_concurrency(about, name, found.reserved_concurrent_executions()),
        Err(error) => refusal(
            about,
            name,
            "lambda:GetFunctionConcurrency",
            Fault::of(&error),
        ),
    }
}

/// What is wrong with a function's code or settings.
fn of_configuration(about: &str, found: &Configuration) -> Option<Line> {
    let code = |code: Option<&str>| code.map_or(String::new(), |code| format!(" ({code})"));
    // A function that was not invoked for weeks is inactive until its next invocation.
    match found.state() {
        Some(State::Pending) => {
            return Some(Line::warn(about, "it is being made", AGAIN));
        }
        Some(State::Failed) => {
            let reason = code(found.state_reason_code().map(StateReasonCode::as_str));
            let text = format!("Lambda could not make it{reason}, and it runs nothing");
            return Some(Line::failed(
                about,
                text,
                "mend what the reason names, then update the stack",
            ));
        }
        _ => {}
    }
    match found.last_update_status() {
        Some(LastUpdateStatus::InProgress) => Some(Line::warn(about, "it is being updated", AGAIN)),
        Some(LastUpdateStatus::Failed) => {
            let reason = code(
                found
                    .last_update_status_reason_code()
                    .map(LastUpdateStatusReasonCode::as_str),
            );
            let text = format!("its last update failed{reason}: it runs as it was before");
            Some(Line::failed(
                about,
                text,
                "mend what the reason names, then update the stack",
            ))
        }
        _ => None,
    }
}

fn of_concurrency(about: String, name: &str, reserved: Option<i32>) -> Line {
    match reserved {
        Some(0) => Line::failed(
            about,
            "it is active, but its reserved concurrency is 0, and Lambda never runs it",
            format!("run `aws lambda delete-function-concurrency --function-name {name}`"),
        ),
        Some(reserved) => Line::ok(about, format!("it is active, {reserved} at once at most")),
        None => Line::ok(about, "it is active"),
    }
}

async fn of_mapping(client: &Client, mapping: &Resource) -> Line {
    let (about, id) = (
        format!("event source {}", mapping.logical),
        &mapping.physical,
    );
    let found = client.get_event_source_mapping().uuid(id).send().await;
    match found {
        Ok(found) => of_state(about, id, found.state().unwrap_or_default()),
        Err(error) => {
            let fault = Fault::of(&error);
            refusal(about, id, "lambda:GetEventSourceMapping", fault)
        }
    }
}

/// What the state of an event source mapping means: a text in Lambda's answer.
fn of_state(about: String, id: &str, state: &str) -> Line {
    match state {
        "Enabled" => Line::ok(about, "the function is handed what is on its queue"),
        "Disabled" | "Disabling" => Line::failed(
            about,
            "it is disabled, and the function is handed nothing of its queue",
            format!("run `aws lambda update-event-source-mapping --uuid {id} --enabled`"),
        ),
        "Deleting" => Line::failed(about, "it is being deleted", GONE),
        // Creating, Enabling, Updating.
        state => Line::warn(about, format!("it is {state}"), AGAIN),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::{LastUpdateStatusReasonCode, StateReasonCode};

    use super::*;
    use crate::doctor::line::Mark;

    fn configuration() -> aws_sdk_lambda::operation::get_function_configuration::builders::GetFunctionConfigurationOutputBuilder
    {
        Configuration::builder()
            .state(State::Active)
            .last_update_status(LastUpdateStatus::Successful)
    }

    #[test]
    fn a_function_that_is_not_as_it_should_be_is_told() {
        let good = configuration().build();
        assert_eq!(of_configuration("f", &good), None);
        let idle = configuration().state(State::Inactive).build();
        assert_eq!(of_configuration("f", &idle), None);
        for (found, mark, words) in [
            (
                configuration().state(State::Pending),
                Mark::Warn,
                "being made",
            ),
            (
                configuration()
                    .state(State::Failed)
                    .state_reason_code(StateReasonCode::DisabledKmsKey),
                Mark::Failed,
                "could not make it (DisabledKMSKey)",
            ),
            (
                configuration().last_update_status(LastUpdateStatus::InProgress),
                Mark::Warn,
                "being updated",
            ),
            (
                configuration()
                    .last_update_status(LastUpdateStatus::Failed)
                    .last_update_status_reason_code(LastUpdateStatusReasonCode::InvalidImage),
                Mark::Failed,
                "last update failed (InvalidImage)",
            ),
        ] {
            let line = of_configuration("f", &found.build()).unwrap();
            assert_eq!(line.mark, mark, "{}", line.text);
            assert!(line.text.contains(words), "{}", line.text);
        }
    }

    #[test]
    fn a_function_that_may_never_run_is_told() {
        for (reserved, mark) in [
            (None, Mark::Ok),
            (Some(10), Mark::Ok),
            (Some(0), Mark::Failed),
        ] {
            assert_eq!(of_concurrency("f".to_owned(), "f", reserved).mark, mark);
        }
    }

    #[test]
    fn a_mapping_is_told_by_its_state() {
        for (state, mark) in [
            ("Enabled", Mark::Ok),
            ("Disabled", Mark::Failed),
            ("Disabling", Mark::Failed),
            ("Deleting", Mark::Failed),
            ("Updating", Mark::Warn),
        ] {
            assert_eq!(of_state("m".to_owned(), "id", state).mark, mark, "{state}");
        }
    }
}
