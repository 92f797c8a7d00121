#!/usr/bin/env python3
"""Run clang-tidy or cppcheck over the sources that need it.

    lint.py clang-tidy|cppcheck BUILD [--all]

A source is passed over if the same text passed before: the source, the headers
of the project that it includes, the tool's version and its settings. Where only
headers changed, it is also passed over if the preprocessor, or the compiler, makes
the same of it. ~/.cache/git-vault-check remembers what passed, a line each, at once.

On a machine that remembers nothing, it looks only at the sources that the last 20
commits changed and at those that include a header they changed, where the compiler
makes something else of them than before. It assumes of the others that they passed
elsewhere, and marks them so. --all assumes nothing. BUILD is a configured and built
tree.

Each source has a process of its own, because the analyzer of Clang 14 keeps
pointers to names from one file to the next and then mistakes one function for
another.
"""

import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from before import Before, moved_since, preprocessor_flags  # noqa: E402

SETTINGS = {"clang-tidy": ".clang-tidy", "cppcheck": ".cppcheck-suppressions"}
FOLDERS = {"clang-tidy": ("lib", "git-vault", "t"),
           "cppcheck": ("lib", "git-vault", "t/fault", "t/helper")}
ASSUMED = "assumed:"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def digest(*texts):
    h = hashlib.sha256()
    for text in texts:
        h.update(text if isinstance(text, bytes) else text.encode())
        h.update(b"\0")
    return h.hexdigest()


def read(path):
    with open(path, "rb") as f:
        return f.read()


def sources(tool):
    found = []
    for folder in FOLDERS[tool]:
        for path, _, names in os.walk(folder):
            found += [os.path.join(path, n) for n in names
                      if n.endswith(".c")]
    return sorted(found)


def notes_in(build):
    """What the compiler noted of each object. No link is followed: what a test
    left behind may lead round in a circle."""
    return sorted(os.path.join(path, n) for path, _, names in os.walk(build)
                  if os.path.basename(path) == ".deps"
                  for n in names if n.endswith(".Po"))


def compiled_in(build):
    """{source: its headers of the project}, as the compiler noted them, and
    {source: its object}, in BUILD or else in the build of clang, which has those
    of the unit tests."""
    headers, objects = {}, {}
    top = os.path.abspath(".") + os.sep
    notes = [(b, note) for b in (build + "-clang", build)
             for note in notes_in(b)]
    for build, note in notes:
        text = read(note).decode().replace("\\\n", " ")
        made, *words = text.split("\n", 1)[0].split()
        paths = [os.path.normpath(os.path.join(build, w)) for w in words]
        paths = [p[len(top):] if p.startswith(top) else p for p in paths]
        ours = [p for p in paths if not p.startswith(("/", build))]
        for source in (p for p in ours if p.endswith(".c")):
            headers[source] = [p for p in ours if p.endswith(".h")]
            objects[source] = os.path.join(build, made.rstrip(":"))
    return headers, objects


def machine_code(made):
    """The object without what it has for a debugger; None if there is none."""
    with tempfile.NamedTemporaryFile() as bare:
        run = subprocess.run(["objcopy", "--strip-debug", made, bare.name],
                             check=False, capture_output=True)
        return read(bare.name) if run.returncode == 0 else None


