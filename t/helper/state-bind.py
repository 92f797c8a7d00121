"""Bind the commit of a state version on stdin by the id key of its environment,
which the master in a file of 64 digits leads to, as git-vault-format(5) describes it and nothing of git-vault does it here:
tests forge versions as somebody with the key could."""
import hashlib
import hmac
import sys

SEALS = {None: 0, b"full": 0, b"sensitive": 1, b"none": 2}


def unquote(value):
    if value is None or not value.startswith(b'"'):
        return value or b""
    text = value[1:-1].decode("latin-1")
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def field(data):
    return len(data).to_bytes(8, "big") + data


def main():
    master = bytes.fromhex(open(sys.argv[1]).readline().strip())
    commit = sys.stdin.buffer.read()
    head, message = commit.split(b"\n\n", 1)
    lines = [x for x in message.split(b"\n") if not x.startswith(b"Vault-Binding:")]
    said = dict(x.split(b": ", 1) for x in lines if x.startswith(b"Vault-"))
    get = said.get
    salt = b"scope " + get(b"Vault-Env", b"") + b" 0"
    prk = hmac.new(salt, master, hashlib.sha256).digest()
    key = hmac.new(prk, b"git-vault id key\x01", hashlib.sha256).digest()
    committer = next(x for x in head.split(b"\n") if x.startswith(b"committer "))
    parents = [x[7:] for x in head.split(b"\n") if x.startswith(b"parent ")]
    if b"Vault-Previous" in said:
        parents = parents[1:]
    code = get(b"Vault-Commit")
    apart = int(code is not None and parents[:1] != [code])
    if code is not None and not apart:
        parents = parents[1:]
    numbers = [
        int(b"Vault-Serial" in said), int(get(b"Vault-Serial", b"0")),
        int(get(b"Vault-Tool-Format", b"0")), int(get(b"Vault-Size", b"0")),
        int(get(b"Vault-Parts", b"0")), int(get(b"Vault-Items", b"0")),
        int(committer.split()[-2]), int(b"Vault-Encrypted" in said),
        SEALS.get(get(b"Vault-Seal"), 0), apart, 2]
    texts = [unquote(get(b"Vault-" + name)) for name in (
        b"Env", b"Stack", b"Tool", b"Tool-Version", b"Lineage", b"Host",
        b"Snapshot", b"Forced", b"Damage")]
    name, digest = said[b"Vault-Digest"].split(b":")
    raw = [bytes.fromhex(head[5:45].decode())]
    for what in (b"Previous", b"Commit", b"Seal-Rules"):
        raw.append(bytes.fromhex(get(b"Vault-" + what, b"00" * 20).decode()))
    raw += [bytes.fromhex(digest.decode()),
            bytes.fromhex(get(b"Vault-Sealed-For", b"00" * 32).decode()), name,
            bytes.fromhex((parents or [b"00" * 20])[0].decode())]
    data = b"".join(field(n.to_bytes(8, "big")) for n in numbers)
    data += b"".join(field(x) for x in texts + raw)
    sum_ = hashlib.blake2b(data, key=key, digest_size=20,
                           person=b"state binding".ljust(16, b"\0"))
    while lines and not lines[-1]:
        lines.pop()
    own = sys.argv[2].encode() if len(sys.argv) > 2 else name
    lines.append(b"Vault-Binding: " + own + b":" + sum_.hexdigest().encode())
    sys.stdout.buffer.write(head + b"\n\n" + b"\n".join(lines) + b"\n")


main()
