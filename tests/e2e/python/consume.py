"""Reads the records off a queue as a SIEM's connector would, and deletes them.

Usage: consume.py QUEUE_URL COUNT
Reads until COUNT messages came and then none is left, or until none has come for half a minute.
Prints them as a JSON array: body, attributes, and whether the body came from S3. Amazon's
Extended Client follows the pointers to bodies that are too large for a message. The endpoint,
region and credentials come from the environment.
"""

import json
import sys

import boto3
import sqs_extended_client  # noqa: F401  teaches boto3's SQS client to follow pointers

PATIENCE = 30


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    sqs = boto3.client("sqs")
    read = []
    while True:
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            # Once all have come, one more look for what should not be there.
            WaitTimeSeconds=1 if len(read) >= count else PATIENCE // 2,
        ).get("Messages", [])
        if not messages and (len(read) >= count or patience_is_over()):
            break
        for message in messages:
            handle = message["ReceiptHandle"]
            from_s3 = sqs.is_s3_receipt_handle(handle)
            # Of the attributes, the extended client's own marks the pointer.
            attributes = {
                name: value["StringValue"]
                for name, value in message.get("MessageAttributes", {}).items()
                if name != "ExtendedPayloadSize"
            }
            read.append({"body": message["Body"], "attributes": attributes, "from_s3": from_s3})
            if from_s3:
                # The library's own way back to the queue's handle cuts at the last "-", which
                # suits AWS's handles but not the emulator's, which are UUIDs. The body stays in
                # the bucket, whose lifecycle removes it.
                handle = handle.rsplit("-..s3Key..-", 1)[-1]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    json.dump(read, sys.stdout)


empty_receives = 0


def patience_is_over() -> bool:
    global empty_receives
    empty_receives += 1
    return empty_receives >= 2


if __name__ == "__main__":
    main()
