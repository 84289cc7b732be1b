"""Validates records, one a line on standard input, with the JSON Schema in the file that it is given.

Prints a JSON list of what is wrong for each, in the same order.
"""

import json
import sys

from jsonschema import Draft202012Validator


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for line in sys.stdin.buffer.read().decode("utf-8").split("\n"):
        if line:
            errors = validator.iter_errors(json.loads(line))
            print(json.dumps([f"{error.json_path}: {error.message}" for error in errors]))


main()
