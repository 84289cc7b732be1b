"""Reads the objects that a queue's messages tell of, as a SIEM's connector does, with boto3.

Usage: read_notified.py QUEUE_URL COUNT
Reads and deletes messages until COUNT came that tell of objects and then none is left, or until
none has come for half a minute. Prints JSON: the messages' bodies, how many only tested the
connection, and the records of the objects. The endpoint, region and credentials come from the
environment.
"""

import gzip
import io
import json
import sys
from urllib.parse import unquote_plus

import boto3

PATIENCE = 15


def lines_of(body: bytes) -> list:
    """An object's records, as readers split it: at each line feed, or as lines of a text."""
    # A blank last line would be an error here, as it is for some readers.
    split = gzip.decompress(body).removesuffix(b"\n").split(b"\n")
    records = [json.loads(line) for line in split]
    with gzip.open(io.BytesIO(body), "rt", encoding="utf-8") as text:
        assert [json.loads(line) for line in text] == records
    return records


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    bodies, tests, records, told_of, idle = [], 0, [], 0, 0
    while idle < 2:
        is_complete = told_of >= count
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            # Once all have come, one more look for what should not be there.
            WaitTimeSeconds=1 if is_complete else PATIENCE,
        ).get("Messages", [])
        if not messages:
            idle += 2 if is_complete else 1
        for message in messages:
            bodies.append(message["Body"])
            event = json.loads(message["Body"])
            if "TopicArn" in event:
                event = json.loads(event["Message"])
            if event.get("Event") == "s3:TestEvent":
                tests += 1
            for record in event.get("Records", []):
                told_of += 1
                bucket = record["s3"]["bucket"]["name"]
                key = unquote_plus(record["s3"]["object"]["key"])
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                records.extend(lines_of(body))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    json.dump({"bodies": bodies, "tests": tests, "records": records}, sys.stdout)


if __name__ == "__main__":
    main()
