"""Reads OCSF records, one per line on standard input, into the models of two libraries.

Prints a JSON list for each record: what a library says is wrong with it, but for the library's own
faults. The last line lists the known faults that did not show.

Both libraries are behind OCSF 1.8.0, which the records are valid for: py-ocsf-models 0.10.0 demands
attributes that OCSF only recommends and knows older enumerations; pydantic-ocsf 3.0.0 ends at 1.7.0.
"""

import json
import sys

from ocsf.v1_7_0.events import DetectionFinding as Pydantic
from py_ocsf_models.events.findings.detection_finding import DetectionFinding as Prowler
from pydantic import ValidationError

# Library, place and kind of what it wrongly says.
DEMANDED = [
    "cloud.account.name",
    "evidences[].device.hostname",
    "evidences[].device.ip",
    "evidences[].device.name",
    "evidences[].device.network_interfaces[].hostname",
    "evidences[].device.network_interfaces[].mac",
    "evidences[].device.network_interfaces[].name",
    "evidences[].device.network_interfaces[].type_id",
    "evidences[].device.region",
    "evidences[].device.uid",
    "evidences[].resources[].owner.account",
    "evidences[].resources[].owner.account.name",
    "evidences[].resources[].owner.name",
    "evidences[].resources[].owner.type_id",
    "evidences[].resources[].owner.uid",
    "finding_info.attacks[].technique.name",
    "finding_info.title",
    "resources[].owner.account",
    "resources[].owner.account.name",
    "resources[].owner.name",
    "resources[].owner.type_id",
    "resources[].owner.uid",
]
OLD_ENUMERATIONS = [
    ("py-ocsf-models", "cloud.account.type_id"),
    ("py-ocsf-models", "evidences[].device.risk_level_id"),
    ("py-ocsf-models", "evidences[].resources[].owner.account.type_id"),
    ("py-ocsf-models", "observables[].type_id"),
    ("py-ocsf-models", "resources[].owner.account.type_id"),
    ("pydantic-ocsf", "evidences[].device.type_id"),
    ("pydantic-ocsf", "status_id"),
]
FAULTS = {("py-ocsf-models", place, "missing") for place in DEMANDED} | {
    (library, place, "enum") for library, place in OLD_ENUMERATIONS
}


def place(location):
    parts = ["[]" if isinstance(part, int) else str(part) for part in location]
    return ".".join(parts).replace(".[]", "[]")


def said(record):
    for library, model in (("py-ocsf-models", Prowler), ("pydantic-ocsf", Pydantic)):
        try:
            model.model_validate(record)
        except ValidationError as error:
            for each in error.errors():
                yield library, place(each["loc"]), each["type"]


def main():
    shown = set()
    for line in sys.stdin.buffer.read().decode("utf-8").split("\n"):
        if line:
            found = set(said(json.loads(line)))
            shown |= found
            print(json.dumps(sorted(found - FAULTS)))
    print(json.dumps(sorted(FAULTS - shown)))


main()
