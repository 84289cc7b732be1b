"""Validates OCSF records, one a line on standard input, with the schema that OCSF publishes.

Prints a JSON list of what is wrong for each, in the same order. A record is checked with the schema
of the profiles that it names; what is left of it without their attributes, with that of no profile.
"""

import json
import sys
from functools import cache

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

OCSF = get_ocsf_schema("1.8.0")
CLASS = "detection_finding"
SCHEMAS = OcsfJsonSchemaEmbedded(OCSF)


@cache
def validator(profiles):
    """The validator for a set of profiles."""
    return Draft202012Validator(SCHEMAS.get_class_schema(CLASS, list(profiles)))


def without_profiles(value, attributes):
    """What is left of a record without the attributes of its profiles."""
    left = {}
    for name, item in value.items():
        attribute = attributes.get(name, {})
        if attribute.get("profiles"):
            continue
        if attribute.get("type") == "object_t":
            inner = OCSF["objects"][attribute["object_type"]]["attributes"]
            if isinstance(item, list):
                item = [without_profiles(each, inner) for each in item]
            # An object without attributes takes anything.
            elif inner:
                item = without_profiles(item, inner)
        left[name] = item
    return left


def captions(value, attributes, place=""):
    """What JSON Schema does not check: that a caption is that of its number."""
    for name, attribute in attributes.items():
        if name not in value:
            continue
        item, here = value[name], f"{place}.{name}"
        sibling = attribute.get("sibling")
        if sibling in value and isinstance(item, int) and item != 99:
            caption = attribute["enum"][str(item)]["caption"]
            if value[sibling] != caption:
                yield f"{here}: the caption of {item} is {caption!r}, not {value[sibling]!r}"
        if attribute["type"] == "object_t":
            inner = OCSF["objects"][attribute["object_type"]]["attributes"]
            for each in item if isinstance(item, list) else [item]:
                yield from captions(each, inner, here)


def semantics(record):
    """What JSON Schema cannot say of a record."""
    if record["type_uid"] != record["class_uid"] * 100 + record["activity_id"]:
        yield "type_uid: not that of the class and the activity"
    extensions = {each["name"] for each in record["metadata"].get("extensions", [])}
    windows = any({"reg_key", "reg_value"} & each.keys() for each in record.get("evidences", []))
    if windows != ("win" in extensions):
        yield "metadata.extensions: not what the evidence uses"
    yield from captions(record, OCSF["classes"][CLASS]["attributes"])
    yield from empty(record)


def empty(value, place=""):
    """Members that say nothing."""
    if value is None or value == "" or value == [] or value == {}:
        yield f"{place}: it is empty"
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from empty(item, f"{place}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from empty(item, f"{place}[]")


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a member stands there twice")
    return dict(pairs)


def problems(line):
    try:
        record = json.loads(line, object_pairs_hook=unique)
    except ValueError as error:
        return [str(error)]
    profiles = tuple(record.get("metadata", {}).get("profiles", []))
    found = [
        f"{error.json_path}: {error.message}" for error in validator(profiles).iter_errors(record)
    ]
    if not found:
        bare = without_profiles(record, OCSF["classes"][CLASS]["attributes"])
        core = validator(()).iter_errors(bare)
        found = [f"core {error.json_path}: {error.message}" for error in core]
    return found or list(semantics(record))


def main():
    for line in sys.stdin.buffer.read().decode("utf-8").split("\n"):
        if line:
            print(json.dumps(problems(line)))


main()
