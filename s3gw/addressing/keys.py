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

import re
from collections.abc import Sequence
from typing import Final, Protocol

from s3gw.generated import errors
from s3gw.pfs.interface import InvalidPath
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


# What PFS refuses, by the greatest allowed character below it.
_REFUSED: Final = {" ": "!", "'": "()*+", ">": "?@", "Z": "[", "\\": "]^", "z": "{", "|": "}"}

_CODES: Final = {
    "~": "~0",
    **{chr(byte): f"~1{byte:02X}" for byte in range(0x7F, 0x100)},
    **{
        refused: f"{base}~{digit}"
        for base, characters in _REFUSED.items()
        for digit, refused in enumerate(characters, 2)
    },
}
_TABLE: Final = str.maketrans(_CODES)
_CHARACTERS: Final = {code: character for character, code in _CODES.items()}

_MARKER: Final = ".~2"

# What a code may begin with: a prefix that ends so is followed by codes of other keys, from ~2 on.
BASES: Final = frozenset((*_REFUSED, _MARKER[0]))

# What stands in codes, in their bases, or is coded; nothing else ever changes.
CHANGING: Final = frozenset("".join(_CODES) + "".join(_CODES.values()) + _MARKER)

_CODE: Final = re.compile("|".join(re.escape(code) for code in _CODES.values()))
_CODED: Final = re.compile(rf"(?:{_CODE.pattern}|[^~])*+")
_CONTROL: Final = re.compile(r"[\x00-\x1f]")


class _Coded:
    """Any key, coded."""

    def is_key(self, key: str) -> bool:
        return is_path(key) or not _fault(key)

    def is_marker(self, key: str) -> bool:
        return key.endswith("/")

    def path(self, key: str) -> str:
        if "~" not in key and is_path(key):
            return key
        fault = _fault(key)
        if fault:
            raise InvalidPath(f"PFS has no file for this key: {fault}.")
        return _code(key[:-1]) + _MARKER if key.endswith("/") else _code(key)

    def paths(self, key: str) -> Sequence[str]:
        if not self.is_key(key):
            return (key,)
        path = self.path(key)
        return (path, key) if "~" in key and is_path(key) and self.is_foreign(key) else (path,)

    def is_foreign(self, path: str) -> bool:
        """Tell whether no key has this path."""
        return "~" in path and self._decoded(path) is None

    def key(self, path: str) -> str:
        if "~" not in path:
            return path
        key = self._decoded(path)
        return path if key is None else key

    def _decoded(self, path: str) -> str | None:
        text = path
        if text.endswith(_MARKER):
            text = f"{text.removesuffix(_MARKER)}/"
        if not _CODED.fullmatch(text):
            return None
        raw = _CODE.sub(lambda code: _CHARACTERS[code.group()], text)
        key = raw.encode("latin-1").decode("utf-8", "surrogateescape")
        return None if text is not path and _fault(key) else key

    def prefix(self, text: str) -> str:
        return _code(text)

    def after(self, marker: str) -> str:
        control = _CONTROL.search(marker)
        # keys have no control characters: those behind the marker are those behind what is before it
        return _code(marker[: control.start()] if control else marker)


def _code(text: str) -> str:
    if text.isascii():
        return text.translate(_TABLE)
    return _bytes(text).decode("latin-1").translate(_TABLE)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # other surrogates: no target has them, a token may
        return text.encode("utf-8", "surrogatepass")


def _fault(key: str) -> str:
    """Say why there can be no such key; nothing where there can."""
    control = _CONTROL.search(key)
    if control:
        return f"{control.group()!a} is a control character"
    elements = key.split("/")
    if key.endswith("/"):
        elements.pop()
    if not elements or not elements[0]:
        return "it begins with a slash" if key else "it is empty"
    faults = {"": "an empty element (//)", ".": "the element '.'", "..": "the element '..'"}
    return next((f"it has {fault}" for element, fault in faults.items() if element in elements), "")


EXACT: Final = _Exact()
CODED: Final = _Coded()
