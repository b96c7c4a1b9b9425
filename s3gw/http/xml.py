"""XML both ways: what the generated renderers and structures share.

A client's document is read while it arrives, against the structure that it must have: what S3 does
not know is refused where it begins, so that a document costs no more than what is kept of it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from s3gw.generated import errors
from s3gw.generated.wire import NAMESPACE
from s3gw.s3_error import S3Error

T = TypeVar("T")

# What every document begins with.
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

# Bytes of a tag with its attributes, or of a comment, about: each is read as one.
_LONGEST_TAG = 64 * 1024
_PIECE = 16 * 1024

# Characters of a text: nothing that S3 knows has more than a few thousand.
_LONGEST_TEXT = 16 * 1024

_NAMESPACE = f"{{{NAMESPACE}}}"
_SPACE = " \t\r\n"
_UNSAFE = re.compile(
    r"[^\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_REFERENCES = {
    **dict.fromkeys([*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd"),
    **{code: f"&#x{code:X};" for code in [*b"\t\n\r", *range(0x7F, 0xA0)]},
    **{
        ord(character): f"&{name};"
        for character, name in zip('&<>"', ("amp", "lt", "gt", "quot"), strict=True)
    },
}


def escape(text: str) -> str:
    """Escape for XML; what XML 1.0 cannot carry (NUL, lone surrogates) becomes U+FFFD."""
    # PERF: keys seldom need it, and a search costs a third of a substitution
    return text.translate(_REFERENCES) if _UNSAFE.search(text) else text


def url_escape(text: str) -> str:
    """Percent-encode, as ``encoding-type=url`` asks for: bytes that are not UTF-8 come back whole."""
    return quote(text, safe="/-_.~", errors="surrogateescape")


@lru_cache(maxsize=12_288)
def timestamp(time: datetime) -> str:
    """Write a time as S3 does, ``2026-01-31T23:59:59.000Z``: whole seconds, as in Last-Modified.

    PERF: a page has a thousand, of which many are the same, and a list of buckets ten thousand. strftime
    takes twice as long.
    """
    return f"{time.astimezone(UTC).isoformat()[:19]}.000Z"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure.

    Attributes:
        name: Its name in Python.
        of: A function that reads its text, or the structure that it is.
        required: Whether it must be there.
        most: How many of it there may be, for a list; None where it may stand once.
        filled: Whether its text must hold something.
    """

    name: str
    of: Callable[[str], Any] | Structure[Any]
    required: bool = False
    most: int | None = None
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Structure(Generic[T]):
    """What an element holds.

    Attributes:
        make: Makes the value of the members that are there, by their names in Python.
        members: Element -> member.
        attributes: Attribute, with its namespace -> member; others mean nothing.
        refuses: Element -> the feature that it asks for, unless it is empty.
    """

    make: Callable[..., T]
    members: Mapping[str, Member]
    attributes: Mapping[str, Member] = field(default_factory=dict)
    refuses: Mapping[str, str] = field(default_factory=dict)


