#!/usr/bin/env python3
"""Refuse expressions that had to be read twice, in texts that people read.

	words.py SRC		all texts of the tree

Checked are manual pages, READMEs and other documents, the strings of the program
(messages and -h), and comments. A sentence of more than 35 words is refused too, in
documents and messages.

Prints one line for each breach, and exits with 1 if there is one.
"""
import glob
import os
import re
import sys

import sentences

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
LONG = 35  # words of a sentence
DOCUMENTS = ("man/*.[1-9]", "README", "CONTRIBUTING", "DESIGN.md", "NEWS",
             "lib/**/README", "share/**/README", "contrib/**/README*",
             "hooks/README", "t/**/README")
SOURCES = ("git-vault", "lib")

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/)|(?P<string>"(?:\\.|[^"\\\n])*")"""
    r"""|'(?:\\.|[^'\\\n])*'|(?P<format>\bPRI[a-zA-Z0-9]+\b)"""
    r"""|\s+|[^\s"'/P]+|.""", re.S)


def breaches_of(text):
    for pattern in REFUSED:
        found = pattern.search(text)
        if found:
            yield found.group(0)


def long_sentences(text):
    for sentence in re.split(r"[.;:?]\s|\\n", text):
        n = len(sentence.split())
        if n > LONG:
            yield "a sentence of %d words" % n


def parts_of(source):
    """(line, kind, text) of each comment and string; adjacent strings are one."""
    line, begun, text = 1, 0, None
    for token in TOKEN.finditer(source):
        word = token.group(0)
        if token.group("string"):
            if text is None:
                begun, text = line, ""
            text += word[1:-1]
        elif text is not None and token.group("format"):
            text += "u"
        elif not word.isspace():
            if text is not None:
                yield begun, "string", text
                text = None
            if token.group("comment"):
                yield line, "comment", word
        line += word.count("\n")


def read(name):
    with open(name, encoding="utf-8") as text:
        return text.read()


def check_document(name):
    for number, line in enumerate(read(name).split("\n"), 1):
        for what in breaches_of(line):
            yield number, what


def check_sentences(name):
    of = sentences.of_page if re.search(r"\.[1-9]$", name) else sentences.of_text
    for number, sentence in of(read(name)):
        n = len(sentence.split())
        if n > LONG:
            yield number, "a sentence of %d words" % n


def check_source(name):
    for number, kind, text in parts_of(read(name)):
        if kind == "string":
            for what in list(breaches_of(text)) + list(long_sentences(text)):
                yield number, what
            continue
        for more, line in enumerate(text.split("\n")):
            for what in breaches_of(line):
                yield number + more, what


def main(src):
    found = []
    for pattern in DOCUMENTS:
        for name in sorted(glob.glob(os.path.join(src, pattern), recursive=True)):
            found += [(name, number, what) for number, what in check_document(name)]
            found += [(name, number, what) for number, what in check_sentences(name)]
    for folder in SOURCES:
        names = glob.glob(os.path.join(src, folder, "**", "*.[ch]"), recursive=True)
        for name in sorted(names):
            found += [(name, number, what) for number, what in check_source(name)]
    for name, number, what in found:
        print("%s:%d: %s" % (os.path.relpath(name, src), number, what))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
