#!/usr/bin/env python3
"""Hold documents against the schemas in share/git-vault/schema.

    schema.py SCHEMAS DOCUMENTS

DOCUMENTS has files KIND.WORDS, each with one document of that kind. The
published schemas allow members that they do not name, since later versions may
add some; here those are faults, so that the schemas stay complete. Each schema
must have had a document.
"""

import json
import os
import sys

import jsonschema

KINDS_OF_UNDO = ("restore", "rollback", "delete", "undelete")


def close(schema):
    """Refuse members that are not named; bytes in base64 go with any string."""
    if isinstance(schema, list):
        for part in schema:
            close(part)
    elif isinstance(schema, dict):
        for key, part in schema.items():
            if key != "enum":
                close(part)
        if "properties" in schema and schema.get("type") in ("object", ["object", "null"]):
            schema["additionalProperties"] = False
            schema["patternProperties"] = {"_base64$": {"type": "string"}}


def load(directory):
    validators = {}
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        close(schema)
        validators[name[: -len(".json")]] = jsonschema.Draft202012Validator(schema)
    return validators


def fault(validators, kind, document):
    """What is wrong with it, or None."""
    if kind not in validators:
        return "there is no such schema"
    error = jsonschema.exceptions.best_match(validators[kind].iter_errors(document))
    if error:
        return "%s: %s" % ("/".join(str(p) for p in error.absolute_path), error.message[:300])
    if kind == "undo" and document["result"] is not None:
        faults = [fault(validators, k, document["result"]) for k in KINDS_OF_UNDO]
        return None if None in faults else "its result is of no kind: %s" % faults
    return None


def main(schemas, documents):
    validators = load(schemas)
    missing = set(validators)
    bad = 0
    for name in sorted(os.listdir(documents)):
        kind = name.split(".")[0]
        missing.discard(kind)
        with open(os.path.join(documents, name), encoding="utf-8") as file:
            text = file.read()
        try:
            document = json.loads(text)
        except ValueError as error:
            print("%s: no JSON: %s" % (name, error))
            bad += 1
            continue
        why = fault(validators, kind, document)
        if why or text.count("\n") != 1:
            print("%s: %s" % (name, why or "more than a line"))
            bad += 1
    for kind in sorted(missing):
        print("%s: no document was held against this schema" % kind)
    return 1 if bad or missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
