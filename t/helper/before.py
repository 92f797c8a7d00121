"""What the sources were at an earlier commit, compiled as they are now.

    with Before("HEAD~20", "build") as before:
        before.is_same("lib/object/pack.c")

A source is the same if the compiler makes the same object of it: comments, layout
and another way to write the same code do not count. A header is the same if it
differs in comments and layout only, since any file may include it. A file that was
moved is held against what it was in its old place; the folder in an #include does not
count, since each file has a name of its own.
"""

import concurrent.futures
import os
import re
import subprocess
import tempfile

LIBRARIES = ("libcurl libgit2 libmicrohttpd libsodium nettle yaml-0.1 zlib "
             "cmocka").split()
TOKEN = re.compile(r'''("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')'''
                   r"|/\*.*?\*/|//[^\n]*", re.S)
INCLUDE = re.compile(r'^# ?include "(?:[^"]*/)?([^"/]*)"')


def moved_since(base):
    """{path: where it was at a commit} of the files that were moved since."""
    lines = subprocess.run(["git", "diff", "-M", "-l0", "--diff-filter=R",
                            "--name-status", base], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return {new: old for _, old, new in (line.split("\t") for line in lines)}


def preprocessor_flags(build):
    """Those of all sources, in a tree that is the current folder."""
    flags = subprocess.run(["pkg-config", "--cflags", *LIBRARIES], check=True,
                           capture_output=True, text=True).stdout.split()
    return ["-std=gnu11", "-D_GNU_SOURCE", "-isystem", "/usr/include/decaf",
            "-DHAVE_CONFIG_H", f"-I{build}", "-include", "config.h",
            "-iquote", "lib", "-iquote", f"{build}/lib", "-Ilib/cre2",
            "-iquote", "t", "-iquote", ".", *flags]


def without_comments(text):
    """The lines of a source that the compiler sees, whatever their layout."""
    out = [""]
    text = TOKEN.sub(lambda m: m[1] or " ", text).replace("\\\n", " ")
    for line in text.splitlines():
        words = " ".join(line.split())
        if words.startswith("#"):
            out += [INCLUDE.sub(r'#include "\1"', words), ""]
        elif words:
            out[-1] += " " + words
    return out


class Before:
    def __init__(self, base, build):
        self.base, self.build = base, os.path.abspath(build)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.tree = self.folder.name + "/tree"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", self.tree,
                        self.base], check=True)
        self.flags = preprocessor_flags(self.build)
        self.moved = moved_since(self.base)
        return self

    def __exit__(self, *_):
        subprocess.run(["git", "worktree", "remove", "--force", self.tree],
                       check=False)
        self.folder.cleanup()

    def object_of(self, tree, path):
        """Without the numbers of lines, which assert() compiles in."""
        made = f"{self.folder.name}/{abs(hash((tree, path)))}.o"
        run = subprocess.run(
            ["gcc", "-O2", "-g0", "-w", "-Wno-builtin-macro-redefined",
             "-D__LINE__=0", *self.flags, "-c", path, "-o", made], cwd=tree,
            check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if run.returncode != 0:
            return None
        with open(made, "rb") as f:
            data = f.read()
        os.unlink(made)
        return data

    def is_same(self, path):
        old = self.moved.get(path, path)
        if not os.path.exists(path) or \
                not os.path.exists(f"{self.tree}/{old}"):
            return False
        with open(path, encoding="utf-8") as f, \
                open(f"{self.tree}/{old}", encoding="utf-8") as g:
            if without_comments(f.read()) == without_comments(g.read()):
                return True
        if path.endswith(".h"):
            return False
        was = self.object_of(self.tree, old)
        return was is not None and was == self.object_of(".", path)

    def others(self, paths):
        """Those that are not the same."""
        paths = list(paths)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(self.is_same, paths)
            return {p for p, same in zip(paths, found) if not same}
