#!/usr/bin/env python3
"""named.py SRC PROGRAM: the commands, verbs and options of PROGRAM that no test
names, one a line.

A test names an option where a statement of a script has it behind the command, or
calls a function of the script that runs the command, or has it in a variable.
"""

import collections
import glob
import re
import subprocess
import sys

# the program, also by a path; not a folder of that name in the path of a file
PROGRAM = re.compile(r"\bgit vault\b|\bgit-vault(?![\w/.-])")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z0-9-]*|-[A-Za-z0-9](?![\w-]))")
# -n3, -qm: letters that are written together, or with a value
LETTERS = re.compile(r"(?<![\w-])-([A-Za-z]+)(?=[\d\s'\"$=]|$)")
FUNCTION = re.compile(r"^\t*([a-z_]+) \(\) [{(]\n(.*?)^\t*[})]", re.M | re.S)
ONE_LINE = re.compile(r"^\t*([a-z_]+) \(\) \{ (.*) \}", re.M)
VARIABLE = re.compile(r"\b([a-z_]+)=(\"[^\"]*\"|'[^']*'|\S+)")
LOOP = re.compile(r"\bfor ([a-z_]+) in\b([^;\n]*)")


def of_program(program):
    """{command: ([verbs], [(names of an option)])}; "" has those of all."""
    def say(*words):
        return subprocess.run([program, *words], stdout=subprocess.PIPE,
                              text=True, check=False).stdout

    def options(text):
        for line in re.findall(r"^    (-.*)", text, re.M):
            names = re.split(r"  ", line)[0].split(", ")
            yield tuple(re.match(r"--?[\w-]+", name)[0] for name in names)

    found = {"": ([], list(options(say("help"))))}
    for name in re.findall(r"^    ([a-z][a-z-]*)  ", say("help"), re.M):
        text = say(name, "-h")
        usage = re.findall(rf"^(?:usage|   or): git vault {name}(.*)",
                           text.split("\n\n")[0], re.M)
        verbs = [m[1] for m in (re.match(r" ([a-z][a-z-]*)\b", u) for u in usage) if m]
        found[name] = (list(dict.fromkeys(verbs)), list(options(text)))
    return found


class Uses:
    """What the tests name, by command."""

    def __init__(self, commands):
        self.words = collections.defaultdict(set)
        self.shared, self.chosen = {}, {}
        self.pattern = re.compile(
            r"(?<![\w./-])(" + "|".join(sorted(commands - {""})) + r")(?![\w./=-])")

    def take(self, command, text):
        self.words[command] |= set(OPTION.findall(text))
        for letters in LETTERS.findall(text):
            self.words[command] |= {"-" + letter for letter in letters}
        self.words[command] |= set(re.findall(r"(?<![\w-])[a-z][a-z-]*(?![\w-])", text))

    def command_of(self, text):
        """The first command that a statement names, and what is behind it."""
        at = PROGRAM.search(text)
        m = self.pattern.search(text, at.end() if at else 0)
        return (m[1], text[m.end():]) if m else (None, text)

    def variants(self, statement, values):
        """The statement with each value of its variables in their place."""
        for name in re.findall(r"\$\{?([a-z_]+)", statement)[:3]:
            for value in values.get(name, ())[:60]:
                yield re.sub(rf"\$\{{?{name}\b[^ }}]*\}}?", lambda _: value, statement)

    def functions_of(self, text):
        """{function: the commands that it runs, or that those that it calls do}"""
        bodies = dict(FUNCTION.findall(text) + ONE_LINE.findall(text))
        runs = {name: {self.command_of(s)[0] for s in split(body) if "vault" in s}
                - {None} for name, body in bodies.items()}
        for _ in range(3):
            for name, body in bodies.items():
                for word in set(body.split()) & (set(runs) | set(self.shared)):
                    runs[name] |= runs.get(word, self.shared.get(word, set()))
        return runs

    def share(self, text):
        """The functions of a file that scripts include. A script chooses the command
        of some by a variable."""
        self.shared.update(self.functions_of(text))
        for name, body in FUNCTION.findall(text):
            for variable in re.findall(r"git[- ]vault[^\n]* \$\{([a-z_]+):-", body):
                self.chosen[name] = variable

    def take_script(self, text):
        text = re.sub(r"\\\n\s*", " ", text)
        text = re.sub(r"(^|\s)#.*", r"\1", text)
        values = collections.defaultdict(list)
        for name, value in VARIABLE.findall(text):
            values[name].append(value.strip("\"'"))
        for name, words in LOOP.findall(text):
            values[name] += [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', words)]
        functions = {**self.shared, **self.functions_of(text)}
        for name, variable in self.chosen.items():
            if variable in values:
                functions[name] = {self.command_of(v)[0] for v in values[variable]} - {None}
        wrappers = {name: body for name, body in FUNCTION.findall(text)
                    if re.search(r'git[ -]vault "\$@"', body)}
        for statement in split(text):
            for one in (statement, *self.variants(statement, values)):
                self.take_statement(one, functions, wrappers)

    def take_statement(self, statement, functions, wrappers):
        command, rest = self.command_of(statement)
        words = statement.split()
        if command:
            self.take(command, rest)
            for word in set(words) & set(wrappers):
                self.take(command, wrappers[word])
        if "vault" in statement:
            self.take("", statement)
        for word in words:
            for command in functions.get(word, ()):
                self.take(command, statement)

    def take_python(self, text):
        for words, rest in re.findall(r'call\(\s*"([a-z -]+)"(.*?\)(?=\n|\)|\[|$))',
                                      text, re.S):
            command, _, verb = words.partition(" ")
            keys = re.findall(r"\b([a-z_]+)=", rest)
            self.take(command, " ".join([verb, *("-" + k if len(k) == 1 else
                      "--" + k.replace("_", "-") for k in keys)]))
        for words in re.findall(r'"git-vault",(.*?)\]?\)', text, re.S):
            command, rest = self.command_of(re.sub(r"[\",\n]+", " ", words))
            if command:
                self.take(command, rest)


def split(text):
    return re.split(r"\n|&&|\|\||;|\|", text)


def main(src, program):
    commands = of_program(program)
    uses = Uses(set(commands))
    for path in sorted(glob.glob(f"{src}/t/lib-*.sh")):
        with open(path, encoding="utf-8") as f:
            uses.share(f.read())
    for path in glob.glob(f"{src}/t/t[0-9]*.sh") + glob.glob(f"{src}/t/lib-*.sh"):
        with open(path, encoding="utf-8", errors="replace") as f:
            uses.take_script(f.read())
    for path in glob.glob(f"{src}/contrib/python/tests/*.py"):
        with open(path, encoding="utf-8") as f:
            uses.take_python(f.read())
    for command, (verbs, options) in commands.items():
        if command and command not in uses.words:
            print(command)
            continue
        for verb in verbs:
            if verb not in uses.words[command]:
                print(command, verb)
        for names in options:
            also = {f"--no-{n[2:]}" for n in names if n.startswith("--")}
            if not (set(names) | also) & uses.words[command]:
                print(command, "/".join(names))


main(*sys.argv[1:])
