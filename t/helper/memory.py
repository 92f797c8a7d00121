"""Where values stand in the memory of a process: memory.py PID VALUES

VALUES has one a line; of an age identity also its 32 bytes are looked for. A
line for each range that holds some: "locked" where it can be neither swapped
nor dumped, else "open", what it is, and how many of which value, by its number.
"""
import re
import sys

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
PREFIX = "AGE-SECRET-KEY-1"


def key_bytes(text):
    number = bits = 0
    out = bytearray()
    for letter in text[len(PREFIX):-6].lower():
        number = number << 5 | LETTERS.index(letter)
        bits += 5
        if bits >= 8:
            bits -= 8
            out.append(number >> bits & 255)
    return bytes(out)


def values(path):
    for i, line in enumerate(open(path), 1):
        line = line.rstrip("\n")
        yield i, line.encode()
        if line.startswith(PREFIX):
            yield i, key_bytes(line)


def ranges(pid):
    found = None
    for line in open(f"/proc/{pid}/smaps"):
        m = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line)
        if m:
            found = int(m[1], 16), int(m[2], 16), m[3], m[4] or "anonymous"
        elif line.startswith("VmFlags:"):
            yield found, set(line.split()[1:])


def main(pid, path):
    wanted = list(values(path))
    memory = open(f"/proc/{pid}/mem", "rb", 0)
    for (start, end, mode, name), flags in ranges(pid):
        if mode[0] != "r" or name.startswith("[v"):
            continue
        try:
            memory.seek(start)
            data = memory.read(end - start)
        except OSError:
            continue
        how = "locked" if {"lo", "dd"} <= flags else "open"
        for i, value in wanted:
            if value in data:
                print(how, name, data.count(value), "of value", i)


main(*sys.argv[1:])
