#!/usr/bin/env python3
"""Hold what is found in public repositories against what was judged of it.

	judge.py JUDGED DIRECTORY [new]

DIRECTORY has a checkout of each repository that JUDGED names, as OWNER+NAME.
Each finding at likely and above is known by its place and a digest of its
value, and was judged by its line: true if it would log somebody in somewhere,
known defaults included, else false. Prints a line for each repository, and with
"new" those that nobody has judged yet, as lines for JUDGED. Exits 1 if there
are such, or more than 0.05 false ones for each MB.
"""

import hashlib
import json
import os
import subprocess
import sys

MOST = 0.05


def read(path):
    """Commits by repository, judgements by finding."""
    commits, judged = {}, {}
    with open(path) as f:
        for line in f:
            words = line.rstrip("\n").split("\t")
            if line.startswith("#") or len(words) < 2:
                continue
            if words[0] == "commit":
                commits[words[1]] = words[2]
            else:
                judged[tuple(words[1:6])] = words[0]
    return commits, judged


def digest_of(top, finding):
    """Of a file in an archive only the place is known."""
    value = b""
    if "!" not in finding["path"]:
        with open(os.path.join(top, finding["path"]), "rb") as f:
            lines = f.read().split(b"\n")
        at = sum(len(x) + 1 for x in lines[:finding["line"] - 1])
        at += finding["column"] - 1
        value = b"\n".join(lines)[at:at + finding["length"]]
    return hashlib.sha256(value).hexdigest()[:16]


def scan(top):
    """The findings below a directory, and how many bytes were scanned."""
    run = subprocess.run(["git", "vault", "--json", "scan", "."], cwd=top,
                         stdout=subprocess.PIPE, check=False,
                         env=dict(os.environ,
                                  GIT_CEILING_DIRECTORIES=os.path.dirname(top)))
    report = json.loads(run.stdout)
    return report["findings"], report["bytes"]


def main():
    commits, judged = read(sys.argv[1])
    top = os.path.realpath(sys.argv[2])
    show = sys.argv[3:] == ["new"]
    size = wrong = fresh = right = 0
    for name in sorted(commits):
        findings, n = scan(os.path.join(top, name))
        counts = {"true": 0, "false": 0, "new": 0}
        for f in findings:
            path = f["path"]
            path = path[2:] if path.startswith("./") else path
            key = (name, path, str(f["line"]), f["rule"],
                   digest_of(os.path.join(top, name), f))
            verdict = judged.get(key, "new")
            counts[verdict] += 1
            if show and verdict == "new":
                print("\t".join(("new",) + key))
        if not show:
            print("%-48s %7.2f MB  true %3d  false %3d  new %3d" %
                  (name, n / 1e6, counts["true"], counts["false"],
                   counts["new"]))
        size += n
        right += counts["true"]
        wrong += counts["false"]
        fresh += counts["new"]
    if not show:
        print("%-48s %7.2f MB  true %3d  false %3d  new %3d: %.3f a MB" %
              ("all", size / 1e6, right, wrong, fresh, wrong * 1e6 / size))
    sys.exit(fresh > 0 or wrong * 1e6 > MOST * size)


main()
