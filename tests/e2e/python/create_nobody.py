"""Creates a user who may do nothing and prints its access key id and secret access key.

The endpoint, region and credentials come from the environment.
"""

import boto3

iam = boto3.client("iam")
iam.create_user(UserName="nobody")
key = iam.create_access_key(UserName="nobody")["AccessKey"]
print(key["AccessKeyId"], key["SecretAccessKey"])
