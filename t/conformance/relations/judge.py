#!/usr/bin/env python3
"""Hold the graph of small repositories against labels made by hand.

    judge.py GIT-VAULT DIRECTORY [REPOSITORY.txt...]

A repository is one text: "== file PATH" begins a file, "== edges" the labels,
one a line: the file or folder that refers, the kind of the relation, the target:
the id of a node, "@" and an external name, "!" and what is missing, "~" and what
is computed. Prints recall and precision by kind, each label that was missed and
each edge that is none; the status is 1 below 99 percent.
"""

import collections
import json
import os
import subprocess
import sys
import tempfile

LEAST = 0.99


def read(path):
    files, edges, here = {}, set(), None
    with open(path, encoding="utf-8") as text:
        for line in text:
            if line.startswith("== file "):
                here = files.setdefault(line[8:].rstrip("\n"), [])
            elif line.startswith("== edges"):
                here = None
            elif here is not None:
                here.append(line)
            elif line.strip():
                edges.add(tuple(line.rstrip("\n").split(" ", 2)))
    return {name: "".join(lines) for name, lines in files.items()}, edges


def lay_out(top, files):
    for name, text in files.items():
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run(["git", "init", "-q", top], check=True)
    subprocess.run(["git", "-C", top, "add", "-A", "-f"], check=True)


def target_of(edge):
    to = edge["to"]
    if isinstance(to, str):
        return to
    for sign, key in (("@", "external"), ("!", "missing"), ("~", "pattern")):
        if key in to:
            return sign + to[key]
    raise ValueError(to)


def found_in(program, files):
    with tempfile.TemporaryDirectory() as top:
        lay_out(top, files)
        out = subprocess.run([program, "-C", top, "graph", "--format", "json"],
                             check=True, stdout=subprocess.PIPE).stdout
    return {(e["path"], e["kind"], target_of(e)) for e in json.loads(out)["edges"]}


def main(program, directory, names):
    names = names or sorted(n for n in os.listdir(directory) if n.endswith(".txt"))
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for name in names:
        files, labels = read(os.path.join(directory, name))
        found = found_in(program, files)
        for edge in labels & found:
            counts[edge[1]][0] += 1
        for edge in sorted(labels - found):
            counts[edge[1]][1] += 1
            print("missed in %s: %s" % (name, " ".join(edge)))
        for edge in sorted(found - labels):
            counts[edge[1]][2] += 1
            print("none in %s: %s" % (name, " ".join(edge)))
    print("%-26s %6s %7s %9s" % ("relation", "labels", "recall", "precision"))
    total = [0, 0, 0]
    for kind, (right, missed, wrong) in sorted(counts.items()) + [("all", total)]:
        if kind != "all":
            total = [a + b for a, b in zip(total, (right, missed, wrong))]
        else:
            right, missed, wrong = total
        recall = right / (right + missed) if right + missed else 1.0
        precision = right / (right + wrong) if right + wrong else 1.0
        print("%-26s %6d %6.1f%% %8.1f%%"
              % (kind, right + missed, 100 * recall, 100 * precision))
    return recall >= LEAST and precision >= LEAST


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1], sys.argv[2], sys.argv[3:]) else 1)
