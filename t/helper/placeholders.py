#!/usr/bin/env python3
"""placeholders.py DIR: messages that offer a command with a placeholder in it,
such as `git vault pin SNAP`, of the sources below DIR: one a line. Where the
value is known, a message has it."""

import pathlib
import re
import sys

# What only the user can know, or what stands for itself.
KNOWN = re.compile(
    r"--reason TEXT"             # why
    r"|state save FILE|--sign=FILE"  # a state, a key: any
    r"|key signer NAME"          # whose key a stranger's is
    r"|repair --remote REMOTE"   # in lib/key/keyring_chain.c: any that has it
    r"|--credentials FILE"       # a file that is to be made
    r"|git push '?%s :REF"       # of a list that another command prints
    r"|snapshots/ID"
    r"|git remote add origin URL|restore SNAP --in-place"
    r"|YOU@EXAMPLE|'YOUR NAME'"
)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
COMMAND = re.compile(r"git(?: vault)? [a-z][^;`]*")
PLACEHOLDER = re.compile(r"(?<![\w.$-])[A-Z][A-Z]+(?:\.\.[A-Z]+)?(?![\w-])")
NO_MESSAGES = {"completion_bash", "completion_zsh", "manual"}
SELF = {"COMMAND", "RULE", "REASON", "OLD", "NEW", "REF", "HEAD", "PATH", "SHA", "GV", "CI", "JSON", "HTTP", "HTTPS", "SSH"}


def literals(text):
    """Adjacent string literals, joined."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"\bGV_[A-Z_]+\b|\bPRI[a-z]\d*\b", '""', text)
    for run in re.finditer(r'(?:"(?:[^"\\]|\\.)*"\s*)+', text):
        yield "".join(STRING.findall(run.group(0)))


def main():
    top = pathlib.Path(sys.argv[1])
    for folder in ("git-vault", "lib", "hooks"):
        for path in sorted((top / folder).rglob("*.[ch]")):
            for text in literals(path.read_text()):
                if "usage:" in text or path.stem in NO_MESSAGES:
                    continue
                for found in COMMAND.finditer(KNOWN.sub("", text)):
                    words = set(PLACEHOLDER.findall(found.group(0))) - SELF
                    if words:
                        print(f"{path.relative_to(top)}: {found.group(0)}")


main()
