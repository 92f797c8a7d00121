"""One exception for each exit code that `git vault` documents."""

from __future__ import annotations

from typing import Any, Mapping


class VaultError(Exception):
    """What failed, in the program's own sentence. `code` is its exit code, None
    where it did not end by itself; `hints` are commands that can be pasted;
    `document` is what it printed."""

    code: int | None = None
    hints: tuple[str, ...] = ()
    document: Mapping[str, Any] = {}


class Partial(VaultError):
    """3: done in part. `result` is what the method would have returned."""

    result: Any = None


# fmt: off
class Answered(VaultError): """1: no, where only a yes has a result."""
class Locked(VaultError): """4: someone else holds a lock."""
class NoKey(VaultError): """5: none of the keys at hand decrypts it."""
class Failed(VaultError): """128: it failed."""
class NotFound(Failed): """What was asked for does not exist."""
class Exists(Failed): """It exists already, or changed meanwhile."""
class Corrupt(Failed): """Stored bytes are not what they must be."""
class Refused(Failed): """The program will not do that, or not here."""
class Usage(VaultError): """129: words that this program does not know."""
class Interrupted(VaultError): """130, or ended by a signal."""
class TimedOut(VaultError): """It took too long, and was stopped."""
class ProgramMissing(VaultError): """There is no program to start."""
class ProgramUnfit(VaultError): """It printed no document, half of one, or one
    of another version."""
# fmt: on


_BY_EXIT = {
    1: Answered, 3: Partial, 4: Locked, 5: NoKey, 128: Failed, 129: Usage,
    130: Interrupted,
}
_BY_WORD = {
    "not_found": NotFound, "exists": Exists, "corrupt": Corrupt, "refused": Refused,
}


def failure(code: int, document: Mapping[str, Any], said: str) -> VaultError:
    """The exception for an exit code other than 0. `said` is the end of what the
    program wrote to standard error."""
    found = document.get("error")
    error: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    kind: type[VaultError] = _BY_EXIT.get(code, Interrupted if code < 0 else Failed)
    if kind is Failed:
        kind = _BY_WORD.get(str(error.get("code")), Failed)
    made = kind(error.get("message") or said.strip() or f"it ended with {code}")
    made.code, made.document = code, document
    made.hints = tuple(map(str, error.get("hints") or ()))
    return made
