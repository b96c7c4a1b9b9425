"""Keys and the paths of files that they stand for, in one of two codes.

`EXACT` is classic: a key is a path. `CODED` is extended: any key that S3 clients use, written with the
characters that PFS allows, so that the bytewise order of keys is the order of their paths. A key without
``~`` and without what PFS refuses is its own path; else each character is coded by itself:

* ``~`` is ``~0``;
* a byte from 0x7F on is ``~1`` and two upper-case hex digits;
* a refused character is the greatest allowed one below it, ``~``, and a digit from 2 up: ``(`` is ``'~2``;
* a ``/`` at the end of the key (a folder marker) is ``.~2``, as if it were refused too; any other is ``/``.

So the path of ``a + b`` is the paths of both, but for a ``/`` at the end: prefixes of keys are prefixes of
paths. Nothing else is coded: a control character, an element that is empty, ``.`` or ``..``, and a leading
``/`` are in no key.

A file that others wrote may lie where no code is (``a~b``, or ``notes.txt~``). It is shown with its path
as its key, and found by that: see `KeyCode.paths`. Only an order is not promised of such keys.

Keys are text as `s3gw.http.target` decodes it: bytes that are not UTF-8 are lone surrogates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from s3gw.addressing._code import before_control, encode, fault_of, is_foreign, key_of, path_of
from s3gw.addressing._listing import list_coded
from s3gw.generated import errors
from s3gw.pfs.interface import Page, Snapshot
from s3gw.pfs.paths import is_path
from s3gw.s3_error import S3Error

# S3's own limit, in bytes of UTF-8.
_KEY_LIMIT = 1024


def check_key(key: str) -> str:
    """Give a key that S3 could have. Raise S3Error KeyTooLongError."""
    # PERF: a key of so few characters cannot have more bytes
    if len(key) > _KEY_LIMIT // 4 and len(key.encode("utf-8", "surrogateescape")) > _KEY_LIMIT:
        raise S3Error(errors.KeyTooLongError)
    return key


class KeyCode(Protocol):
    """How keys are written as paths."""

    def is_key(self, key: str) -> bool:
        """Tell whether an object can have this key."""
        ...

    def is_marker(self, key: str) -> bool:
        """Tell whether a key is a folder marker, which has no bytes."""
        ...

    def path(self, key: str) -> str:
        """Give the path at which a key is written.

        Raise `InvalidPath`, which names the fault, where there is none, now or when it is written.
        """
        ...

    def paths(self, key: str) -> Sequence[str]:
        """Give where a key is looked for and removed, one path or two, the first before the second.

        These are its own path, and then the key itself where that is a path which no key has. Of what
        is no key it is that alone: PFS has no such file.
        """
        ...

    def key(self, path: str) -> str:
        """Give the key of a path, or of a directory with its ``/``; where no key has it the path itself."""
        ...

    def prefix(self, text: str) -> str:
        """Give what the paths of those keys begin with that begin with `text`.

        But for the key `text` itself where that is a folder marker; and some paths that begin so belong
        to others.
        """
        ...

    def after(self, marker: str) -> str:
        """Give the text behind which are the paths of the keys that are behind `marker`, any text."""
        ...

    def list_keys(self, snapshot: Snapshot, prefix: str, delimiter: str, after: str, limit: int) -> Page:
        """List as `Snapshot.list_files` does, but keys: of `prefix`, `delimiter`, `after`, the answer.

        `FileInfo.path` is the key there. A page costs what it holds; one that is not the last is full.
        """
        ...


class _Exact:
    """Keys that are paths; what PFS refuses it refuses itself."""

    def is_key(self, key: str) -> bool:
        return is_path(key)

    def is_marker(self, key: str) -> bool:  # noqa: ARG002
        return False

    def path(self, key: str) -> str:
        return key

    def paths(self, key: str) -> Sequence[str]:
        return (key,)

    def key(self, path: str) -> str:
        return path

    def prefix(self, text: str) -> str:
        return text

    def after(self, marker: str) -> str:
        return marker

    def list_keys(self, snapshot: Snapshot, prefix: str, delimiter: str, after: str, limit: int) -> Page:
        return snapshot.list_files(prefix, delimiter, after, limit)


class _Coded:
    """Any key, coded."""

    def is_key(self, key: str) -> bool:
        return is_path(key) or not fault_of(key)

    def is_marker(self, key: str) -> bool:
        return key.endswith("/")

    def path(self, key: str) -> str:
        return path_of(key)

    def paths(self, key: str) -> Sequence[str]:
        if not self.is_key(key):
            return (key,)
        path = path_of(key)
        return (path, key) if is_path(key) and is_foreign(key) else (path,)

    def key(self, path: str) -> str:
        return key_of(path)

    def prefix(self, text: str) -> str:
        return encode(text)

    def after(self, marker: str) -> str:
        return encode(before_control(marker))

    def list_keys(self, snapshot: Snapshot, prefix: str, delimiter: str, after: str, limit: int) -> Page:
        return list_coded(snapshot, prefix, delimiter, after, limit)


EXACT: Final = _Exact()
CODED: Final = _Coded()
