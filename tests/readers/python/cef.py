"""Reads lines of CEF with pycef and builds them again with cefevent.

Standard input holds one JSON object per line: "line", and "keys", the pairs that it was made from. What
differs is printed; a last line counts what was compared.
"""

import json
import re
import sys

import pycef
from cefevent import CEFEvent

HEADER = {"deviceEventClassId": "DeviceEventClassID", "name": "Name", "severity": "Severity"}
PREFIX = {"deviceEventClassId": "signatureId", "name": "name", "severity": "severity"}
PRODUCT = {"DeviceVendor": "Microsoft", "DeviceProduct": "Microsoft Defender ATP", "DeviceVersion": "2.0"}
OWN = "MicrosoftDefender"
# In the extension dictionary of CEF 1.2, though not in that of cefevent 0.5.6.
UNKNOWN = {"devicePayloadId", "sproc"}
PIPES = re.compile(r"(?:(?:[^|\\]|\\.)*\|){7}")
counts = dict.fromkeys(["values", "bad_headers", "built", "stripped", "bare_returns"], 0)


def unescape(text):
    """What pycef leaves as it stands in the line."""
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m[1], m[1]), text)


def read(line, keys):
    """The values as in the line, by key, as pycef reads them."""
    header = {HEADER[key]: value for key, value in keys if key in HEADER}
    end = PIPES.match(line).end()
    # pycef 1.11 ends a header at its first `=` or backslash, although `=` needs no escape there and a
    # backslash begins one. Then the extension is read with a plain header in front of it.
    if re.search(r"[=\\]", line[:end]):
        counts["bad_headers"] += 1
        try:
            parsed = pycef.parse(line)
            assert {name: unescape(parsed[name]) for name in header} != header
        except (IndexError, KeyError):
            pass
        line = "CEF:0|Microsoft|Microsoft Defender ATP|2.0|class|name|5|" + line[end:]
        header = {"DeviceEventClassID": "class", "Name": "name", "Severity": "5"}
    parsed = pycef.parse(line)
    same({name: parsed[name] for name in PRODUCT}, PRODUCT)
    same({name: parsed[name] for name in header}, header)
    twice = ("CEFVersion", "DeviceName", "DeviceSeverity")
    return {key: value for key, value in parsed.items() if key not in (*PRODUCT, *header, *twice)}


def same(got, wanted):
    for key in got.keys() | wanted.keys():
        counts["values"] += 1
        if got.get(key) != wanted.get(key):
            print(f"{key}: {got.get(key)!r} instead of {wanted.get(key)!r}")


def check(line, keys):
    values = dict(keys)
    assert len(values) == len(keys), "a key came twice"
    raw = read(line, keys)
    # pycef shows a labelled value under its label.
    labels = {key.removesuffix("Label"): value for key, value in keys if key.endswith("Label")}
    by_key = {label: key for key, label in labels.items()}
    extension = {k: v for k, v in keys if k not in HEADER and not k.endswith("Label")}
    raw = {by_key.get(key, key): value for key, value in raw.items()}
    same({key: unescape(value) for key, value in raw.items()}, extension)
    build(line, values, raw)


def build(line, values, raw):
    """cefevent accepts each value for its key, and writes it the same."""
    event = CEFEvent(strict=True)
    for name, value in PRODUCT.items():
        event.set_prefix(name[0].lower() + name[1:], value)
    for key, prefix in PREFIX.items():
        event.set_prefix(prefix, values[key])
    header = PIPES.match(line)[0]
    if not event.build_cef().startswith(header):
        print(f"cefevent writes {event.build_cef()!r} instead of {header!r}")
    for key, value in values.items():
        if key in HEADER or key.startswith(OWN):
            continue
        if key in UNKNOWN:
            assert key not in event._extension_dictionary
            continue
        known = event._extension_dictionary[key]
        number = set(known["data_type"]) & {"Integer", "Long"}
        event.set_field(known["full_name"], int(value) if number else value)
    for name, value in event.extensions.items():
        key = event.get_cef_field_name(name)
        wanted = values[key] if key.endswith("Label") else raw[key]
        counts["built"] += 1
        # cefevent 0.5.6 drops white space at both ends and does not escape a carriage return.
        counts["bare_returns"] += "\r" in str(value)
        value = str(value).replace("\r", "\\r")
        if value == wanted:
            continue
        counts["stripped"] += 1
        if unescape(value) != values[key].strip() or values[key].strip() == values[key]:
            print(f"cefevent writes {key}: {value!r} instead of {wanted!r}")


for text in sys.stdin:
    record = json.loads(text)
    check(record["line"], record["keys"])
print(json.dumps(counts))
