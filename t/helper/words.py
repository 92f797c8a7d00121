#!/usr/bin/env python3
"""Refuse expressions that had to be read twice, in texts that people read.

	words.py SRC		the pages, README and CONTRIBUTING

Prints one line for each breach, and exits with 1 if there is one.
"""
import glob
import os
import re
import sys

REFUSED = [re.compile(text) for text in (
    r"\b(is|are) told\b",
    r"\bof ours\b",
    r"(?<![Tt]here )\b(is|are) none\b",
    r"\banew\b",
    r"\b([Hh]e|[Hh]is|[Hh]im)\b",
    r"\bso (many|long)\b(?! as)",
    r"\bhas not\b(?=[,.;]| the| a | all| their| are)",
    r"(^|\. )(Who|Whose|What) [a-z ]+ (says|tells|knows|names)\b",
)]
def breaches_of(text):
    for pattern in REFUSED:
        found = pattern.search(text)
        if found:
            yield found.group(0)


def main(src):
    found = []
    pages = glob.glob(src + "/man/*.[1-9]") + [
        os.path.join(src, name) for name in ("README", "CONTRIBUTING")]
    for name in sorted(pages):
        for number, line in enumerate(open(name, encoding="utf-8"), 1):
            found += [(name, number, what) for what in breaches_of(line)]
    for name, number, what in found:
        print("%s:%d: %s" % (os.path.relpath(name, src), number, what))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