def parse(blocks: Iterable[bytes], structure: Structure[T], name: str) -> T | None:
    """Read a client's document whose root must be `name`, in S3's namespace or in none.

    Returns:
        Its value; None where there is nothing but white space.

    Raises:
        S3Error: MalformedXML, also where there is a DTD; NotImplemented for what is refused.
    """
    reader = _Reader(structure, name)
    parser: Any = DefusedXMLParser(target=reader, forbid_dtd=True)
    begun = False
    try:
        for block in blocks:
            if not begun:
                block = block.lstrip()  # noqa: PLW2901 - as S3, which takes white space before the document
                begun = bool(block)
            _feed(parser, reader, block)
        return cast("T", parser.close()) if begun else None
    except DefusedXmlException as error:
        raise _malformed("A DTD or an entity declaration is not accepted.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise _malformed(f"The XML is not well-formed: {error}") from error


def _feed(parser: Any, reader: _Reader, block: bytes) -> None:
    """Read a block piece by piece, so that nothing is longer that is read as one."""
    for begin in range(0, len(block), _PIECE):
        piece = block[begin : begin + _PIECE]
        reader.unread += len(piece)
        parser.feed(piece)
        if reader.unread > _LONGEST_TAG:
            raise _malformed("A tag, or a comment, is too long.")


def _malformed(what: str) -> S3Error:
    return S3Error(errors.MalformedXML, what)


class _Holding:
    """An element with members, in progress."""

    def __init__(self, name: str, structure: Structure[Any]) -> None:
        self.name = name
        self._structure = structure
        self._found: dict[str, Any] = {}

    def read(self, attributes: Mapping[str, str]) -> None:
        """Take the attributes of its own element."""
        for name, member in self._structure.attributes.items():
            if name in attributes:
                assert not isinstance(member.of, Structure)
                self._found[member.name] = member.of(attributes[name])

    def open(self, name: str) -> _Holding | _Scalar | _Refused:
        """Begin an element in it."""
        member = self._structure.members.get(name)
        if member is None:
            if name in self._structure.refuses:
                return _Refused(name, self._structure.refuses[name])
            raise _malformed(f"{self.name} has no element {name[:80]}.")
        held = self._found.get(member.name)
        if member.most is None and held is not None:
            raise _malformed(f"{name} may stand only once.")
        if member.most is not None and held is not None and len(held) >= member.most:
            raise _malformed(f"There may be {member.most} of {name} at the most.")
        return _Holding(name, member.of) if isinstance(member.of, Structure) else _Scalar(name, member)

    def take(self, name: str, value: Any) -> None:
        """Take the value of an element in it."""
        member = self._structure.members.get(name)
        if member is None:  # it was refused, and asked for nothing
            return
        if member.most is None:
            self._found[member.name] = value
        else:
            self._found.setdefault(member.name, []).append(value)

    def text(self, data: str) -> None:
        if data.strip(_SPACE):
            raise _malformed(f"{self.name} holds elements, and text between them.")

    def end(self) -> Any:
        structure = self._structure
        for name, member in itertools.chain(structure.members.items(), structure.attributes.items()):
            if member.required and member.name not in self._found:
                raise _malformed(f"{name} is missing in {self.name}.")
        return structure.make(**self._found)


class _Scalar:
    """An element with text, in progress."""

    def __init__(self, name: str, member: Member) -> None:
        self.name = name
        self._member = member
        self._pieces: list[str] = []
        self._room = _LONGEST_TEXT

    def open(self, name: str) -> _Scalar:
        raise _malformed(f"{self.name} holds text, and no element {name[:80]}.")

    def text(self, data: str) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise _malformed(f"The text of {self.name} is too long.")
        self._pieces.append(data)

    def end(self) -> Any:
        text = "".join(self._pieces)
        if self._member.filled and not text:
            raise _malformed(f"{self.name} is empty.")
        assert not isinstance(self._member.of, Structure)
        return self._member.of(text)


class _Refused:
    """An element that asks for a feature as soon as there is something in it."""

    def __init__(self, name: str, feature: str) -> None:
        self.name = name
        self._feature = feature

    def open(self, name: str) -> _Refused:  # noqa: ARG002
        message = f"The element {self.name} asks for {self._feature}, which is not supported: leave it out."
        raise S3Error(errors.NotImplemented, message)

    def text(self, data: str) -> None:
        if data.strip(_SPACE):
            self.open("")

    def end(self) -> None:
        return None


class _Reader:
    """What `DefusedXMLParser` tells what it finds: the elements that are open, the root first.

    Attributes:
        unread: Bytes that were read since it has found something; whoever reads adds to it.
    """

    unread = 0

    def __init__(self, structure: Structure[Any], name: str) -> None:
        self._structure = structure
        self._name = name
        self._open: list[_Holding | _Scalar | _Refused] = []
        self._value: Any = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.unread = 0
        name = tag.removeprefix(_NAMESPACE)
        if not self._open and name != self._name:
            raise _malformed(f"The document must be a {self._name}.")
        opened = self._open[-1].open(name) if self._open else _Holding(name, self._structure)
        if attributes and isinstance(opened, _Holding):
            opened.read(attributes)
        self._open.append(opened)

    def data(self, data: str) -> None:
        self.unread = 0
        self._open[-1].text(data)

    def end(self, _tag: str) -> None:
        self.unread = 0
        ended = self._open.pop()
        self._value = ended.end()
        if self._open:
            holding = self._open[-1]
            assert isinstance(holding, _Holding)
            holding.take(ended.name, self._value)

    def close(self) -> Any:
        return self._value


def string(text: str) -> str:
    """Read a text."""
    return text


def integer(text: str) -> int:
    """Read a number of at most 18 digits."""
    if not _NUMBER.fullmatch(text.strip(_SPACE)):
        raise _malformed("A number is none.")
    return int(text)


def boolean(text: str) -> bool:
    """Read ``true`` or ``false``, in any case, or ``1`` or ``0``."""
    text = text.strip().lower()
    if text not in ("true", "false", "1", "0"):
        raise _malformed("A boolean is neither true nor false.")
    return text in ("true", "1")