class Lint:
    def __init__(self, tool, build, is_all):
        self.tool, self.build, self.is_all = tool, build, is_all
        self.headers, self.objects = compiled_in(build)
        self.cpp = preprocessor_flags(build)
        self.ground = digest(output(tool, "--version"),
                             read(SETTINGS[tool]),
                             read(build + "/config.h"),
                             *self.command("SOURCE"))
        home = (os.environ.get("XDG_CACHE_HOME")
                or os.path.expanduser("~/.cache"))
        os.makedirs(home + "/git-vault-check", exist_ok=True)
        self.memory = f"{home}/git-vault-check/{tool}"
        self.passed = set()
        if os.path.exists(self.memory):
            self.passed = set(read(self.memory).decode().split())
        self.is_new = not self.passed

    def remember(self, *keys):
        with open(self.memory, "a", encoding="ascii") as f:
            f.write("".join(k + "\n" for k in keys))
        self.passed.update(keys)

    def by_text(self, source):
        """The key of its text; of one that the build has not compiled yet it
        is not known which headers it includes, so what those are counts."""
        if source not in self.headers:
            return self.by_preprocessor(source)
        return digest(self.ground, source, read(source),
                      *[read(h) for h in self.headers[source]
                        if os.path.exists(h)])

    def by_preprocessor(self, source):
        made = subprocess.run(["clang", "-E", "-P", *self.cpp, source],
                              check=False, capture_output=True).stdout
        return digest(self.ground, source, read(source), made)

    def by_object(self, source):
        """The key of its text and of what the build makes of it; None if the
        build has not made it anew since a file that it consists of changed."""
        made = self.objects.get(source, "")
        parts = [source, *self.headers.get(source, [])]
        if not os.path.exists(made) or any(
                os.path.exists(p) and os.path.getmtime(p)
                > os.path.getmtime(made) for p in parts):
            return None
        code = machine_code(made)
        return code and digest(self.ground, source, read(source), code)

    def command(self, source):
        if self.tool == "clang-tidy":
            return ["clang-tidy", "--quiet", source, "--", *self.cpp]
        return ["cppcheck", "--quiet", "--std=c11", "--language=c",
                "--enable=warning,performance,portability",
                "--inline-suppr", "--library=posix,gnu",
                "--suppressions-list=.cppcheck-suppressions",
                "--error-exitcode=1", "-D_GNU_SOURCE", "-DHAVE_LIBDEFLATE",
                "-D__linux__", f"--include={self.build}/config.h", "-Ilib",
                "-I.",
                source]

    def has_passed(self, key):
        return key in self.passed or (not self.is_all
                                      and ASSUMED + key in self.passed)

    def look(self, source):
        """The tool's findings; None for a source that is passed over."""
        text = self.by_text(source)
        if self.has_passed(text):
            return None
        others = [k for k in (self.by_preprocessor(source),
                              self.by_object(source)) if k]
        passed = [k for k in others if self.has_passed(k)]
        if passed:
            is_sure = any(k in self.passed for k in passed)
            self.remember(*[("" if is_sure else ASSUMED) + k
                            for k in (text, *others)])
            return None
        run = subprocess.run(self.command(source), check=False, text=True,
                             stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        if run.returncode != 0:
            return run.stdout
        self.remember(text, *others)
        return ""

    def assume(self, source):
        """The keys of a source that is taken to have passed elsewhere."""
        return [ASSUMED + k for k in (self.by_text(source),
                                      self.by_object(source)) if k]


def changed_lately(wanted, build):
    """The sources that changed, and those whose headers did, if the compiler makes
    something else of them."""
    back = output("git", "rev-list", "--max-count=21", "HEAD").split()
    paths = set(output("git", "diff", "--name-only", back[-1]).split())
    moved = set(moved_since(back[-1]))
    headers = ["/" + p for p in paths if p.endswith(".h")]
    around = moved & set(wanted)
    paths -= moved
    for source in wanted:
        names = re.findall(rb'#include "([^"]+)"', read(source))
        ends = tuple("/" + n.decode() for n in names)
        if any(h.endswith(ends) for h in headers):
            around.add(source)
    if around - paths:
        with Before(back[-1], build) as before:
            around = before.others(around - paths)
    return [s for s in wanted if s in paths or s in around]


def main(argv):
    if len(argv) < 3 or argv[1] not in SETTINGS:
        sys.exit(__doc__)
    lint = Lint(argv[1], argv[2].rstrip("/"), "--all" in argv)
    wanted = chosen = sources(argv[1])
    looked = wrong = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if lint.is_new and not lint.is_all:
            chosen = changed_lately(wanted, lint.build)
            # at once, so that an interrupted run leaves only the chosen ones
            rest = [s for s in wanted if s not in chosen]
            lint.remember(*[k for keys in pool.map(lint.assume, rest)
                            for k in keys])
        for source, said in zip(chosen, pool.map(lint.look, chosen)):
            looked += said is not None
            if said:
                wrong += 1
                print(f"{source}:\n{said}")
    print(f"{argv[1]}: looked at {looked} of {len(wanted)} sources, "
          f"{wrong} with findings")
    sys.exit(wrong != 0)


main(sys.argv)
