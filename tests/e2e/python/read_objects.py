"""Reads the objects that a queue's messages tell of, with boto3, and leaves their lines as text.

Usage: read_objects.py QUEUE_URL COUNT
Reads and deletes messages until COUNT objects were told of and then nothing more comes, or until
nothing has come for half a minute. Prints JSON: the messages' bodies, and each object's bucket,
key, content type, content encoding, size and lines. The endpoint, region and credentials come from
the environment.
"""

import gzip
import json
import sys
from urllib.parse import unquote_plus

import boto3

PATIENCE = 15


def fetch(s3, record: dict) -> dict:
    bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
    answer = s3.get_object(Bucket=bucket, Key=key)
    body = answer["Body"].read()
    # Split at line feeds only: other readers know no other end of a line.
    text = gzip.decompress(body).decode("utf-8")
    assert text.endswith("\n"), key
    return {
        "bucket": bucket,
        "key": key,
        "content_type": answer["ContentType"],
        "content_encoding": answer.get("ContentEncoding"),
        "size": len(body),
        "lines": text[:-1].split("\n"),
    }


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    bodies, objects, idle = [], [], 0
    while idle < 2:
        is_complete = len(objects) >= count
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
            for record in json.loads(message["Body"]).get("Records", []):
                objects.append(fetch(s3, record))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    json.dump({"bodies": bodies, "objects": objects}, sys.stdout)


if __name__ == "__main__":
    main()
