"""Runs a query over documents, one a line, and prints the ids of those that it lets through."""

import json
import sys

import eql

QUERY = sys.argv[1]


def main():
    found = []
    engine = eql.PythonEngine()
    engine.add_output_hook(
        lambda result: found.extend(event.data["event"]["id"] for event in result.events)
    )
    engine.add_query(eql.parse_query(QUERY))
    with engine:
        events = (json.loads(line) for line in sys.stdin)
        engine.stream_events(
            eql.Event("generic", number, event) for number, event in enumerate(events)
        )
    print("\n".join(found))


main()
