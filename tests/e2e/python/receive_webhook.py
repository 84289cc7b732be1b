"""Receives requests of the webhook and checks their signatures with the lines that a page shows.

Usage: receive_webhook.py PAGE KEY < REQUESTS.json
PAGE is docs/deliver.md; its block of Python is run for each request. A request has "timestamp",
"signature" and "body". Prints for each whether it is signed, whether it would be with another byte
in it, and its records.
"""

import hmac
import json
import re
import sys
import time


def main() -> None:
    page, key = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        [shown] = re.findall(r"^```python\n(.*?)^```", file.read(), re.DOTALL | re.MULTILINE)

    def is_signed(request: dict, body: bytes) -> bool:
        names = {
            "hmac": hmac,
            "time": time,
            "key": key.encode(),
            "timestamp": request["timestamp"],
            "signature": request["signature"],
            "body": body,
        }
        exec(shown, names)
        return names["ok"]

    told = []
    for request in json.load(sys.stdin):
        body = request["body"].encode()
        told.append({
            "is_signed": is_signed(request, body),
            "is_signed_when_changed": is_signed(request, body.replace(b"{", b"[", 1)),
            "records": json.loads(body),
        })
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
