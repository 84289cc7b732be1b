"""Creates the poll function in the emulated cloud and connects it to its jobs queue.

Usage: create_function.py BOOTSTRAP NAME JOBS_QUEUE_ARN < ENVIRONMENT.json
The endpoint, region and credentials come from the environment, as for every AWS client.
"""

import json
import sys

import boto3

from package import package


def main() -> None:
    bootstrap, name, queue_arn = sys.argv[1:]
    variables = json.load(sys.stdin)
    role = boto3.client("iam").create_role(
        RoleName=f"{name}-role",
        AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }],
        }),
    )["Role"]
    code = package(bootstrap)
    client = boto3.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Architectures=["x86_64"],
        Role=role["Arn"],
        Timeout=60,
        MemorySize=256,
        Code={"ZipFile": code},
        Environment={"Variables": variables},
    )
    client.create_event_source_mapping(
        EventSourceArn=queue_arn,
        FunctionName=name,
        BatchSize=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    print(json.dumps({"zip_bytes": len(code)}))


if __name__ == "__main__":
    main()
