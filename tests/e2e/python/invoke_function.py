"""Invokes a function of the emulated cloud with a job and prints its answer.

Usage: invoke_function.py NAME < JOB.json
"""

import sys

import boto3


def main() -> None:
    answer = boto3.client("lambda").invoke(FunctionName=sys.argv[1], Payload=sys.stdin.buffer.read())
    sys.stdout.write(answer["Payload"].read().decode())
    if "FunctionError" in answer:
        sys.exit(1)


if __name__ == "__main__":
    main()
