"""Creates a user who may do what one policy allows and prints its keys as JSON.

Usage: create_consumer.py POLICY_ARN
The endpoint, region and credentials come from the environment.
"""

import json
import sys

import boto3

iam = boto3.client("iam")
iam.create_user(UserName="siem")
iam.attach_user_policy(UserName="siem", PolicyArn=sys.argv[1])
key = iam.create_access_key(UserName="siem")["AccessKey"]
json.dump({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}, sys.stdout)
