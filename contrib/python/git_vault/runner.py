"""Runs the program. A test gives a runner of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from typing import Mapping, Protocol, Sequence

from .errors import ProgramMissing, ProgramUnfit, TimedOut

# Seconds between asking it to end and killing it with all that it has started.
GRACE = 5.0
# A list of 100,000 snapshots takes 80 MB.
MAX_ANSWER = 1 << 30
MAX_SAID = 1 << 16


@dataclass(frozen=True)
class Answer:
    """How a program ended, what it printed, and the end of its messages."""

    code: int
    out: bytes
    err: bytes = b""


class Runner(Protocol):
    """Runs `argv` in the folder `cwd` with the environment `env` (None: this
    one's), for at most `timeout` seconds. Raises VaultError only."""

    def __call__(
        self, argv: Sequence[str], *, cwd: str, env: Mapping[str, str] | None,
        timeout: float | None,
    ) -> Answer: ...


def run_program(
    argv: Sequence[str], *, cwd: str, env: Mapping[str, str] | None = None,
    timeout: float | None = None, max_answer: int = MAX_ANSWER,
) -> Answer:
    """The runner of a Vault that is given no other."""
    # A missing folder would be reported as a missing program.
    if not os.path.isdir(cwd):
        raise ProgramMissing(f"there is no folder {cwd}")
    with tempfile.TemporaryFile() as said:
        try:
            child = subprocess.Popen(
                list(argv), cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=said, start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ProgramMissing(f"{argv[0]} cannot be started: {error}") from error
        late = threading.Event()

        def end(how: int) -> None:
            try:
                os.killpg(child.pid, how)
            except ProcessLookupError:
                pass

        def stop() -> None:
            late.set()
            end(signal.SIGTERM)
            killer.start()

        killer = threading.Timer(GRACE, end, [signal.SIGKILL])
        timer = threading.Timer(timeout or 0, stop)
        with child:
            assert child.stdout is not None
            try:
                if timeout is not None:
                    timer.start()
                out = child.stdout.read(max_answer + 1)
                if len(out) > max_answer:
                    raise ProgramUnfit(f"{argv[0]} printed over {max_answer} bytes")
                code = child.wait()
            except BaseException:
                end(signal.SIGTERM)
                child.stdout.close()
                raise
            finally:
                timer.cancel()
                killer.cancel()
        if late.is_set():
            raise TimedOut(f"{argv[0]} was stopped after {timeout} seconds")
        said.seek(max(0, said.seek(0, os.SEEK_END) - MAX_SAID))
        return Answer(code, out, said.read())
