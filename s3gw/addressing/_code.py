"""The code of keys in paths, as `s3gw.addressing.keys` describes it."""

from __future__ import annotations

import re
from typing import Final

from s3gw.pfs.interface import InvalidPath
from s3gw.pfs.paths import is_path

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

# What a code of one character more may begin with: behind a prefix that ends so lie, from ~2 on, other keys.
_BASES: Final = (*_REFUSED, _MARKER[0])

# What is coded, or stands in a code.
_CHANGING: Final = frozenset(f"{''.join(_CODES)}{''.join(_CODES.values())}{_MARKER}/")

_CODE: Final = re.compile("|".join(re.escape(code) for code in _CODES.values()))
_CODED: Final = re.compile(rf"(?:{_CODE.pattern}|[\x00-\x7d])*+")
_CONTROL: Final = re.compile(r"[\x00-\x1f]")


def fault_of(key: str) -> str:
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


def encode(text: str) -> str:
    """Code any text, character by character; control characters stay."""
    if text.isascii():
        return text.translate(_TABLE)
    return _bytes(text).decode("latin-1").translate(_TABLE)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # other surrogates: no target has them, a token may
        return text.encode("utf-8", "surrogatepass")


def path_of(key: str) -> str:
    """Give the path of a key. Raise `InvalidPath` where there can be no such key."""
    if "~" not in key and is_path(key):
        return key
    fault = fault_of(key)
    if fault:
        raise InvalidPath(f"PFS has no file for this key: {fault}.")
    return encode(key[:-1]) + _MARKER if key.endswith("/") else encode(key)


def key_of(path: str) -> str:
    """Give the key of a path, or of a directory with its ``/``; where no key has it the path itself."""
    if "~" not in path:
        return path
    key = _decoded(path)
    return path if key is None else key


def is_foreign(path: str) -> bool:
    """Tell whether no key has this path, or this directory."""
    return "~" in path and _decoded(path) is None


def _decoded(path: str) -> str | None:
    text = path
    if text.endswith(_MARKER):
        text = f"{text.removesuffix(_MARKER)}/"
    if not _CODED.fullmatch(text):
        return None
    raw = _CODE.sub(lambda code: _CHARACTERS[code.group()], text)
    key = raw.encode("latin-1").decode("utf-8", "surrogateescape")
    return None if text is not path and fault_of(key) else key


def before_control(text: str) -> str:
    """Cut a text at its first control character: the same keys are behind what is left of it."""
    control = _CONTROL.search(text)
    return text[: control.start()] if control else text


def has_strangers(code: str) -> bool:
    """Tell whether paths may begin with the code of a prefix, and their keys not with the prefix."""
    return code.endswith(_BASES)


def is_same_in_paths(delimiter: str) -> bool:
    """Tell whether keys and their paths have a delimiter at the same places; of ``/`` markers know more."""
    return delimiter.isascii() and _CHANGING.isdisjoint(delimiter)
