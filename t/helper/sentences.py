"""The sentences of a text, for words.py.

	of_page(text)	a manual page in mdoc: what a reader sees, without the synopsis,
			displays, command lines and the heads of lists
	of_text(text)	a README or NEWS, without tables and command lines

Both return a list of (line, sentence). A full stop, a question mark, an exclamation
mark, a paragraph, an item and a table end a sentence. A colon and a semicolon do not.
"""
import re

END = re.compile(r"(?<=[^.][.?!])\s+|(?<=[^.][.?!][\"')])\s+")
STOPS = re.compile(r"[^.][.?!][\"')]*$")

BREAKS = set("Pp Bl It El Sh Ss Bd Ed Dl D1 Nd Dd Dt Os".split())
MACROS = set("""Nm Fl Ar Cm Ic Pa Va Xr Ev Li Ql Sq Dq Em Sy No Ns Op Oo Oc Pq Po Pc
	Ap Er Bq Bo Bc Aq Ao Ac Xo Xc Dv Fa Fn Ft Lk Mt Qq Do Dc So Sc Qo Qc Brq Bro Brc
	Sx St Pf""".split())
QUIET = set("Bk Ek Sm Rs Re".split())


class Sentences:
    """Collects words until a sentence ends."""

    def __init__(self):
        self.words, self.line, self.done = [], 0, []

    def add(self, number, text):
        for part in END.split(text.strip()):
            if not part:
                continue
            if not self.words:
                self.line = number
            self.words += part.split()
            if STOPS.search(part):
                self.end()

    def end(self):
        if self.words:
            self.done.append((self.line, " ".join(self.words)))
        self.words = []


def words_of_macro(line):
    """What a reader sees of a macro line, punctuation and joined words attached."""
    name, *given = line[1:].split()
    if name not in MACROS:
        given.insert(0, name)
    words, joins = [], False
    for word in given:
        if word in ("Ns", "Ap"):
            joins = True
        elif word in MACROS:
            continue
        elif words and (joins or re.fullmatch(r"[.,:;)?!]+|[1-8]", word)):
            words[-1] += word
            joins = False
        else:
            words.append(word)
    if name == "Nm" and all(re.fullmatch(r"[.,:;)?!]+", word) for word in words):
        words = ["git-vault" + "".join(words)]
    return " ".join(words)


def of_page(text):
    found, is_synopsis, is_display = Sentences(), False, False
    for number, line in enumerate(text.split("\n"), 1):
        name = line[1:].split()[0] if re.match(r"\.[A-Z]", line) else ""
        if name in BREAKS:
            found.end()
            if name == "Sh":
                is_synopsis = "SYNOPSIS" in line
            elif name == "Bd":
                is_display = "-literal" in line or "-unfilled" in line
            elif name == "Ed":
                is_display = False
        elif is_synopsis or is_display or name in QUIET or line.startswith('.\\"'):
            continue
        else:
            found.add(number, words_of_macro(line) if name else line)
    found.end()
    return found.done


def of_text(text):
    found = Sentences()
    for number, line in enumerate(text.split("\n"), 1):
        is_row = re.search(r"\S\s*\t|\S {2,}\S|^\t|^ {4}|^\||^[-=]+$|^  *[a-z]+ {2}", line)
        if is_row or not line.strip():
            found.end()
            continue
        if re.match(r"\s*(-|[0-9]+\.) ", line):
            found.end()
        found.add(number, line)
    found.end()
    return found.done
