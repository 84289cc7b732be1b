"""Deploys the stack as a user does who has unpacked its bundle and has the AWS CLI, or deletes it.

Usage: cloudformation.py deploy STACK BUNDLE TEMPLATE < PARAMETERS.json
       cloudformation.py delete STACK
The first prints the stack's outputs and the sizes of the packages as JSON. BUNDLE is the folder that
was unpacked, and TEMPLATE a file in it. Endpoint, region and credentials come from the environment.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

BUCKET = "packages"
# `aws cloudformation deploy` does the rest, too, but looks every half minute whether it is done.
PACKAGE = [
    sys.executable, "-m", "awscli", "cloudformation", "package",
    "--s3-bucket", BUCKET, "--output-template-file", "packaged.yaml", "--template-file",
]


def upload(bundle: Path, template: str) -> str:
    """Uploads the packages and templates; the address of the template."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    # With no program in reach: neither cargo nor git.
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    environment["PATH"] = "/nonexistent"
    done = subprocess.run([*PACKAGE, template], cwd=bundle, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    # Too long to be sent with the call.
    s3.upload_file(str(bundle / "packaged.yaml"), BUCKET, template)
    return f"{s3.meta.endpoint_url}/{BUCKET}/{template}"


def deploy(stack: str, folder: str, file: str) -> None:
    bundle = Path(folder)
    template = upload(bundle, file)
    sizes = {path.stem: path.stat().st_size for path in bundle.glob("*.zip")}
    given = json.load(sys.stdin)
    arguments = {
        "StackName": stack,
        "TemplateURL": template,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    cloudformation = boto3.client("cloudformation")
    try:
        if exists(cloudformation, stack):
            cloudformation.update_stack(**arguments)
        else:
            cloudformation.create_stack(**arguments)
    except ClientError as error:
        # Without the traceback: it is what a user reads.
        sys.exit(str(error))
    outputs = finished(cloudformation, stack)
    json.dump({"outputs": outputs, "zip_bytes": sizes}, sys.stdout)


def exists(cloudformation, stack: str) -> bool:
    try:
        return bool(cloudformation.describe_stacks(StackName=stack)["Stacks"])
    except ClientError:
        return False


def finished(cloudformation, stack: str) -> dict[str, str]:
    """Waits until the stack has come to rest; its outputs, if it went well."""
    while True:
        state = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        status = state["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return {o["OutputKey"]: o["OutputValue"] for o in state.get("Outputs", [])}
        if not status.endswith("_IN_PROGRESS"):
            events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
            reasons = [
                f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
                for event in reversed(events)
                if event.get("ResourceStatusReason")
            ]
            sys.exit("\n".join([f"{status} {state.get('StackStatusReason', '')}", *reasons]))
        time.sleep(0.2)


def delete(stack: str) -> None:
    cloudformation = boto3.client("cloudformation")
    identity = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=stack)
    while True:
        # By its name, a deleted stack is not to be found.
        state = cloudformation.describe_stacks(StackName=identity)["Stacks"][0]
        if state["StackStatus"] == "DELETE_COMPLETE":
            return
        if not state["StackStatus"].endswith("_IN_PROGRESS"):
            sys.exit(f"{state['StackStatus']} {state.get('StackStatusReason', '')}")
        time.sleep(0.2)


if __name__ == "__main__":
    {"deploy": deploy, "delete": delete}[sys.argv[1]](*sys.argv[2:])
