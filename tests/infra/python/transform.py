"""Prints a SAM template as the CloudFormation that AWS makes of it, as JSON; needs no network.

Usage: transform.py TEMPLATE
"""

import json
import sys

import yaml
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template names none by their short names; AWS would be asked for the list of them."""

    def load(self) -> dict:
        return {}


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    for token in yaml.scan(text):
        if isinstance(token, yaml.AliasToken):
            line = token.start_mark.line + 1
            sys.exit(f"line {line}: CloudFormation reads no YAML aliases: write the text out")
    template = yaml_parse(text)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # What packaging does: the transform takes no local folder.
            resource["Properties"]["CodeUri"] = "s3://packages/function.zip"
    json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout)


if __name__ == "__main__":
    main()
