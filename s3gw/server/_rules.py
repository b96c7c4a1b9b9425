"""What RFC 9112 asks of a server about the head of a request, once for both parsers.

Where it leaves a choice, what could be read in two ways is refused: behind a proxy that reads it in
the other way, it would be request smuggling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from s3gw.addressing.hosts import is_host
from s3gw.server._head import Head

# Of a field line, section 5; obsolete line folding (5.2) and whitespace before the colon (5.1) are none.
# NOTE: one expression for all of it would read a line that is none in the square of its length.
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TCHAR = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]")
_VERSION = re.compile(r"1\.([0-9])")
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)


class Malformed(Exception):
    """Why a request cannot be understood; its connection is closed behind the answer."""


class Framing(NamedTuple):
    """How a request is delimited, and what becomes of its connection.

    Attributes:
        length: Of the body; None where chunks tell.
        expects_continue: Whether the client waits for ``100 Continue``.
        keeps_alive: Whether the client may send another request.
    """

    length: int | None
    expects_continue: bool
    keeps_alive: bool


def field_lines(block: bytes) -> list[tuple[bytes, bytes]]:
    """Take the field lines of a head apart (5), names and values as they were sent. Raise Malformed."""
    lines = []
    for line in block.split(b"\r\n")[1:]:
        if not line:
            continue
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Malformed("A header field is malformed.")
        lines.append((name, value.strip(b" \t")))
    return lines


def joined(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give values by names in lower case; those of a field that is repeated as one (5.3)."""
    fields: dict[str, str] = {}
    for line in lines:
        name, value = line[0].decode("latin-1").lower(), line[1].decode("latin-1")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def check_beginning(data: bytes, checked: int = 0) -> None:
    """Refuse what cannot become a head any more, whatever follows (2.2, 3). Raise Malformed.

    A CR alone never ends a line; an LF alone might, by RFC 9112, and is refused.

    Args:
        data: The beginning, without empty lines.
        checked: So many bytes of it were looked at before.
    """
    begin = max(0, checked - 1)
    if data.startswith(b"\n", begin) and begin:  # of a CR that was there
        begin += 1
    ends = data.count(b"\r\n", begin)
    last = len(data) - data.endswith(b"\r")
    if data.count(b"\n", begin) != ends or data.count(b"\r", begin, last) != ends:
        raise Malformed("A line ends with CR or LF alone.")
    if not _TCHAR.match(data):
        raise Malformed("The request line does not begin with a method.")


def check_target(target: str) -> None:
    """Refuse control characters in a target (3.2). Raise Malformed."""
    if _CONTROL.search(target):
        raise Malformed("There is a control character in the request target.")


def known_version(version: str) -> str:
    """Give the version to answer in (2.3; RFC 9110, 2.5). Raise Malformed for another major one."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise Malformed("The HTTP version is not 1.0 or 1.1.")
    return "1.0" if match[1] == "0" else "1.1"


def framing_of(head: Head) -> Framing:
    """Judge a head. Raise Malformed."""
    fields = head.fields
    host = fields.get("host")
    if host is None:
        if head.version == "1.1":
            raise Malformed("There is no Host header.")  # 3.2
    elif not is_host(host):
        raise Malformed("The Host header is malformed, or there is more than one.")  # 3.2
    length = _length(head)
    connection = fields.get("connection")
    keeps_alive = head.version == "1.1"
    if connection is not None:  # 9.3
        options = {option.strip(" \t").lower() for option in connection.split(",")}
        keeps_alive = "close" not in options and (keeps_alive or "keep-alive" in options)
    expects = head.version == "1.1" and fields.get("expect", "").lower() == "100-continue"
    return Framing(length, expects, keeps_alive)


def _length(head: Head) -> int | None:
    """Give the length of the body, None where chunks tell (6.1 to 6.3)."""
    coding = head.fields.get("transfer-encoding")
    length = head.fields.get("content-length")
    if coding is not None:
        if length is not None:
            raise Malformed("Content-Length and Transfer-Encoding exclude each other.")
        if head.version == "1.0":
            raise Malformed("HTTP/1.0 has no Transfer-Encoding.")
        if coding.lower() != "chunked":
            raise Malformed("A Transfer-Encoding other than chunked is not supported.")
        return None
    if length is None:
        return 0
    if not _LENGTH.fullmatch(length):
        raise Malformed("The Content-Length is not a length.")
    return int(length)
