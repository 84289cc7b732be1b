"""Reads OpenMetrics text on standard input with the parsers of Prometheus' own client.

Prints one JSON object: the samples by name and tenant, as the strict parser of OpenMetrics has them. The
parser of the older text format, whose rules the node exporter goes by, has to find the same.
"""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families as older

text = sys.stdin.read()


def samples(families):
    return {
        f"{sample.name} {sample.labels['tenant']}": sample.value
        for family in families
        for sample in family.samples
    }


types = {family.name: family.type for family in strict(text)}
found = samples(strict(text))
assert found == samples(older(text)), "the two formats differ"
print(json.dumps({"types": types, "samples": found}))
