#!/usr/bin/env python3
"""Which lines and messages the tests reach, held against t/coverage.

    coverage.py report SRC INFO [DIR]  the table of a measured run, whose lines
                                       llvm-cov exported as INFO; DIR gets the
                                       lines that were not reached. Exit 1 where
                                       a group is below its bar, or a message is
                                       not raised and has no reason
    coverage.py check SRC              only whether t/coverage fits the sources

t/coverage has the groups of modules with their bars (groups), the lines that do
not count because no test can reach them (lines), and the messages that no test
raises (messages), each with a reason.
"""

import collections
import fnmatch
import os
import re
import sys

CALL = re.compile(r"\b(gv_err|gv_err_in|gv_err_sys)\(")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def rows(src, name):
    """The lines of a list that say something, with their numbers."""
    for n, line in enumerate(read(f"{src}/t/coverage/{name}").split("\n"), 1):
        if line and not line.startswith("#"):
            yield n, line


def sources(src, *folders):
    for folder in folders:
        for top, _, names in sorted(os.walk(os.path.join(src, folder))):
            for name in sorted(names):
                if name.endswith(".c"):
                    yield os.path.relpath(os.path.join(top, name), src)


# ---- groups ------------------------------------------------------------------


class Group:
    def __init__(self, name, bar):
        self.name, self.bar = name, bar
        self.lines = self.reached = self.out = 0

    def share(self):
        return 100 * self.reached / self.lines if self.lines else 100.0


def read_groups(src):
    """{folder of lib/, or folder/module: group}, and all groups."""
    members, groups = {}, []
    for _, line in rows(src, "groups"):
        if line.startswith("\t"):
            members.update(dict.fromkeys(line.split(), groups[-1]))
        else:
            bar, name = line.split(maxsplit=1)
            groups.append(Group(name, float(bar)))
    return members, groups


def group_of(members, path):
    """Of lib/FOLDER/MODULE.c."""
    folder, module = path[:-2].split("/")[-2:]
    return members.get(f"{folder}/{module}") or members.get(folder)


# ---- what does not count -----------------------------------------------------


def read_kinds(src, name):
    """Kinds of reasons, and the rows behind them: KIND<TAB>WHERE<TAB>TEXT."""
    kinds, rest = {}, []
    for n, line in rows(src, name):
        if line.startswith("kind "):
            kind, reason = line[5:].split(": ", 1)
            kinds[kind] = reason
        else:
            rest.append((n, *line.split("\t", 2)))
    return kinds, rest


