"""Reads messages with a function of Vector's own language, VRL.

Usage: vector.py FUNCTION, with one JSON string a line on standard input. Prints what the function
makes of each, as JSON.
"""

import json
import sys

from vrl_python import VRLRuntime

runtime = VRLRuntime()
program = f".read = {sys.argv[1]}!(.message)"
for line in filter(None, sys.stdin.buffer.read().decode("utf-8").split("\n")):
    result = runtime.execute(program, {"message": json.loads(line)})
    print(json.dumps(result.processed_event["read"]))
