"""XML both ways: what the generated renderers and parsers share."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from s3gw.errors import S3Error
from s3gw.generated import errors

__all__ = [
    "Element",
    "boolean",
    "escape",
    "items",
    "optional",
    "parse",
    "required",
    "string",
    "timestamp",
    "url_escape",
]

T = TypeVar("T")
D = TypeVar("D")

_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_UNSAFE = re.compile(
    r"[^\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_REFERENCES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#x9;",
    "\n": "&#xA;",
    "\r": "&#xD;",
}


def escape(text: str) -> str:
    """Escape for XML; what XML 1.0 cannot carry (NUL, lone surrogates) becomes U+FFFD."""
    # PERF: keys seldom need it, and a search costs a third of a substitution
    return _UNSAFE.sub(_reference, text) if _UNSAFE.search(text) else text


def _reference(match: re.Match[str]) -> str:
    character = match.group()
    if "\x7f" <= character <= "\x9f":
        return f"&#x{ord(character):X};"
    return _REFERENCES.get(character, "\ufffd")


def url_escape(text: str) -> str:
    """Percent-encode, as ``encoding-type=url`` asks for: bytes that are not UTF-8 come back whole."""
    return quote(text, safe="/-_.~", errors="surrogateescape")


@lru_cache(maxsize=4096)
def timestamp(time: datetime) -> str:
    """Write a time as S3 does, ``2026-01-31T23:59:59.000Z``: whole seconds, as in Last-Modified.

    PERF: a page has a thousand, of which many are the same; to look one up takes a fifth.
    """
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def parse(document: bytes, name: str) -> Element:
    """Parse a client's document whose root must be `name`, in S3's namespace or in none.

    Raises:
        S3Error: MalformedXML; also where there is a DTD or an entity of its own.
    """
    try:
        root: Element = ElementTree.fromstring(document, forbid_dtd=True)
    except DefusedXmlException as error:
        raise S3Error(errors.MalformedXML, "A DTD or an entity declaration is not accepted.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise S3Error(errors.MalformedXML, f"The XML is not well-formed: {error}") from error
    if root.tag.removeprefix(_NAMESPACE) != name:
        raise S3Error(errors.MalformedXML, f"The document must be a {name}.")
    return root


def _find(element: Element, name: str) -> list[Element]:
    return [child for child in element if child.tag.removeprefix(_NAMESPACE) == name]


def optional(element: Element, name: str, read: Callable[[Element], T], default: D) -> T | D:
    """Read the one child called `name`, or give `default` where there is none."""
    found = _find(element, name)
    if len(found) > 1:
        raise S3Error(errors.MalformedXML, f"{name} may stand only once.")
    return read(found[0]) if found else default


def required(element: Element, name: str, read: Callable[[Element], T]) -> T:
    """Read the one child called `name`."""
    value = optional(element, name, read, None)
    if value is None:
        raise S3Error(errors.MalformedXML, f"{name} is missing.")
    return value


def items(element: Element, name: str, read: Callable[[Element], T], maximum: int) -> list[T]:
    """Read all children called `name`: at least one, at most `maximum`."""
    found = _find(element, name)
    if not 0 < len(found) <= maximum:
        raise S3Error(errors.MalformedXML, f"There must be 1 to {maximum} of {name}, not {len(found)}.")
    return [read(child) for child in found]


def string(element: Element) -> str:
    """Read the text of an element."""
    return element.text or ""


def boolean(element: Element) -> bool:
    """Read ``true`` or ``false``, in any case, or ``1`` or ``0``."""
    text = string(element).strip().lower()
    if text not in ("true", "false", "1", "0"):
        raise S3Error(errors.MalformedXML, "A boolean is neither true nor false.")
    return text in ("true", "1")
