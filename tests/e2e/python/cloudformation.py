"""Deploys the template as a user would with the AWS CLI, or deletes the stack.

Usage: cloudformation.py deploy STACK TEMPLATE BINARIES < PARAMETERS.json
       cloudformation.py delete STACK
The first prints the stack's outputs and the sizes of the packages as JSON. BINARIES is the folder
with the release builds. Endpoint, region and credentials come from the environment.
"""

import json
import os
import sys
import time

import boto3
from botocore.exceptions import ClientError

from package import package

FUNCTIONS = ["dispatch", "poll", "deliver"]
NESTED = ["jobs.yaml", "messages.yaml", "monitoring.yaml", "objects.yaml"]
PACKAGES = "packages"


def upload(path: str, folder: str) -> tuple[str, dict[str, int]]:
    """Uploads the packages and templates, as `aws cloudformation package` does; the address of the
    template, and the packages' sizes."""
    with open(path, encoding="utf-8") as file:
        template = file.read()
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=PACKAGES)
    sizes = {}
    for name in FUNCTIONS:
        content = package(os.path.join(folder, name))
        sizes[name] = len(content)
        s3.put_object(Bucket=PACKAGES, Key=f"{name}.zip", Body=content)
        local = f"CodeUri: ../functions/{name}\n"
        if local not in template:
            sys.exit(f"the template has no {local}")
        template = template.replace(local, f"CodeUri: s3://{PACKAGES}/{name}.zip\n")
    address = f"{s3.meta.endpoint_url}/{PACKAGES}"
    for name in NESTED:
        s3.upload_file(os.path.join(os.path.dirname(path), name), PACKAGES, name)
        template = template.replace(f"TemplateURL: {name}\n", f"TemplateURL: {address}/{name}\n")
    # Too long to be sent with the call.
    s3.put_object(Bucket=PACKAGES, Key="template.yaml", Body=template.encode())
    return f"{address}/template.yaml", sizes


def deploy(stack: str, path: str, folder: str) -> None:
    template, sizes = upload(path, folder)
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
