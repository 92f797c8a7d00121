"""
Kills runs of recovery plans at random moments, by SIGKILL and with the real
program, until they are over. Each has to come to the end of an undisturbed run:
the same steps with the same results, outputs and files, no step that passed
repeated, and none that runs twice at the same time.

	plan-kills.py --kills N --seed N	at the top of a repository
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

STEPS = 14
PLANS = ".git/vault/plans"


def plan_of(rng):
    """Steps that need each other: commands with outputs, switches, retries.

    They print last, since a program whose run was killed ends by that.
    """
    out = ["jobs: %d" % rng.choice([1, 2, 4]), "steps:"]
    for i in range(STEPS):
        needs = sorted(rng.sample(range(i), min(i, rng.randrange(3))))
        head = "  - {id: s%d, needs: [%s], " % (i, ", ".join("s%d" % k for k in needs))
        busy = "mkdir busy/s%d || touch twice; " % i
        over = "sleep 0.0%d; rmdir busy/s%d" % (rng.randrange(4), i)
        if i % 5 == 4:
            out.append(head + "kind: switch, file: app.yaml, key: v%d, to: new%d}" % (i, i))
        elif i % 5 == 3:
            out.append(head + 'shell: "%secho x >>tries/s%d; %s; test $(wc -l <tries/s%d) -ge 2", '
                       "retry: {attempts: 99}}" % (busy, i, over, i))
        elif needs and i % 5 == 1 and needs[0] % 5 in (0, 1, 2):
            out.append(head + 'shell: "%secho $V >got/s%d; %s; echo value%d", outputs: {v: stdout}, '
                       'env: {V: "${{ steps.s%d.outputs.v }}"}}' % (busy, i, over, i, needs[0]))
        else:
            out.append(head + 'shell: "%stouch got/s%d; %s; echo value%d", outputs: {v: stdout}}' % (busy, i, over, i))
    return "\n".join(out) + "\n"


def fresh():
    """The files that steps work on, as they are at first."""
    for name in ("got", "busy", "tries"):
        shutil.rmtree(name, ignore_errors=True)
        os.mkdir(name)
    with open("app.yaml", "w") as f:
        f.writelines("v%d: old%d\n" % (i, i) for i in range(STEPS))


def read(path):
    with open(path) as f:
        return f.read()


def result():
    """What a run did: its files, what became of each step, and the run."""
    files = {name: read("got/" + name) for name in os.listdir("got")}
    files["app.yaml"] = read("app.yaml")
    said = subprocess.run(["git-vault", "plan", "status", "--json"], stdout=subprocess.PIPE, check=False)
    run = json.loads(said.stdout)
    return files, [(s["id"], s["status"]) for s in run["steps"]], run["run"]


def faults(run):
    """What an undisturbed run never does."""
    passed, out = set(), []
    for line in read("%s/%s/journal" % (PLANS, run)).splitlines():
        if not line.endswith("}"):
            continue
        record = json.loads(line)
        if record["what"] == "end" and record.get("result") == "passed":
            passed.add(record["step"])
        elif record["what"] == "start" and record["step"] in passed:
            out.append("%s ran again" % record["step"])
    if os.path.exists("twice"):
        out.append("a step ran twice at the same time")
        os.remove("twice")
    return out


def runs():
    # a folder gets its name once its run has begun
    names = os.listdir(PLANS) if os.path.isdir(PLANS) else []
    return {name for name in names if not name.startswith(".")}


def has_begun(run):
    path = "%s/%s/journal" % (PLANS, run)
    return os.path.exists(path) and "\n" in read(path)


def clean_locks():
    """Locks of refs are Git's: a process that is killed leaves them."""
    for top, _, names in os.walk(".git"):
        for name in names:
            if name.endswith(".lock"):
                os.remove(os.path.join(top, name))


def kill_until_over(rng, most, left):
    """One run, killed up to `left` times: how often it was."""
    before, kills = runs(), 0
    while True:
        begun = [run for run in runs() - before if has_begun(run)]
        args = ["resume", begun[0]] if begun else ["run", "-y", "many"]
        with subprocess.Popen(["git-vault", "plan"] + args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as at:
            try:
                at.wait(rng.random() * most if left > kills else None)
            except subprocess.TimeoutExpired:
                at.send_signal(signal.SIGKILL)
            # its steps may hold its error output longer than it lives
            at.wait()
            said = b"" if at.returncode in (0, -signal.SIGKILL) else at.stderr.read()
        clean_locks()
        kills += at.returncode == -signal.SIGKILL
        # killed between its last record and its end, it is over
        if at.returncode == 0 or b"passed already" in said:
            return kills
        if at.returncode != -signal.SIGKILL:
            raise SystemExit("plan-kills: plan %s: %d, %s" % (args, at.returncode, said.decode()))


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--kills", type=int, default=300)
    ask.add_argument("--seed", type=int, default=1)
    opts = ask.parse_args()
    rng = random.Random(opts.seed)
    kills = good = 0
    while kills < opts.kills:
        with open(".gitvault/plans/many.yaml", "w") as f:
            f.write(plan_of(rng))
        subprocess.run(["git-vault", "-q", "policy", "accept"], check=True, stdout=subprocess.DEVNULL)
        fresh()
        begin = time.monotonic()
        said = subprocess.run(["git-vault", "plan", "run", "-y", "many"], check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if said.returncode:
            raise SystemExit("plan-kills: an undisturbed run failed: %s" % said.stdout.decode())
        took = time.monotonic() - begin
        want = result()
        fresh()
        n = kill_until_over(rng, 0.8 * took, min(12, opts.kills - kills))
        got = result()
        wrong = faults(got[2]) + [what for what, a, b in zip(("files", "steps"), want, got) if a != b]
        if wrong:
            print("plan-kills: run %s, killed %d times: %s" % (got[2], n, "; ".join(wrong)))
        good += 0 if wrong else n
        kills += n
    print("kills: %d, as an undisturbed run %d" % (kills, good))
    return good != kills


if __name__ == "__main__":
    sys.exit(main())
