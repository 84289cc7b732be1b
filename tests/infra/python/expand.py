"""Prints a template as JSON with its loops written out, as `AWS::LanguageExtensions` does it.

Usage: expand.py TEMPLATE

Strict on purpose: what CloudFormation or the SAM CLI refuses within a loop, or leaves as it stands,
is an error here. In a loop, the word stands for an item in the names of what is made, in `Ref` and
in `Fn::Sub`, and nowhere else:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

import json
import re
import sys

import yaml
from samtranslator.yaml_helper import yaml_parse

TRANSFORM = "AWS::LanguageExtensions"
LOOP = "Fn::ForEach::"
SECTIONS = ["Conditions", "Resources", "Outputs"]
PLACEHOLDER = re.compile(r"[$&]\{([^!}][^}]*)\}")


def expand(template: dict) -> dict:
    """The template without loops and look-ups in mappings."""
    declared = template.get("Transform") or []
    declared = [declared] if isinstance(declared, str) else declared
    mappings = template.pop("Mappings", {})
    names = {*template.get("Parameters", {}), *template.get("Resources", {})}
    made = {}
    for section, content in template.items():
        if section in SECTIONS:
            content = dict(members(content, {}, mappings, names))
        if LOOP in json.dumps(content):
            raise ValueError(f"{section}: a loop makes conditions, resources and outputs alone")
        made[section] = content
    if TRANSFORM in declared:
        if declared[0] != TRANSFORM:
            raise ValueError(f"{TRANSFORM} is the first transform")
        check(template, set(template.get("Parameters", {})))
        made["Transform"] = declared[1:]
    elif made != template or mappings:
        raise ValueError(f"loops need the transform {TRANSFORM}")
    return made


def members(content: dict, words: dict, mappings: dict, names: set):
    """The names and values of a section, or of what a loop makes."""
    for name, value in content.items():
        if not name.startswith(LOOP):
            yield PLACEHOLDER.sub(lambda found: words[found[1]], name), filled(value, words, mappings)
            continue
        word, items, fragment = value
        if taken := {word, name.removeprefix(LOOP)} & (names | set(words)):
            raise ValueError(f"{name}: {taken} is a parameter or a resource")
        if any(f"${{{word}}}" not in key for key in fragment):
            raise ValueError(f"{name}: each name that it makes has ${{{word}}} in it")
        for made in fragment.values():
            # The SAM CLI, up to 1.170 at least, ends with a TypeError at anything else.
            if isinstance(made, dict) and made.get("Condition", {"Ref": word}) != {"Ref": word}:
                raise ValueError(f"{name}: Condition is the loop's word, !Ref {word}")
        for item in items:
            yield from members(fragment, {**words, word: item}, mappings, names)


def filled(value, words: dict, mappings: dict):
    """A value with the loop's word in it replaced."""
    if isinstance(value, str):
        if any(word in words for word in PLACEHOLDER.findall(value)):
            raise ValueError(f"{value} stays as it stands: write !Sub")
        return value
    if isinstance(value, list):
        return [filled(item, words, mappings) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(name, argument)] = value.items()
        if name == "Ref" and isinstance(argument, str) and argument in words:
            return words[argument]
        if name == "Fn::Sub" and words:
            if not isinstance(argument, str) or set(PLACEHOLDER.findall(argument)) - set(words):
                raise ValueError(f"{argument}: within a loop, Fn::Sub takes the loop's word alone")
            return PLACEHOLDER.sub(lambda found: words[found[1]], argument)
        if name == "Fn::FindInMap":
            table, row, column = filled(argument, words, mappings)
            return mappings[table][row][column]
        if name == "Fn::If" and not isinstance(argument[0], str):
            raise ValueError(f"{argument[0]}: Fn::If takes the name of a condition as it stands")
    return {filled(key, words, mappings): filled(inner, words, mappings) for key, inner in value.items()}


def check(value, parameters: set) -> None:
    """Refuses what the transform stops at, whether it is in a loop or not."""
    if isinstance(value, dict):
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach-example-conditions.html
        if len(value) > 1 and next(iter(value)) == "Condition":
            raise ValueError(f"{value}: Condition comes second or later")
        if set(value) == {"Fn::Select"}:
            # Conditions are no protection: what they leave out is worked out, too.
            # https://github.com/aws-cloudformation/cfn-language-discussion/issues/159
            place, source = value["Fn::Select"]
            text = source.get("Fn::Split", [None, None])[1] if isinstance(source, dict) else None
            if place and isinstance(text, dict) and text.get("Ref") in parameters:
                raise ValueError(f"{value}: the parameter may have nothing to select")
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    for inner in inside:
        check(inner, parameters)


def read(path: str) -> dict:
    """A template as it is, with the short forms of functions written out."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for token in yaml.scan(text):
        if isinstance(token, yaml.AliasToken):
            line = token.start_mark.line + 1
            sys.exit(f"line {line}: CloudFormation reads no YAML aliases: write the text out")
    return yaml_parse(text)


if __name__ == "__main__":
    json.dump(expand(read(sys.argv[1])), sys.stdout)
