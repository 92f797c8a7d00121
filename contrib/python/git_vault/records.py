"""What the program answers, as frozen dataclasses.

A field that this package does not know stays in `raw`, so that it reads what a
newer program prints. Sizes are in bytes.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import NoneType
from typing import Any, Callable, Mapping, TypeVar
from typing import get_args, get_origin, get_type_hints

from .errors import ProgramUnfit

R = TypeVar("R", bound="Record")

_hints: Callable[[Any], dict[str, Any]] = lru_cache(maxsize=None)(get_type_hints)


def _undo_base64(value: str) -> str:
    # What Python's own file functions take for bytes that are no UTF-8.
    return os.fsdecode(base64.b64decode(value, validate=True))


def read(hint: Any, value: Any) -> Any:
    """A value of a document as the type `hint`. Raises TypeError, ValueError or
    KeyError where it is of another form."""
    choices = get_args(hint)
    if NoneType in choices:
        return None if value is None else read(choices[0], value)
    if get_origin(hint) is tuple:
        return tuple(read(choices[0], member) for member in value)
    if hint is str and isinstance(value, Mapping):
        return _undo_base64(value["text_base64"])
    if hint is datetime:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint.of(value)
    kind = get_origin(hint) or hint
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    return value


@dataclass(frozen=True)
class Record:
    """Part of a document; `raw` is all of that part. A field is read by its
    type, under its own name without a `_` at the end."""

    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls: type[R], document: Any) -> R:
        """Raises ProgramUnfit where a field is missing or of another form."""
        if not isinstance(document, Mapping):
            raise ProgramUnfit(f"{cls.__name__}: {document!r:.40} is no object")
        values: dict[str, Any] = {"raw": document}
        for name, hint in _hints(cls).items():
            key = name.rstrip("_")
            if name == "raw":
                continue
            if key not in document:
                raise ProgramUnfit(f"{cls.__name__} has no '{key}'")
            try:
                if f"{key}_base64" in document:
                    values[name] = _undo_base64(document[f"{key}_base64"])
                else:
                    values[name] = read(hint, document[key])
            except (AttributeError, TypeError, ValueError, KeyError) as error:
                raise ProgramUnfit(f"{cls.__name__}.{key}: {error}") from error
        return cls(**values)


@dataclass(frozen=True)
class Snapshot(Record):
    id: str
    time: datetime
    commit: str
    base: str | None
    branch: str | None
    tags: tuple[str, ...] | None
    pinned: bool | None
    environments: tuple[str, ...]
    message: str
    files: int
    bytes: int
    secrets: int
    verified_time: datetime | None


@dataclass(frozen=True)
class Saved(Record):
    """`created` is False where the last snapshot has all that is there."""

    id: str | None
    created: bool
    commit: str | None
    files: int
    bytes: int
    secrets: int
    pack_bytes: int
    notes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Restored(Record):
    """`undo` is the command that takes it back."""

    snapshot: str
    created: int
    changed: int
    deleted: int
    unchanged: int
    refused: int
    undo: str | None


@dataclass(frozen=True)
class Change(Record):
    path: str
    change: str
    kind: str
    bytes: int


@dataclass(frozen=True)
class Status(Record):
    last: str | None
    files: int
    bytes: int
    precious_unheld: int
    changes: tuple[Change, ...]

    @property
    def is_saved(self) -> bool:
        return self.last is not None and not self.changes


@dataclass(frozen=True)
class Entry(Record):
    path: str
    type: str
    mode: str | None
    bytes: int | None
    secrets: int


@dataclass(frozen=True)
class Verification(Record):
    faults: tuple[Mapping[str, Any], ...]
    snapshots: int
    objects: int
    bytes: int
    deep: bool

    @property
    def is_whole(self) -> bool:
        return not self.faults


@dataclass(frozen=True)
class Finding(Record):
    """A secret that stands in clear. Its value is never here."""

    path: str | None
    line: int
    rule: str
    grade: str
    name: str | None
    fingerprint: str | None


@dataclass(frozen=True)
class Fault(Record):
    """Files that do not fit together."""

    rule: str
    severity: str
    message: str
    places: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Difference(Record):
    key: str
    class_: str
    verdict: str
    message: str


@dataclass(frozen=True)
class Comparison(Record):
    """Two environments beside each other; the counts are of keys."""

    keys: int
    drift: int
    in_sync: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class StateVersion(Record):
    id: str
    environment: str
    stack: str
    serial: int | None
    commit: str | None
    time: datetime
    resources: int


@dataclass(frozen=True)
class Good(Record):
    environment: str
    record: int
    status: str
    time: datetime
    commit: str | None
    snapshot: str | None
    signed: bool


@dataclass(frozen=True)
class Project(Record):
    name: str
    path: str
    stack: tuple[str, ...]
    last_time: datetime | None
    dangers: tuple[str, ...]
