#!/usr/bin/env python3
"""Hold recovery plans against the JSON Schema that git-vault prints.

    plan-schema.py SCHEMA PLAN...

Prints each fault, and exits with 1 if there is one.
"""

import sys

import json
import jsonschema
import yaml


class Texts(yaml.SafeLoader):
    """YAML 1.1 takes `on` and `12:30` for something else; dates stay texts."""


Texts.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:bool")]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def main(schema, plans):
    with open(schema, encoding="utf-8") as file:
        document = json.load(file)
    jsonschema.Draft202012Validator.check_schema(document)
    validator = jsonschema.Draft202012Validator(document)
    faults = 0
    for path in plans:
        with open(path, encoding="utf-8") as file:
            plan = yaml.load(file, Loader=Texts)
        for error in validator.iter_errors(plan):
            faults += 1
            print("%s: %s: %s" % (path, "/".join(str(p) for p in error.absolute_path), error.message[:300]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
