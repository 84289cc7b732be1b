"""Prints a SAM template as the CloudFormation that AWS makes of it, as JSON; needs no network.

Usage: transform.py TEMPLATE
"""

import json
import sys

from samtranslator.translator.transform import transform

from expand import expand, read


class NoManagedPolicies:
    """The template names none by their short names; AWS would be asked for the list of them."""

    def load(self) -> dict:
        return {}


def main() -> None:
    template = expand(read(sys.argv[1]))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # What packaging does: the transform takes no local folder.
            resource["Properties"]["CodeUri"] = "s3://packages/function.zip"
    json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout)


if __name__ == "__main__":
    main()
