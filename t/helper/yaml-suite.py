"""The cases of yaml-test-suite by lib/doc.

    yaml-suite.py DOC-TOOL DIR

DIR is the suite's branch data: a folder for each case, with in.yaml,
test.event, and a file named error where it is invalid. Prints a line for each
case that goes otherwise: "refused ID" a valid one, "accepted ID" an invalid
one, "differs ID" one whose keys and scalars are others; then the sums.
"""
import collections
import json
import os
import re
import subprocess
import sys

ESCAPES = {'\\': '\\', 'n': '\n', 't': '\t', 'r': '\r', 'b': '\b',
           '0': '\0'}


def wanted(events):
    """The texts of all scalars, in order."""
    out = []
    for line in events.split('\n'):
        m = re.match(r'=VAL (?:&\S+ )?(?:<[^>]*> )?[:"\'|>](.*)$', line)
        if m:
            out.append(re.sub(r'\\(.)', lambda e: ESCAPES[e[1]], m[1]))
    return out


def run(tool, verb, path):
    return subprocess.run([tool, verb, 'yaml', path], stdout=subprocess.PIPE,
                          check=True).stdout.decode('utf-8', 'replace')


def cases(top):
    for folder, _, files in sorted(os.walk(top)):
        if 'in.yaml' in files and '/name/' not in folder \
                and '/tags/' not in folder:
            yield folder, os.path.relpath(folder, top)


def main(tool, top):
    sums = collections.Counter()
    for folder, name in cases(top):
        path = os.path.join(folder, 'in.yaml')
        is_valid = not os.path.exists(os.path.join(folder, 'error'))
        is_read = run(tool, 'check', path).startswith('accepted')
        verdict = 'as wanted'
        if is_read != is_valid:
            verdict = 'accepted' if is_read else 'refused'
        elif is_valid:
            with open(os.path.join(folder, 'test.event')) as f:
                want = wanted(f.read())
            got = [json.loads(line)
                   for line in run(tool, 'scalars', path).split('\n') if line]
            if got != want:
                verdict = 'differs'
        sums['valid' if is_valid else 'invalid'] += 1
        sums[verdict] += 1
        if verdict != 'as wanted':
            print(verdict, name)
    print(', '.join('%d %s' % (n, what) for what, n in sorted(sums.items())))


main(*sys.argv[1:])
