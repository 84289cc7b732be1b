"""Creates a function in the emulated cloud and connects it to its queue.

Usage: create_function.py BOOTSTRAP NAME QUEUE_ARN MAPPING < ENVIRONMENT.json
MAPPING is what is said of the event source mapping, a JSON object such as {"BatchSize": 1}. The endpoint, region and credentials come from the environment, as for every AWS client.
"""

import json
import sys

import boto3

from package import package


def main() -> None:
    bootstrap, name, queue_arn, mapping = sys.argv[1:]
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
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **json.loads(mapping),
    )
    print(json.dumps({"zip_bytes": len(code)}))


if __name__ == "__main__":
    main()
