"""Reads every message of a queue with Amazon's SQS Extended Client and deletes it.

Usage: read_extended.py QUEUE_URL
Prints a JSON array with, for each message, its body, the names of its attributes, and whether
the body came from S3. The endpoint, region and credentials come from the environment.
"""

import json
import sys

import boto3
import sqs_extended_client  # noqa: F401  teaches boto3's SQS client to follow pointers


def main() -> None:
    url = sys.argv[1]
    sqs = boto3.client("sqs")
    read = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            handle = message["ReceiptHandle"]
            from_s3 = sqs.is_s3_receipt_handle(handle)
            read.append(
                {
                    "body": message["Body"],
                    "attributes": sorted(message.get("MessageAttributes", {})),
                    "from_s3": from_s3,
                }
            )
            if from_s3:
                # The library's own way back to the queue's handle cuts at the last "-", which
                # suits AWS's handles but not the emulator's, which are UUIDs.
                sqs.delete_message_from_s3(handle)
                handle = handle.rsplit("-..s3Key..-", 1)[-1]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    json.dump(read, sys.stdout)


if __name__ == "__main__":
    main()
