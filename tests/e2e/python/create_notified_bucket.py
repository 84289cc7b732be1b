"""Creates a bucket whose new objects are told of on a queue, and prints the queue's URL.

Usage: create_notified_bucket.py BUCKET PREFIX sqs|sns
With "sns", S3 tells a topic, and the topic the queue. The endpoint, region and credentials come
from the environment.
"""

import json
import sys

import boto3

bucket, prefix, by = sys.argv[1:]
s3, sqs, sns = boto3.client("s3"), boto3.client("sqs"), boto3.client("sns")


def allow(service: str, action: str, resource: str, source: str) -> str:
    """A policy that lets one service do one thing on behalf of one source."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": source}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


s3.create_bucket(Bucket=bucket)
bucket_arn = f"arn:aws:s3:::{bucket}"
url = sqs.create_queue(QueueName=bucket)["QueueUrl"]
queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
queue_arn = queue_arn["Attributes"]["QueueArn"]
told = {
    "Events": ["s3:ObjectCreated:*"],
    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
}
if by == "sqs":
    policy = allow("s3.amazonaws.com", "sqs:SendMessage", queue_arn, bucket_arn)
    notifications = {"QueueConfigurations": [told | {"QueueArn": queue_arn}]}
else:
    topic_arn = sns.create_topic(Name=bucket)["TopicArn"]
    policy = allow("s3.amazonaws.com", "sns:Publish", topic_arn, bucket_arn)
    sns.set_topic_attributes(
        TopicArn=topic_arn, AttributeName="Policy", AttributeValue=policy
    )
    policy = allow("sns.amazonaws.com", "sqs:SendMessage", queue_arn, topic_arn)
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    notifications = {"TopicConfigurations": [told | {"TopicArn": topic_arn}]}
sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
s3.put_bucket_notification_configuration(
    Bucket=bucket, NotificationConfiguration=notifications
)
print(url, end="")
