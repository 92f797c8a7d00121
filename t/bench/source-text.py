#!/usr/bin/env python3
"""Repositories of source text as programmers write it, all of it distinct: functions
of the headers, Python and Perl modules of this machine in another order, with other
names in them.

    source-text.py DIR PROJECTS MB SAVES PART COMMAND...

Makes the repositories DIR/p0, DIR/p1 and so on, each with so many MB in files of
7 KiB on average. COMMAND saves each of them; then, so many times, that part of its
files is changed (0.03: three of a hundred, each in a third of its blocks), and it is
saved again. Its files go away in the end, for the sake of the disk.
"""

import os
import random
import re
import shutil
import subprocess
import sys

ROOTS = ("/usr/include", "/usr/lib/python3", "/usr/share/perl")
ENDS = (".h", ".py", ".pm", ".hpp")
NAME = re.compile(rb"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b|\b[a-z]+(?:[A-Z][a-z]+)+\b")


def blocks_of(text):
    """Paragraphs of at least 300 bytes, each with its two most used names."""
    block = b""
    for part in text.split(b"\n\n"):
        block += part + b"\n\n"
        if len(block) < 300:
            continue
        if len(block) < 4000 and b"\0" not in block:
            names = NAME.findall(block)
            yield block, sorted(set(names), key=lambda n: (-names.count(n), n))[:2]
        block = b""


def load(most):
    found, size = [], 0
    for root in ROOTS:
        for folder, below, files in os.walk(root):
            below.sort()
            for name in sorted(files):
                if not name.endswith(ENDS) or os.path.islink(os.path.join(folder, name)):
                    continue
                with open(os.path.join(folder, name), "rb") as f:
                    for block in blocks_of(f.read(400000)):
                        found.append(block)
                        size += len(block[0])
            if size > most:
                return found
    return found


def other(chance, words, block):
    text, names = block
    for name in names:
        text = text.replace(name, chance.choice(words) + b"_" + chance.choice(words))
    return text


def write(path, chance, words, blocks):
    want, parts = chance.expovariate(1 / 6200) + 800, []
    while want > 0:
        parts.append(other(chance, words, chance.choice(blocks)))
        want -= len(parts[-1])
    with open(path, "wb") as f:
        f.write(b"".join(parts))
    return sum(map(len, parts))


def edit(path, chance, words, blocks):
    with open(path, "rb") as f:
        parts = f.read().split(b"\n\n")
    for _ in range(max(1, len(parts) // 3)):
        parts[chance.randrange(len(parts))] = other(chance, words, chance.choice(blocks)).rstrip(b"\n")
    with open(path, "wb") as f:
        f.write(b"\n\n".join(parts))


class Writer:
    """One seed: always the same text."""

    def __init__(self, blocks, seed):
        self.blocks, self.chance = blocks, random.Random(seed)
        words = sorted({w for b in blocks[::50] for n in b[1] for w in n.split(b"_") if len(w) > 2})
        self.words = self.chance.sample(words, min(800, len(words)))

    def write(self, top, most):
        done = number = 0
        while done < most:
            folder = os.path.join(top, "d%d" % (number // 100))
            if number % 100 == 0:
                os.makedirs(folder, exist_ok=True)
            path = os.path.join(folder, "file%d.c" % number)
            done += write(path, self.chance, self.words, self.blocks)
            number += 1

    def edit(self, top, part):
        for folder, below, files in os.walk(top):
            below[:] = sorted(b for b in below if b != ".git")
            for name in sorted(files):
                if name.endswith(".c") and self.chance.random() < part:
                    edit(os.path.join(folder, name), self.chance, self.words, self.blocks)


def main(root, projects, most, saves, part, *command):
    blocks = load(60e6)
    for n in range(int(projects)):
        top = os.path.join(root, "p%d" % n)
        subprocess.run(["git", "init", "-q", top], check=True)
        Writer(blocks, n).write(top, float(most) * 1e6)
        subprocess.run(command, cwd=top, check=True)
        for save in range(int(saves)):
            Writer(blocks, 1000 * n + save).edit(top, float(part))
            subprocess.run(command, cwd=top, check=True)
        for name in os.listdir(top):
            if name != ".git":
                shutil.rmtree(os.path.join(top, name))


main(*sys.argv[1:])
