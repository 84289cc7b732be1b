//! The timer that each poll begins with.

use aws_config::SdkConfig;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::ScheduleState;
use drawbridge_aws::Fault;

use super::resources::Resources;
use super::{GONE, Line, refusal};

const ABOUT: &str = "timer";

/// Whether it is there and enabled, and how often it fires.
pub(super) async fn line(config: &SdkConfig, resources: &Resources) -> Line {
    let physical = |kind| resources.of_type(kind).next().map(|found| &found.physical);
    let timer = physical("AWS::Scheduler::Schedule");
    let group = physical("AWS::Scheduler::ScheduleGroup");
    let (Some(timer), Some(group)) = (timer, group) else {
        return Line::failed(ABOUT, "the stack has none, and nothing is polled", GONE);
    };
    let asked = Client::new(config).get_schedule().group_name(group);
    match asked.name(timer).send().await {
        Err(error) => {
            let place = format!("the schedule {group}/{timer}");
            refusal(ABOUT, &place, "scheduler:GetSchedule", Fault::of(&error))
        }
        Ok(found) => {
            let every = found.schedule_expression().unwrap_or_default();
            of_state(found.state(), every, &format!("{group}/{timer}"))
        }
    }
}

fn of_state(state: Option<&ScheduleState>, every: &str, name: &str) -> Line {
    match state {
        Some(ScheduleState::Disabled) => Line::failed(
            ABOUT,
            format!("the schedule {name} is disabled, and nothing is polled"),
            "enable it in the console of Amazon EventBridge, Schedules",
        ),
        _ => Line::ok(ABOUT, format!("it is enabled: {every}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Mark;

    #[test]
    fn a_timer_that_is_disabled_is_told() {
        let on = of_state(Some(&ScheduleState::Enabled), "rate(1 minute)", "g/t");
        assert_eq!(on, Line::ok(ABOUT, "it is enabled: rate(1 minute)"));
        let off = of_state(Some(&ScheduleState::Disabled), "rate(1 minute)", "g/t");
        assert_eq!(off.mark, Mark::Failed);
    }
}
