"""Creates a user who may do what one policy allows and prints its keys as JSON.

Usage: create_consumer.py NAME POLICY_ARN
The endpoint, region and credentials come from the environment.
"""

import json
import sys

import boto3

iam = boto3.client("iam")
name, policy = sys.argv[1:]
iam.create_user(UserName=name)
iam.attach_user_policy(UserName=name, PolicyArn=policy)
key = iam.create_access_key(UserName=name)["AccessKey"]
json.dump({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}, sys.stdout)
