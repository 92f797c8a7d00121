#!/usr/bin/env python3
"""Eight shards of a fleet beside each other, killed at random moments and
started again until all are done; then every repository has exactly one line.

    fleet-kills.py GIT_VAULT ROOT N [KEEP]
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

SHARDS = 8


def start(vault, root, part):
    """A shard, in a group of its own, as a pod is."""
    return subprocess.Popen(
        [vault, "fleet", "verify", "--root", root, "--shard", f"{part}/{SHARDS}",
         "--report", f"shard{part}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def run(vault, root, seed):
    """How many kills it took."""
    chance = random.Random(seed)
    running = {part: start(vault, root, part) for part in range(SHARDS)}
    kills = 0
    while running:
        time.sleep(chance.uniform(0.05, 0.4))
        for part, process in list(running.items()):
            if process.poll() == 0:
                del running[part]
            elif process.returncode is not None:
                running[part] = start(vault, root, part)
        if running and kills < 60:
            part = chance.choice(list(running))
            os.killpg(running[part].pid, signal.SIGKILL)
            running[part].wait()
            running[part] = start(vault, root, part)
            kills += 1
    return kills


def main():
    vault, root, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = int(os.environ.get("GIT_VAULT_TEST_SEED", "0")) or random.randrange(1, 1 << 30)
    began = time.monotonic()
    kills = run(vault, root, seed)
    lines, cut = [], 0
    for part in range(SHARDS):
        with open(f"shard{part}", encoding="utf-8") as file:
            for text in file:
                try:
                    lines.append(json.loads(text))
                except ValueError:
                    cut += 1
    done = [line["path"] for line in lines if "path" in line]
    print(f"kills (seed {seed})   {kills} kills of {SHARDS} shards in"
          f" {time.monotonic() - began:.1f} s: {len(done)} lines of {len(set(done))}"
          f" repositories, {n - len(set(done))} lost, {len(done) - len(set(done))} twice,"
          f" {cut} lines cut off, {sum(1 for line in lines if line.get('exit'))} failed")
    if len(sys.argv) > 4:
        for part in range(SHARDS):
            shutil.copy(f"shard{part}", sys.argv[4])
    return len(done) != n or len(set(done)) != n


if __name__ == "__main__":
    sys.exit(main())
