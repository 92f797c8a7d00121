#!/usr/bin/env python3
"""Which shell tests reach which module, and so which to run for a change.

    areas.py measure BUILD SRC >t/areas    run all scripts in a build that
                                           records what it reaches (reach.c)
    areas.py tests SRC AREA…               the tests of areas: of the modules
                                           (file stems) that begin so
    areas.py changed SRC BASE [BUILD]      the tests of what changed since BASE;
                                           with a configured BUILD, of what is
                                           compiled to something else (before.py)
    areas.py sanitized SRC BASE BUILD      the scripts to run under the sanitizers
    areas.py plain SRC SCRIPT…             the others, and of these SCRIPTs those
                                           that leave something out there
    areas.py threads SRC BASE BUILD SCRIPT…
                                           those of them to run under the
                                           sanitizer of threads

Each line of t/areas is a module: its stem, then the fewest scripts that together
reach every function of it that any script reaches. A greedy search finds them and
prefers the quicker script where two reach as much. A module that is newer than
the table counts as the one that its name begins with: pack_new as pack.
"""

import collections
import glob
import os
import random
import re
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from before import Before  # noqa: E402


def stem_of(path):
    """The stem of a source file: pack of lib/object/pack.c, and pack.h."""
    return os.path.basename(path).rsplit(".", 1)[0]