def statements(text):
    """(first line, last line, text) of each: up to ;, { or }."""
    text = COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text)
    text = re.sub(r"^[ \t]*#(?:.*\\\n)*.*$", lambda m: "\n" * m[0].count("\n"), text,
                  flags=re.M)
    depth = at = 0
    for m in re.finditer(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[(){};]', text):
        depth += {"(": 1, ")": -1}.get(m[0], 0)
        if m[0] in ";{}" and depth <= 0:
            body = text[at:m.end()]
            first = text.count("\n", 0, at + len(body) - len(body.lstrip())) + 1
            yield first, text.count("\n", 0, m.end()) + 1, body.strip()
            at, depth = m.end(), 0


def excluded(text, path, rules):
    """{line: kind} of the lines that rules name."""
    mine = [(kind, rule) for kind, where, rule in rules
            if fnmatch.fnmatch(path, where)]
    found = {n: kind for kind, rule in mine if isinstance(rule, Branch)
             for n in rule.lines(text)}
    mine = [(kind, rule) for kind, rule in mine if not isinstance(rule, Branch)]
    fails = [(kind, rule) for kind, rule in mine if isinstance(rule, Fails)]
    mine = [(kind, rule) for kind, rule in mine if not isinstance(rule, Fails)]
    names = []
    for kind in dict.fromkeys(kind for kind, _ in fails):
        names += [name for k, rule in fails if k == kind for name in rule.names]
        for n in Fails(" ".join(names)).lines(text):
            found.setdefault(n, kind)
    for first, last, body in statements(text):
        for kind, rule in mine:
            m = rule.search(body)
            if m:
                start = first + body.count("\n", 0, m.start())
                found.update(dict.fromkeys(range(start, last + 1), kind))
                break
    return found


class Fails:
    """What runs only where one of some calls has failed: the branch of an if that
    asks for it, `if ((r = CALL(…)) < 0)` or `r = CALL(…); if (r < 0)`, with NULL,
    too. Of what || joins each has to be such a call, of what && joins one."""

    ASKS = re.compile(r"(?:\(\s*)?(?:\w+\s*=\s*)?(\w+)\s*\(.*\)\s*(?:< 0|!= 0|== NULL)",
                      re.S)
    IS = re.compile(r"([\w.>-]+) (?:< 0|!= 0|== NULL)")
    GIVES = re.compile(r"(\w+)\s*\(.*\)", re.S)

    def __init__(self, names):
        self.names = names.split()
        self.calls = {*self.names, "gv_err_nomem", "calloc"}

    def gives(self, text):
        """Whether what is assigned fails only as the calls do."""
        if split(text, "?")[1:]:
            return all(self.gives(one) for one in split(split(text, "?")[1], ":"))
        text = text.strip()
        m = self.GIVES.fullmatch(text)
        return text in ("0", "GV_ENOMEM") or (bool(m) and m[1] in self.calls)

    def keeps(self, body, name):
        """Of `if (r == 0) r = CALL(…);` and of `if ((r = CALL(…)) == 0) r = CALL(…);`
        whether all of these are such calls; None: it is neither."""
        if not re.match(rf"if \((?:{name} == 0\b|\({name} = )", body):
            return None
        given = re.findall(rf"\b{name} = (\w+)\b(\(?)", body)
        if not given or not body.endswith(";"):
            return None
        return all(call in self.calls if opens else call == "GV_ENOMEM"
                   for call, opens in given)

    def asks(self, condition, before):
        """Whether a condition holds only where one of the calls has failed."""
        parts = split(condition, "||")
        if parts[1:]:
            return all(self.asks(one, before) for one in parts)
        parts = split(condition, "&&")
        if parts[1:]:
            return any(self.asks(one, before) for one in parts)
        text = condition.strip()
        m = self.IS.fullmatch(text)
        if not m:
            m = self.ASKS.fullmatch(text)
            return bool(m) and m[1] in self.calls
        name = re.escape(m[1])
        for body in reversed(before):
            kept = self.keeps(body, name)
            if kept is not None:
                if not kept:
                    return False
                if re.match(rf"if \({name} == 0", body):
                    continue  # what was assigned before counts, too
                return True
            found = re.search(rf"(?:^|[\s*,]){name} = ", body)
            if found and re.match(r"(?:[\w ]+ \*?)?[^=()]*$", body[:found.start()]):
                return self.gives(split(body[found.end():].rstrip(";"), ",")[0])
            if re.search(rf"\b{name} = ", body) or body.endswith(("{", "}")):
                return False
        return False

    def lines(self, text):
        """The lines of the branches."""
        said = list(statements(text))
        for at, (first, last, body) in enumerate(said):
            m = re.search(r"\bif \(", body)
            if not m:
                continue
            end = closing(body, m.end())
            if self.asks(body[m.end():end - 1],
                         [one for *_, one in said[max(0, at - 8):at]]):
                yield from branch(said, at, end)


class Branch(Fails):
    """The branch of an if whose condition has an expression."""

    def __init__(self, rule):
        self.pattern, self.rule = f"if {rule}", re.compile(rule)

    def asks(self, condition, before):
        return bool(self.rule.search(" ".join(condition.split())))


def branch(said, at, end):
    """The lines of what stands behind a condition, which ends at `end`."""
    first, last, body = said[at]
    rest, depth = body[end:], 1
    if rest.strip() != "{":
        start = end + len(rest) - len(rest.lstrip())
        yield from range(first + body.count("\n", 0, start), last + 1)
        return
    for _, stop, inner in said[at + 1:]:
        depth += inner.endswith("{") - inner.endswith("}")
        if depth == 0:
            yield from range(last + 1, stop + 1)
            return


def split(text, by):
    """At what stands in no parentheses."""
    parts, depth, at = [], 0, 0
    for m in re.finditer(r'"(?:[^"\\]|\\.)*"|[()]|' + re.escape(by), text):
        depth += {"(": 1, ")": -1}.get(m[0], 0)
        if m[0] == by and depth == 0:
            parts.append(text[at:m.start()])
            at = m.end()
    return [*parts, text[at:]]


def read_rules(src):
    kinds, rest = read_kinds(src, "lines")
    made = {"fails": Fails, "if": Branch}
    rules = []
    for _, kind, where, rule in rest:
        word, _, more = rule.partition(" ")
        rules.append((kind, where, made[word](more) if word in made
                      else re.compile(rule)))
    return kinds, rules


# ---- messages ----------------------------------------------------------------


def closing(text, at):
    """Where the parenthesis that is open before `at` is closed."""
    depth = 1
    for m in re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[()]').finditer(text, at):
        depth += {"(": 1, ")": -1}.get(m[0], 0)
        if depth == 0:
            return m.end()
    return len(text)


def messages(text):
    """(call, first line, last line, format) of each message of a source."""
    text = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    for m in CALL.finditer(text):
        end = closing(text, m.end())
        words = re.sub(r"\bPRI[a-zA-Z]\d*\b", '"s"', text[m.end():end])
        first = re.search(r'(?:"(?:[^"\\]|\\.)*"\s*)+', words)
        if first and not text[:m.start()].rstrip(" \t").endswith("\nint"):
            yield (m[1], text.count("\n", 0, m.start()) + 1,
                   text.count("\n", 0, end) + 1, "".join(STRING.findall(first[0])))


# ---- the run -----------------------------------------------------------------


def read_info(src, path):
    """{source: {line: count}} of a file in the form of lcov."""
    counts, mine = collections.defaultdict(dict), None
    src = os.path.realpath(src) + "/"
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("SF:"):
                name = os.path.realpath(line[3:-1])
                mine = counts[name[len(src):]] if name.startswith(src) else {}
            elif line.startswith("DA:"):
                n, count = line[3:].split(",")[:2]
                mine[int(n)] = max(mine.get(int(n), 0), int(count))
    return counts


def count_lines(src, counts, left):
    members, groups = read_groups(src)
    kinds, rules = read_rules(src)
    out, everything = collections.Counter(), Group("all of lib/", 90)
    for path in sources(src, "lib"):
        lines, text = counts.get(path, {}), read(f"{src}/{path}")
        skip = excluded(text, path, rules)
        here = text.split("\n")
        for n, count in sorted(lines.items()):
            both = (group_of(members, path), everything)
            if count == 0 and n in skip:
                out[skip[n]] += 1
                for group in both:
                    group.out += 1
                continue
            for group in both:
                group.lines += 1
                group.reached += count > 0
            if count == 0:
                left.append(f"{both[0].name}\t{path}:{n}\t{here[n - 1].strip()}")
    return [*groups, everything], {kinds[kind]: n for kind, n in out.items()}


def unraised(src, counts):
    """The messages that the run did not raise: (path, line, call, format)."""
    for path in sources(src, "lib", "git-vault"):
        lines = counts.get(path)
        if not lines:
            continue
        for call, first, last, words in messages(read(f"{src}/{path}")):
            if not any(lines.get(n, 0) for n in range(first, last + 1)):
                yield path, first, call, words


def read_known(src):
    """(how many times each (source, text) has a reason, the calls that all have one)"""
    known, calls = collections.Counter(), set()
    for _, kind, path, words in read_kinds(src, "messages")[1]:
        if path == "*":
            calls.add(words)
        else:
            known[path, words] += 1
    return known, calls


def report(src, info, folder=None):
    counts, left = read_info(src, info), []
    groups, out = count_lines(src, counts, left)
    print(f"{'group':<14}{'lines':>8}{'reached':>9}{'out':>6}{'percent':>9}{'bar':>6}")
    for g in groups:
        print(f"{g.name:<14}{g.lines:>8}{g.reached:>9}{g.out:>6}{g.share():>9.1f}"
              f"{g.bar:>6.0f}{'' if g.share() >= g.bar else '  short'}")
    for reason, n in sorted(out.items(), key=lambda one: -one[1]):
        print(f"  {n} lines are out: {reason}")
    known, calls = read_known(src)
    missing, total, named = [], 0, 0
    for path in sources(src, "lib", "git-vault"):
        total += sum(1 for _ in messages(read(f"{src}/{path}")))
    for path, line, call, words in unraised(src, counts):
        named += 1
        if known[path, words]:
            known[path, words] -= 1
        elif call not in calls:
            named -= 1
            missing.append((path, line, call, words))
    print(f"messages: {total}, {total - named - len(missing)} raised, {named} with a"
          f" reason why not, {len(missing)} neither")
    for path, words in +known:
        print(f"  raised, take it out of t/coverage/messages: {path}: {words}")
    if folder:
        os.makedirs(folder, exist_ok=True)
        for name, what in (("unreached", left), (
                "unraised", [f"{p}:{n}\t{c}\t{w}" for p, n, c, w in missing])):
            with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
                f.write("".join(line + "\n" for line in what))
    return any(g.share() < g.bar for g in groups) or bool(missing)


# ---- the lists ---------------------------------------------------------------


def check(src):
    faults = []
    members, _ = read_groups(src)
    used = set()
    for path in sources(src, "lib"):
        folder, module = path[:-2].split("/")[-2:]
        if group_of(members, path) is None:
            faults.append(f"groups: {path} is in no group")
        used |= {folder, f"{folder}/{module}"}
    faults += [f"groups: there is no {name}" for name in members if name not in used]
    texts = {path: read(f"{src}/{path}") for path in sources(src, "lib", "git-vault")}
    for name in ("lines", "messages"):
        kinds, rest = read_kinds(src, name)
        faults += [f"{name}:{n}: '{kind}' is no kind" for n, kind, *_ in rest
                   if kind not in kinds]
        faults += [f"{name}: nothing is of the kind '{kind}'" for kind in kinds
                   if kind not in {row[1] for row in rest}]
    for kind, where, rule in read_rules(src)[1]:
        if type(rule) is Fails:
            mine = [text for path, text in texts.items() if fnmatch.fnmatch(path, where)]
            faults += [f"lines: nothing in {where} calls {name}" for name in rule.names
                       if not any(re.search(rf"\b{name}\(", text) for text in mine)]
        elif not any(excluded(text, path, [(kind, where, rule)])
                   for path, text in texts.items()):
            faults.append(f"lines: nothing is like {where}: {rule.pattern}")
    there = collections.Counter((path, words) for path, text in texts.items()
                                for *_, words in messages(text))
    for n, _, path, words in read_kinds(src, "messages")[1]:
        if path == "*":
            if not re.fullmatch(CALL.pattern, words + "("):
                faults.append(f"messages:{n}: '{words}' is no call")
            continue
        there[path, words] -= 1
        if there[path, words] < 0:
            faults.append(f"messages:{n}: {path} has no message '{words}'")
    print(*faults, sep="\n", end="\n" if faults else "")
    return bool(faults)


def main(argv):
    if len(argv) in (4, 5) and argv[1] == "report":
        return report(*argv[2:])
    if len(argv) == 3 and argv[1] == "check":
        return check(argv[2])
    sys.exit(__doc__)


sys.exit(main(sys.argv))
