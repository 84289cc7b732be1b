//! What a stack has besides its bucket: functions, timer, queues, alarms.
//!
//! Each check is independent: a call that is denied is a line that says which permission is missing,
//! and the other checks go on. CloudFormation lists what there should be, so that what somebody deleted by
//! hand is noticed as well.
//!
//! AWS's own clients make the calls. Those of CloudFormation, CloudWatch, Lambda, Scheduler and SNS take 80
//! seconds of one processor to build without optimization: less than
//! signing, retries and the readers of three protocols would take to write and to keep.

mod alarms;
mod functions;
mod oldest;
mod queues;
mod resources;
mod subscriptions;
mod timer;

use drawbridge_aws::{Advice, Fault};

use super::Line;
use crate::data_location::{DataLocation, NamedStack};

/// What cannot be seen without the stack's name.
const UNSEEN: &str = "functions, timer, alarms, and queues that are not named with --queue are looked at only \
                      with the stack's name: give --stack NAME in place of the bucket";

/// What to do about something that is gone.
const GONE: &str = "somebody deleted it by hand, and no update of the stack brings it back: delete the stack \
                    and create it anew, with the state of its bucket, which stays (docs/upgrade.md)";

/// The lines of a stack, and of the queues that were named.
pub(super) async fn lines(place: &DataLocation, queues: &[String]) -> Vec<Line> {
    let Some(config) = place.as_sdk_config() else {
        return Vec::new();
    };
    let Some(stack) = place.as_named_stack() else {
        let mut lines = queues::of_urls(config, queues).await;
        lines.push(Line::note("stack", UNSEEN));
        return lines;
    };
    let mut lines = vec![of_status(stack)];
    match resources::Resources::look(config, stack.name()).await {
        Err(line) => lines.push(line),
        Ok(resources) => {
            lines.extend(functions::lines(config, &resources).await);
            lines.push(timer::line(config, &resources).await);
            lines.extend(alarms::lines(config, &resources, stack).await);
        }
    }
    lines.extend(subscriptions::lines(config, stack).await);
    lines.extend(queues::of_stack(config, stack).await);
    lines.extend(queues::of_urls(config, queues).await);
    lines
}

/// How the stack's last change went.
fn of_status(stack: &NamedStack) -> Line {
    let (name, status) = (stack.name(), stack.status());
    let text = format!("{name} is {status}");
    let why =
        format!("see why with `aws cloudformation describe-stack-events --stack-name {name}`");
    match status {
        _ if status.contains("_ROLLBACK_COMPLETE") => Line::warn(
            "stack",
            format!("{text}: the last update was undone, and it is as it was before"),
            why,
        ),
        _ if status.ends_with("_COMPLETE") => Line::ok("stack", text),
        _ if status.ends_with("_IN_PROGRESS") => Line::warn(
            "stack",
            text,
            "wait until that is done, then run this again",
        ),
        _ => Line::failed("stack", text, why),
    }
}

/// What a call that failed means: a line about `about`, where the action would have to be allowed.
fn refusal(about: impl Into<String>, place: &str, action: &str, fault: Fault) -> Line {
    let allow =
        format!("allow {action} on it to whoever runs this (docs/operations.md has the policy)");
    let advice = Advice {
        allow: &allow,
        missing: GONE,
        codes: &[],
    };
    let error = fault.at(place, &advice);
    Line::failed(about, error.to_string(), error.fix())
}
