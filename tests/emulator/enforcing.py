"""Runs the emulated cloud with policies enforced as AWS enforces them, and notes every call.

Used in place of `python -m ministack` when Options.auth is set. What is changed, and why:

- Policies that refuse what does not come over TLS (aws:SecureTransport) would refuse everything:
  the emulator is reached by plain HTTP on loopback, which stands for TLS here.
- SendMessageBatch and the other batch calls of SQS are no actions of their own in IAM: AWS grants
  and refuses them through the single call's, such as sqs:SendMessage.
- Each call is appended to calls.log as a line: who, which action and, of a call to S3, the path,
  with tabs between. AWS has CloudTrail for that. Calls that the emulator makes by itself, as
  Lambda's pollers do, are not among them.
- EventBridge Scheduler's clock is ahead of the machine's by the seconds in schedules_ahead_secs,
  so that a test need not wait for a schedule, and an input's <aws.scheduler.scheduled-time> is
  replaced by that clock's time.
"""

import time
from datetime import datetime, timezone

import ministack.core.iam_actions as actions
import ministack.core.iam_evaluator as evaluator

_pin_request_origin = evaluator.pin_request_origin
_extract_iam_action = actions.extract_iam_action


def pin_request_origin(source_ip, _secure_transport):
    _pin_request_origin(source_ip, True)


def extract_iam_action(service, method, path, *args, **kwargs):
    action = _extract_iam_action(service, method, path, *args, **kwargs)
    if action and service == "sqs":
        action = action.removesuffix("Batch")
    # One write of a whole line at a time: requests are served by several threads.
    of_s3 = path if service == "s3" else ""
    LOG.write(f"{evaluator.caller_arn()}\t{action or service}\t{of_s3}\n".encode())
    return action


class SchedulerClock:
    """What the scheduler takes for the module `time`."""

    @staticmethod
    def time():
        try:
            with open("schedules_ahead_secs") as ahead:
                return time.time() + int(ahead.read())
        except FileNotFoundError:
            return time.time()

    @staticmethod
    def sleep(_secs):
        time.sleep(0.2)


def invoke_target(target, event, *rest):
    if event["Source"] == "aws.scheduler":
        due = datetime.fromtimestamp(event["Time"], tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        given = target.get("Input", "").replace("<aws.scheduler.scheduled-time>", due)
        target = {**target, "Input": given}
    return _invoke_target(target, event, *rest)


if __name__ == "__main__":
    LOG = open("calls.log", "ab", buffering=0)
    # Before the emulator is imported, which takes them by name.
    evaluator.pin_request_origin = pin_request_origin
    actions.extract_iam_action = extract_iam_action
    from ministack.app import main
    from ministack.services import eventbridge, scheduler

    _invoke_target = eventbridge._invoke_target
    eventbridge._invoke_target = invoke_target
    scheduler.time = SchedulerClock

    main()