def run_script(build, src, script, record):
    env = dict(os.environ, GIT_VAULT_TEST_REACHED=record,
               GIT_VAULT_BUILD_DIR=build, GIT_VAULT_SRC_DIR=src,
               GIT_VAULT_TEST_FAULTS="2")
    began = time.monotonic()
    subprocess.run([os.path.join(src, "t/helper/in-memory"), "/bin/sh",
                    os.path.join(src, script)], cwd=build, env=env,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - began


def addresses(record):
    try:
        with open(record, "rb") as f:
            data = f.read()
    except FileNotFoundError:
        return set()
    return {a for (a,) in struct.iter_unpack("<I", data) if a}


def functions(program, offsets):
    """{offset: (stem, function)} by the debugging information."""
    nm = subprocess.run(["nm", program], check=True, capture_output=True,
                        text=True).stdout
    start = int(re.search(r"^(\w+) \w __executable_start$", nm, re.M)[1], 16)
    order = sorted(offsets)
    asked = "".join(f"{start + o - 1:#x}\n" for o in order)
    lines = subprocess.run(["addr2line", "-f", "-e", program], check=True,
                           input=asked, capture_output=True,
                           text=True).stdout.splitlines()
    return {o: (stem_of(lines[2 * i + 1].split(":")[0]), lines[2 * i])
            for i, o in enumerate(order)}


def fewest(reach, cost):
    """Scripts that together reach all that any of them does."""
    left = set().union(*reach.values())
    chosen = []
    while left:
        best = max(sorted(reach), key=lambda s: (len(reach[s] & left),
                                                 -cost[s]))
        left -= reach[best]
        chosen.append(best)
    return sorted(chosen)


def scripts(src):
    return sorted("t/" + n for n in os.listdir(os.path.join(src, "t"))
                  if re.fullmatch(r"t\d{4}-.*\.sh", n))


def measure(build, src):
    build, src = os.path.abspath(build), os.path.abspath(src)
    program = os.path.join(build, "git-vault/git-vault")
    records = os.path.join(build, "reached")
    os.makedirs(records, exist_ok=True)
    cost, found = {}, {}
    for script in scripts(src):
        record = os.path.join(records, stem_of(script))
        if not os.path.exists(record):
            took = run_script(build, src, script, record + ".new")
            if os.path.exists(record + ".new"):
                os.rename(record + ".new", record)
            else:
                open(record, "wb").close()
            with open(record + ".cost", "w", encoding="ascii") as f:
                f.write(f"{took:.1f}")
        with open(record + ".cost", encoding="ascii") as f:
            cost[script] = float(f.read())
        found[script] = addresses(record)
    names = functions(program, set().union(*found.values()))
    reach = collections.defaultdict(lambda: collections.defaultdict(set))
    for script, offsets in found.items():
        for offset in offsets:
            stem, function = names[offset]
            reach[stem][script].add(function)
    for stem in sorted(reach):
        if re.fullmatch(r"[a-z0-9_]+", stem):
            print(stem, *fewest(reach[stem], cost))


def table(src):
    rows = {}
    with open(os.path.join(src, "t/areas"), encoding="ascii") as f:
        for line in f:
            stem, *tests = line.split()
            rows[stem] = tests
    return rows


def row_of(rows, stem):
    """The scripts of a module, or of the longest one that it is a part of."""
    while stem not in rows and "_" in stem:
        stem = stem.rsplit("_", 1)[0]
    return rows.get(stem, ())


def tests_of(src, stems):
    """The scripts that reach modules or have their names, and unit tests.

    The unit tests of a module may be in several files, t-NAME_PART.c.
    """
    rows, here = table(src), set(scripts(src))
    chosen = set()
    for stem in stems:
        named = {s for s in here if "-" + stem.replace("_", "-") + "-" in s
                 or s.endswith("-" + stem.replace("_", "-") + ".sh")}
        chosen |= (set(row_of(rows, stem)) & here) | named
        for name in {stem, stem.replace("_", "-")}:
            chosen |= {f"t/unit/{os.path.basename(path)}" for part in ("", "_*")
                       for path in glob.glob(
                           os.path.join(src, f"t/unit/t-{name}{part}.c"))}
    return sorted(chosen)


def of_areas(src, areas):
    stems = set(table(src))
    for folder, _, names in os.walk(os.path.join(src, "lib")):
        stems |= {stem_of(n) for n in names if n.endswith(".c")}
        if os.path.basename(folder) in areas:
            areas = areas + [stem_of(n) for n in names if n.endswith(".c")]
    for area in areas:
        stems.add(area)
    return tests_of(src, [s for s in stems for a in areas
                          if s == a or s.startswith(a + "_")])


def changes(src, base, build=None):
    """The scripts that changed since base, and those of changed sources."""
    paths = subprocess.run(["git", "-C", src, "diff", "--name-only", base],
                           check=True, stdout=subprocess.PIPE,
                           text=True).stdout.split()
    direct = {p for p in paths if p in set(scripts(src))}
    sources = {p for p in paths if re.search(r"\.[ch]$", p)}
    if build:
        with Before(base, build) as before:
            sources = before.others(sources)
    stems = {stem_of(p) for p in sources}
    return direct, {t for t in tests_of(src, stems) if t.endswith(".sh")}


def choose(src, base, build, among, least, most):
    """Of among the changed scripts, then those of changed sources up to most;
    where they are fewer than least, others until there are as many.

    The commit's id draws, so that no habit of landing (always N commits, say)
    leaves the same ones out each time.
    """
    direct, mapped = changes(src, base, build)
    head = subprocess.run(["git", "-C", src, "rev-parse", "HEAD"], check=True,
                          capture_output=True, text=True).stdout
    draw = random.Random(head)
    chosen = set(direct) & set(among)
    for more, enough in ((mapped, most), (among, least)):
        left = sorted(set(more) & set(among) - chosen)
        wanted = max(0, enough - len(chosen))
        chosen |= set(draw.sample(left, min(wanted, len(left))))
    return sorted(chosen)


def sanitized(src, base, build):
    here = scripts(src)
    return choose(src, base, build, here, len(here) // 5, len(here) // 4)


def threads(src, base, build, among):
    return choose(src, base, build, among, len(among) // 3, len(among) // 2)


def plain(src, elsewhere):
    """The scripts that do not run under the sanitizers, and those which skip a
    test there."""
    def skips(script):
        with open(os.path.join(src, script), encoding="utf-8") as f:
            return "SANITIZERS" in f.read()
    return [s for s in scripts(src) if s not in elsewhere or skips(s)]


def main(argv):
    if len(argv) == 4 and argv[1] == "measure":
        measure(argv[2], argv[3])
    elif len(argv) >= 4 and argv[1] == "tests":
        print(*of_areas(argv[2], argv[3:]))
    elif len(argv) in (4, 5) and argv[1] == "changed":
        direct, mapped = changes(*argv[2:])
        print(*sorted(direct | mapped))
    elif len(argv) == 5 and argv[1] == "sanitized":
        print(*sanitized(*argv[2:]))
    elif len(argv) >= 3 and argv[1] == "plain":
        print(*plain(argv[2], set(argv[3:])))
    elif len(argv) > 5 and argv[1] == "threads":
        print(*threads(*argv[2:5], argv[5:]))
    else:
        sys.exit(__doc__)


main(sys.argv)
