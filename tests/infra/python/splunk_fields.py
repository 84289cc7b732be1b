"""Prints the fields that the add-on's transforms find in a line, as a JSON object.

Usage: splunk_fields.py TRANSFORMS.conf NAME,NAME... < LINE

As Splunk does for REPORT: each expression is looked for again and again, in the line or in a field that
was found before, and FORMAT names the fields.
Python's expressions are those of PCRE here.
"""

import configparser
import json
import re
import sys

transforms = configparser.ConfigParser(interpolation=None, delimiters="=", comment_prefixes="#", strict=True)
transforms.optionxform = str
transforms.read(sys.argv[1])
line = sys.stdin.read().rstrip("\n")
fields: dict[str, str] = {}
for name in sys.argv[2].split(","):
    transform = transforms[name]
    source = fields[transform["SOURCE_KEY"]] if "SOURCE_KEY" in transform else line
    for found in re.finditer(transform["REGEX"], source):
        for pair in transform["FORMAT"].split():
            key, value = (re.sub(r"\$(\d)", lambda n: found[int(n[1])], part) for part in pair.split("::"))
            # The first one counts, without MV_ADD.
            fields.setdefault(key, value)
json.dump(fields, sys.stdout)
