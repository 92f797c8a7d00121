# Changes a file of state at random, and asks triage what is whole of it.
# stands: (begin, end, address) of each resource in the file.
import json, random, subprocess


def mutate(rnd, data, stands, spans, most):
    """A span of it is changed, dropped, put in again, exchanged or zeroed; what
    that did not touch, where it stands now."""
    at = rnd.randrange(len(data))
    end = min(at + rnd.choice(spans), len(data))
    kind = rnd.randrange(5)
    if kind == 0:
        new = bytes(rnd.choice(b'{}[]",:\\\n x0\x00\xff') for _ in range(end - at))
    elif kind == 1:
        new = b""
    elif kind == 2:
        new = b'"}]' + data[at:end] + b'{["'
    elif kind == 3:
        new = bytes(rnd.randrange(256) for _ in range(rnd.randrange(1, most)))
    else:
        new = b"\0" * (end - at)
    shift = len(new) - (end - at)
    return data[:at] + new + data[end:], {
        (a, b, name) if b <= at else (a + shift, b + shift, name)
        for a, b, name in stands if b <= at or a >= end}


def untold(seed, data, stands, spans, most, *args):
    """What is wrong with what triage says of the file that this seed makes;
    None: nothing."""
    text, expect = mutate(random.Random(seed), data, stands, spans, most)
    open("mutated", "wb").write(text)
    run = subprocess.run(["git-vault", "state", "triage", "--json", *args,
                          "mutated"], capture_output=True)
    if run.returncode not in (0, 1):
        return "exit status %d: %s" % (run.returncode, run.stderr)
    missing = expect - {(r["from"], r["to"], r["address"])
                        for r in json.loads(run.stdout)["resources"]}
    return "not told: %s" % sorted(missing)[:3] if missing else None
