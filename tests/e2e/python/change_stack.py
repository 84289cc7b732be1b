"""Does by hand what no update of a stack does, as somebody does in the console.

Usage: change_stack.py STACK timer|mapping ENABLED|DISABLED
       change_stack.py STACK alarm LOGICAL_ID OK|ALARM
       change_stack.py STACK delete-function NAME
The endpoint, region and credentials come from the environment.
"""

import sys

import boto3


def resources(stack: str):
    """What the stack and its nested stacks have, as pairs of logical and physical ids by type."""
    for made in boto3.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]:
        if made["ResourceType"] == "AWS::CloudFormation::Stack":
            yield from resources(made["PhysicalResourceId"])
        yield made["ResourceType"], made["LogicalResourceId"], made["PhysicalResourceId"]


def of_type(stack: str, kind: str) -> list[tuple[str, str]]:
    return [(logical, physical) for found, logical, physical in resources(stack) if found == kind]


def timer(stack: str, state: str) -> None:
    scheduler = boto3.client("scheduler")
    [(_, name)] = of_type(stack, "AWS::Scheduler::Schedule")
    [(_, group)] = of_type(stack, "AWS::Scheduler::ScheduleGroup")
    found = scheduler.get_schedule(GroupName=group, Name=name)
    kept = {key: found[key] for key in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(GroupName=group, Name=name, State=state, **kept)


def mapping(stack: str, state: str) -> None:
    for _, uuid in of_type(stack, "AWS::Lambda::EventSourceMapping"):
        # The emulated cloud keeps a parameter of CloudFormation's as the text that it is, where Lambda has
        # a number, and its clients ask for one.
        scaling = {"MaximumConcurrency": 2}
        boto3.client("lambda").update_event_source_mapping(
            UUID=uuid, Enabled=state == "ENABLED", ScalingConfig=scaling
        )


def alarm(stack: str, logical: str, state: str) -> None:
    name = dict(of_type(stack, "AWS::CloudWatch::Alarm"))[logical]
    boto3.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


def delete_function(stack: str, name: str) -> None:
    boto3.client("lambda").delete_function(FunctionName=f"{stack}-{name}")


if __name__ == "__main__":
    stack, change, *rest = sys.argv[1:]
    {"timer": timer, "mapping": mapping, "alarm": alarm, "delete-function": delete_function}[change](stack, *rest)
