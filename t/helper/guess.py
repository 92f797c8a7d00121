"""Try all that a clone has with one identity: open every blob of every ref by age,
and test guesses by whatever comes out.

    guess.py DIR IDENTITY SCOPE GUESS...

Prints "opens: GUESS" where a blob that the identity opens holds a guess, and
"confirms: GUESS" where a key that was found, or one that follows from it, names the
guess in an object name, a path or an index of the scope. Nothing of git-vault's is
used here but its documented format."""
import gzip
import hashlib
import hmac
import re
import subprocess
import sys

GIT = ["git", "-C", sys.argv[1]]


def run(args, data=None):
    return subprocess.run(args, input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)


def objects(names):
    """Yield the type and the bytes of each object, from one process of git."""
    given = b"".join(name + b"\n" for name in names)
    out, at = run(GIT + ["cat-file", "--batch"], given).stdout, 0
    while at < len(out):
        end = out.index(b"\n", at)
        _, kind, size = out[at:end].split()
        at = end + 1 + int(size) + 1
        yield kind, out[end + 1:at - 1]


def tree_text(tree):
    """What ls-tree prints, but for the types: modes, object names and paths."""
    lines, at = [], 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        mode, path = tree[at:end].split(b" ", 1)
        lines.append(b" ".join((mode, tree[end + 1:end + 21].hex().encode(), path)))
        at = end + 21
    return b"\n".join(lines)


def derive(key, salt):
    prk = hmac.new(salt, key, hashlib.sha256).digest()
    return hmac.new(prk, b"git-vault id key\x01", hashlib.sha256).digest()


def value_id(key, scope, value, person):
    h = hashlib.blake2b(digest_size=20, key=key, person=person.ljust(16, b"\0"))
    for field in (scope, value):
        h.update(len(field).to_bytes(8, "big") + field)
    return h.hexdigest().encode()


def main():
    identity, scope = sys.argv[2], sys.argv[3].encode()
    guesses = [g.encode() for g in sys.argv[4:]]
    listed = run(GIT + ["rev-list", "--objects", "--all"]).stdout
    names = listed  # paths hold ids, too
    opened, keys, text = 0, set(), [listed]
    for kind, data in objects(line.split()[0] for line in listed.splitlines()):
        if kind == b"tree":
            text.append(tree_text(data))
            continue
        if not data.startswith(b"age-encryption.org/v1"):
            text.append(data)
            continue
        out = run(["age", "-d", "-i", identity], data)
        if out.returncode:
            continue
        opened += 1
        clear = out.stdout
        if clear.startswith(b"\x1f\x8b"):
            clear = gzip.decompress(clear)
        for guess in guesses:
            if guess in clear:
                print("opens:", guess.decode())
        keys.update(bytes.fromhex(x.decode()) for x in
                    re.findall(rb"\b[0-9a-f]{64}\b", clear))
    everything = b"\n".join(text) + names
    keys.update([derive(k, b"scope " + s + b" " + n) for k in list(keys)
                 for s in (scope, b"dev", b"shared")
                 for n in (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8")])
    for key in keys:
        for guess in guesses:
            for g in (guess, guess + b"\n"):
                named = [value_id(key, scope, g, p)
                         for p in (b"vault secret", b"vault chunks")]
                value = hmac.new(key, b"value\0" + g, hashlib.sha256).digest()
                named.append(value[:20].hex().encode())
                if any(n in everything for n in named):
                    print("confirms:", guess.decode())
    print("opened %d blobs, tried %d keys" % (opened, len(keys)))


main()
