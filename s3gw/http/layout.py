"""The layout of every answer, whoever sends it: status, headers as they are spelled, body.

Date, Server and what keeps or closes the connection are the server's own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from s3gw.generated.documents import Error, render_error
from s3gw.http.answer import Answer
from s3gw.http.request import Request
from s3gw.pfs.interface import FileReader
from s3gw.s3_error import S3Error, invalid_argument

# Statuses whose answers have no body, and no length of one.
BODILESS = frozenset((204, 304))


_METADATA = "x-amz-meta-"

# What a header can carry: no control characters but the tab, and any other byte (RFC 9110, section 5.5).
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Response(NamedTuple):
    """What goes out: `headers` as HTTP/1 spells them, `body` of no HEAD and of no bodiless status."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | FileReader | None


class _Spelled(dict[str, str]):
    """Names of header fields as HTTP/1 usually writes them, by any spelling."""

    _MOST = 1000

    def __missing__(self, name: str) -> str:
        lower = name.lower()
        if lower.startswith(_METADATA):  # clients take what follows for a name of their own
            return lower
        spelled = "ETag" if lower == "etag" else "-".join(part.capitalize() for part in lower.split("-"))
        if len(self) < self._MOST:
            self[name] = spelled
        return spelled


SPELLED = _Spelled()


def lay_out(answer: Answer, request: Request) -> Response:
    """Lay an answer out. Raise S3Error as `laid_out`."""
    return identified(laid_out(answer, request.method), request)


def identified(response: Response, request: Request) -> Response:
    """Add what tells the answer to a request from any other, and what browsers are told."""
    ids = ("X-Amz-Id-2", request.host_id), ("X-Amz-Request-Id", request.request_id)
    return Response(response.status, [*response.headers, *request.cors, *ids], response.body)


def laid_out(answer: Answer, method: str) -> Response:
    """Lay out of an answer what is the same for all equal requests.

    Raises:
        S3Error: InvalidArgument where a value is none that a header can carry; the body is closed then.
    """
    status, body = answer.status, answer.body
    headers = [(SPELLED[name], value) for name, value in answer.headers]
    # PERF: one look at all values instead of one at each
    if not _HEADER_VALUE.fullmatch("".join([value for _, value in headers])):
        if body is not None and not isinstance(body, bytes):
            body.close()
        name, value = next(pair for pair in headers if not _HEADER_VALUE.fullmatch(pair[1]))
        raise invalid_argument(name, value, f"The header {name} of the answer cannot carry such a value.")
    if isinstance(body, bytes):
        headers.append(("Content-Type", "application/xml"))
    if body is None or isinstance(body, bytes):
        is_told = status in BODILESS or any(name == "Content-Length" for name, _ in headers)
        if not is_told:
            headers.append(("Content-Length", str(len(body or b""))))
    if body is not None and (method == "HEAD" or status in BODILESS):
        if not isinstance(body, bytes):
            body.close()
        body = None
    return Response(status, headers, body)


def lay_out_error(error: S3Error, request: Request) -> Response:
    """Lay an error out: the one place that knows its document and its headers."""
    kind = error.kind
    request.error_code = kind.code
    headers = list(error.headers.items())
    if kind.retry_after_s is not None:
        headers.append(("Retry-After", str(kind.retry_after_s)))
    document = Error(
        kind.code,
        error.message,
        resource=request.resource,
        request_id=request.request_id,
        host_id=request.host_id,
        **error.members,
    )
    return lay_out(Answer(kind.status, headers, render_error(document)), request)
