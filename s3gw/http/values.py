"""Query parameters and headers as values; a bad one is InvalidArgument and names itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import TypeVar

from s3gw.http import xml
from s3gw.s3_error import invalid_argument

Default = TypeVar("Default", int, None)
Document = TypeVar("Document")
DefaultText = TypeVar("DefaultText", str, None)

# Sign and digits, without zeros before them: Python refuses to read very many.
_INTEGER = re.compile(r"(-?)0*([0-9]{1,10})", re.ASCII)
_SIZE = re.compile(r"0*([0-9]{1,18})", re.ASCII)

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)

# What a header can carry: no control characters but the tab (RFC 9110, section 5.5), in latin-1.
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


def integer(
    name: str,
    text: str | None,
    *,
    default: Default = None,  # type: ignore[assignment]
    minimum: int = -(2**31),
    maximum: int = 2**31 - 1,
    cap: int | None = None,
) -> int | Default:
    """Read an integer; no text at all is the default, more than `cap` is cut to it."""
    if not text:
        return default
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise invalid_argument(name, text, f"The parameter {name} is not an integer.")
    value = int(match[1] + match[2])
    if not minimum <= value <= maximum:
        raise invalid_argument(name, text, f"The parameter {name} must lie between {minimum} and {maximum}.")
    return value if cap is None else min(value, cap)


def size_in_bytes(name: str, text: str | None) -> int | None:
    """Read a length; no text at all is none."""
    if not text:
        return None
    match = _SIZE.fullmatch(text)
    if match is None:
        raise invalid_argument(name, text, f"The header {name} is not a length.")
    return int(match[1])


def boolean(name: str, text: str | None, *, default: bool = False) -> bool:
    """Read ``true`` or ``false``; no text at all is the default."""
    if not text:
        return default
    if text.lower() not in ("true", "false"):
        raise invalid_argument(name, text, f"The parameter {name} must be true or false.")
    return text.lower() == "true"


def string(
    name: str,
    text: str | None,
    *,
    values: Collection[str],
    default: DefaultText = None,  # type: ignore[assignment]
) -> str | DefaultText:
    """Read one of `values`; no text at all is the default."""
    if not text:
        return default
    if text not in values:
        raise invalid_argument(name, text, f"The parameter {name} must be one of: {', '.join(values)}.")
    return text


def header(name: str, text: str | None) -> str | None:
    """Read a value for a header of the answer; no text at all is none."""
    if not text:
        return None
    if not HEADER_VALUE.fullmatch(text):
        raise invalid_argument(name, text, f"The parameter {name} holds what no header can carry.")
    return text


def document(text: str | None, structure: xml.Structure[Document], name: str) -> Document | None:
    """Read an XML document; no text at all is none. Raise S3Error as `xml.parse`."""
    return xml.parse([text.encode("utf-8", "surrogateescape")], structure, name) if text else None


def prefixed(prefix: str, given: Mapping[str, str]) -> dict[str, str]:
    """Read all headers that begin with a prefix, by the rest of their names."""
    found = {name[len(prefix) :]: value for name, value in given.items() if name.startswith(prefix)}
    for name in found:
        if not _TOKEN.fullmatch(name):  # a presigner may have moved anything into the query
            raise invalid_argument(prefix + name, name, "A header cannot have such a name.")
    return found


@lru_cache(maxsize=4096)
def http_date(time: datetime) -> str:
    """Write a time as HTTP does, ``Sun, 06 Nov 1994 08:49:37 GMT``."""
    return format_datetime(time, usegmt=True)
