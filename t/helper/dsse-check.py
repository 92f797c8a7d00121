#!/usr/bin/env python3
"""Check a DSSE envelope with an in-toto Statement, knowing nothing of git-vault.

usage: dsse-check.py FILE [DIR]

Prints the decoded statement where the signature is good; fails otherwise. The
signature is checked by openssl(1), by way of files in DIR.
"""
import base64
import json
import os
import struct
import subprocess
import sys


def fields(blob):
    while blob:
        (n,) = struct.unpack(">I", blob[:4])
        yield blob[4 : 4 + n]
        blob = blob[4 + n :]


def public_key(line):
    kind, text = line.split()[:2]
    name, key = fields(base64.b64decode(text, validate=True))
    if kind != "ssh-ed25519" or name != b"ssh-ed25519" or len(key) != 32:
        sys.exit("keyid is no line of ssh-ed25519")
    return bytes.fromhex("302a300506032b6570032100") + key


def check(key, signature, message, folder):
    paths = [os.path.join(folder, n) for n in ("dsse.key", "dsse.sig", "dsse.msg")]
    for path, data in zip(paths, (key, signature, message)):
        with open(path, "wb") as f:
            f.write(data)
    subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
         "-inkey", paths[0], "-sigfile", paths[1], "-in", paths[2]],
        check=True, stdout=subprocess.DEVNULL)
    for path in paths:
        os.unlink(path)


def main():
    with open(sys.argv[1], "rb") as f:
        envelope = json.load(f)
    folder = sys.argv[2] if len(sys.argv) > 2 else "."
    payload = base64.b64decode(envelope["payload"], validate=True)
    kind = envelope["payloadType"].encode()
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    if not envelope["signatures"]:
        sys.exit("no signature")
    for one in envelope["signatures"]:
        check(public_key(one["keyid"]),
              base64.b64decode(one["sig"], validate=True), pae, folder)
    statement = json.loads(payload)
    if statement["_type"] != "https://in-toto.io/Statement/v1":
        sys.exit("no Statement of in-toto")
    names = [s["name"] for s in statement["subject"]]
    if len(names) != len(set(names)) or not names:
        sys.exit("subjects without a name of their own")
    if not all(s["digest"] for s in statement["subject"]):
        sys.exit("a subject without a digest")
    json.dump(statement, sys.stdout, sort_keys=True)


main()
