"""A request as it arrives: its head, and its body where that is small."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from s3gw.generated import errors
from s3gw.s3_error import S3Error
from s3gw.server._body import BodyStream
from s3gw.server._head import Head, read_plain_head
from s3gw.server._rules import (
    Malformed,
    check_beginning,
    check_target,
    field_lines,
    framing_of,
    joined,
    known_version,
)
from s3gw.server._settings import Settings
from s3gw.server._waitress import parse_head

# 8 KiB of URL and as much of headers are S3's own limits; signatures and metadata need room.
HEADER_LIMIT = 64 * 1024

# Bodies up to this size are received by the loop.
SMALL = 64 * 1024


@dataclass(slots=True)
class WireRequest:
    """A request.

    Attributes:
        method: ``-`` where the head could not be read.
        target: Raw.
        version: ``1.0`` or ``1.1``, of the answer.
        fields: Values of header fields by names in lower case.
        keeps_alive: Whether another request may follow on the connection.
        is_chunked: Whether the body comes in chunks.
        body: All of it, where it is small.
        stream: The body, where it is still arriving.
        refusal: Why it is not served.
    """

    method: str = "-"
    target: str = ""
    version: str = "1.1"
    fields: dict[str, str] = field(default_factory=dict)
    keeps_alive: bool = False
    is_chunked: bool = False
    body: bytes = b""
    stream: BodyStream | None = None
    refusal: S3Error | None = None


class RequestReader:
    """Reads one request after the other.

    Attributes:
        deadline: When the request that has begun must be here, on the clock of `time.monotonic`;
            None where none has begun.
    """

    def __init__(self, settings: Settings) -> None:
        self.deadline: float | None = None
        self._settings = settings
        self._held = b""
        self._request: WireRequest | None = None
        self._body = bytearray()
        self._missing = 0

    @property
    def has_part(self) -> bool:
        """Whether a part of a request is here."""
        return bool(self._held or self._request)

    @property
    def begun(self) -> WireRequest | None:
        """The request whose body is still to come, all of it or a part."""
        return self._request

    def feed(self, data: bytes) -> tuple[WireRequest | None, bytes]:
        """Take bytes.

        Returns:
            A request, where one is complete now, and the bytes behind it.
        """
        try:
            if self._request is None:
                data = self._feed_head(data)
            if self._missing:
                data = self._feed_body(data)
        except Malformed as error:
            refusal = S3Error(errors.BadRequest, f"{errors.BadRequest.message} {error}")
            return self._refuse(refusal, self._held or data), b""
        except S3Error as error:
            return self._refuse(error, self._held or data), b""
        request = self._request
        if request is None or self._missing:
            return None, b""
        if self._body:
            request.body = bytes(self._body)
            self._body.clear()
        self._request = self.deadline = None
        return request, data

    def refuse(self, error: S3Error) -> WireRequest:
        """Give what has come of a request as one that is not served."""
        return self._refuse(error, self._held)

    def _feed_head(self, data: bytes) -> bytes:
        """Read the head, once it is whole; gives the bytes behind it. Raise Malformed, S3Error."""
        if self._held:
            data = self._held + data
        head = read_plain_head(data) or _read_other_head(data, len(self._held))
        if (len(data) if head is None else head.size) > HEADER_LIMIT:
            raise S3Error(errors.RequestHeaderSectionTooLarge)
        if head is None:
            self._held = data.lstrip(b"\r\n")
            if self.deadline is None:
                self.deadline = time.monotonic() + self._settings.header_timeout_s
            return b""
        self._held = b""
        self._request = request = WireRequest(head.method, head.target, head.version, head.fields)
        framing = framing_of(head)
        request.keeps_alive = framing.keeps_alive
        request.is_chunked = framing.length is None
        rest = data[head.size :]
        if framing.length is None or framing.length > SMALL or framing.expects_continue:
            request.stream = BodyStream(
                framing.length, waits=framing.expects_continue, min_rate=self._settings.upload_min_rate
            )
            request.stream.feed(rest)
            return b""
        self._missing = framing.length
        if self._missing > len(rest):
            allowed_s = self._settings.header_timeout_s + self._missing / self._settings.upload_min_rate
            self.deadline = time.monotonic() + allowed_s
        return rest

    def _feed_body(self, data: bytes) -> bytes:
        part = data[: self._missing]
        self._body += part
        self._missing -= len(part)
        return data[len(part) :]

    def _refuse(self, error: S3Error, begun: bytes) -> WireRequest:
        """Give it as one that is not served; what has `begun` with HEAD is answered without a body."""
        is_head = begun.lstrip(b"\r\n").startswith(b"HEAD ")
        request = self._request or WireRequest(method="HEAD" if is_head else "-")
        request.refusal = error
        request.keeps_alive = False
        self._request = self.deadline = None
        self._held = b""
        self._body.clear()
        self._missing = 0
        return request


def _read_other_head(data: bytes, checked: int) -> Head | None:
    """Read a head that is not plain; None where more of it must come. Raise Malformed.

    `checked` bytes of it were looked at before.
    """
    block = data.lstrip(b"\r\n")  # empty lines before a request are ignored: RFC 9112, 2.2
    checked = max(0, checked - len(data) + len(block))
    end = block.find(b"\r\n\r\n", max(0, checked - 3)) + 4
    whole = end > 3  # noqa: PLR2004 - it was found
    if block:
        check_beginning(block[:end] if whole else block, checked)
    if not whole:
        return None
    line, lines = block[: block.index(b"\r\n")], field_lines(block[:end])
    method, target, version = parse_head(line, lines)
    check_target(target)
    size = len(data) - len(block) + end
    return Head(method, target, known_version(version), joined(lines), size)
