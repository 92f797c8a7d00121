"""The commands of `git vault` as methods. Options are those of the manual, with
`_` for `-`; what has no method is reached by Vault.call()."""

from __future__ import annotations

import json
import os
from typing import Any, Mapping, Sequence, TypeVar

from . import records
from .errors import Partial, ProgramUnfit, failure
from .runner import Runner, run_program

SCHEMA = 1
R = TypeVar("R", bound=records.Record)


def _words(options: Mapping[str, Any]) -> list[str]:
    """`{"n": 3, "tag": ["a", "b"], "delete": True}` as words. A value shares its
    word with the option, so that none is taken for an option."""
    words = []
    for name, value in options.items():
        option = f"-{name}" if len(name) == 1 else f"--{name.replace('_', '-')}="
        if value is True:
            words.append(option.rstrip("="))
        elif value is not None and value is not False:
            many = value if isinstance(value, (list, tuple)) else [value]
            words += [option + str(one) for one in many]
    return words


class Vault:
    """The vault of the working tree or bare repository at `path`. `program` is
    what to start, `env` replaces the environment, `timeout` is in seconds."""

    def __init__(
        self, path: str | os.PathLike[str] = ".", *,
        program: Sequence[str] = ("git-vault",), env: Mapping[str, str] | None = None,
        timeout: float | None = None, run: Runner = run_program,
    ) -> None:
        self.path = os.path.abspath(os.path.expanduser(path))
        self.program, self.env = list(program), env
        self.timeout, self.run = timeout, run

    def call(
        self, command: str, *operands: str | os.PathLike[str],
        answers: Sequence[int] = (0,), **options: Any,
    ) -> Mapping[str, Any]:
        """The document that `git vault COMMAND --json` prints. An exit code that
        is not in `answers` raises."""
        words = [*command.split(), "--json", *_words(options)]
        if operands:
            words += ["--", *(os.fspath(one) for one in operands)]
        answer = self.run(
            [*self.program, *words], cwd=self.path, env=self.env, timeout=self.timeout
        )
        said = answer.err.decode("utf-8", "replace")
        if answer.code != 0 and not answer.out.strip():
            raise failure(answer.code, {}, said)
        try:
            document = json.loads(answer.out)
        except (ValueError, RecursionError) as error:
            raise ProgramUnfit(f"{command}: no whole document: {error}") from error
        version = document.get("schema") if isinstance(document, Mapping) else None
        if version != SCHEMA:
            raise ProgramUnfit(
                f"{command}: a document of version {version!r}, where {SCHEMA} is read"
            )
        if answer.code not in answers:
            raise failure(answer.code, document, said)
        return document  # type: ignore[no-any-return]

    def _do(self, kind: type[R], command: str, *operands: Any, **options: Any) -> R:
        try:
            return kind.of(self.call(command, *operands, **options))
        except Partial as partial:
            partial.result = kind.of(partial.document)
            raise

    def _list(self, kind: type[R], document: Mapping[str, Any], key: str) -> list[R]:
        return [kind.of(one) for one in document.get(key, ())]

    def init(self, **options: Any) -> Mapping[str, Any]:
        """Prepare the repository."""
        return self.call("init", **options)

    def snapshot(self, message: str | None = None, **options: Any) -> records.Saved:
        """Save the working tree with ignored but precious files."""
        return self._do(records.Saved, "snapshot", m=message, **options)

    def snapshots(self, **options: Any) -> list[records.Snapshot]:
        """Newest first."""
        return self._list(records.Snapshot, self.call("list", **options), "snapshots")

    def entries(self, where: str = "latest") -> list[records.Entry]:
        """What is in a folder of a snapshot: SNAP or SNAP:PATH."""
        return self._list(records.Entry, self.call("ls", where), "entries")

    def status(self) -> records.Status:
        """What has changed since the last snapshot."""
        return records.Status.of(self.call("status", answers=(0, 1)))

    def restore(
        self, snapshot: str, *, to: str | os.PathLike[str] | None = None,
        paths: Sequence[str | os.PathLike[str]] = (), **options: Any,
    ) -> records.Restored:
        """Write files of a snapshot into the folder `to`, or else in place."""
        where = {"to": to and os.fspath(to), "in_place": to is None}
        return self._do(
            records.Restored, "restore", snapshot, *paths, **where, **options
        )

    def verify(self, *snapshots: str, **options: Any) -> records.Verification:
        """Check what is stored. Damage is in the result, no exception."""
        found = self.call("verify", *snapshots, answers=(0, 1), **options)
        return records.Verification.of(found)

    def scan(self, *paths: str, **options: Any) -> list[records.Finding]:
        """Secrets that stand in clear."""
        found = self.call("scan", *paths, answers=(0, 1), **options)
        return self._list(records.Finding, found, "findings")

    def check(self, *paths: str, **options: Any) -> list[records.Fault]:
        """Whether the files of the tree fit together."""
        found = self.call("check", *paths, answers=(0, 1), **options)
        return self._list(records.Fault, found, "findings")

    def drift(self, left: str, right: str, **options: Any) -> records.Comparison:
        """Where two environments differ and should not."""
        found = self.call("drift", left, right, answers=(0, 1), **options)
        return self._list(records.Comparison, found, "comparisons")[0]

    def save_state(self, file: str, **options: Any) -> records.StateVersion:
        """Keep a version of a tool's state."""
        saved = self.call("state save", file, **options)
        return records.StateVersion.of(saved["version"])

    def states(self, **options: Any) -> list[records.StateVersion]:
        """The newest version of each state."""
        found = self.call("state list", **options)
        return self._list(records.StateVersion, found, "states")

    def mark_good(self, environment: str, **options: Any) -> records.Good:
        """Record that an environment works as it is."""
        return self._do(records.Good, "good mark", environment, **options)

    def good(self, *environment: str) -> list[records.Good]:
        """Known-good records, newest first."""
        return self._list(records.Good, self.call("good list", *environment), "records")

    def projects(self, **options: Any) -> list[records.Project]:
        """All registered projects of this user."""
        found = self.call("projects", answers=(0, 1, 3), **options)
        return self._list(records.Project, found, "projects")
