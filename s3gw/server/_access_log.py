"""The access log: a line for each request; where somebody is asked who they are, it is the audit too."""

from __future__ import annotations

import json
import re
import time
from functools import lru_cache
from typing import Any

from s3gw.http.request import Request
from s3gw.server._logging import instant, is_json

# Of what a client can make as long as it likes.
_LONGEST = 256

_AUDIT = ("identity", "right", "verdict")

_PLAIN = re.compile(r"[!-\[\]-~]+")


def line_of(
    request: Request, *, status: int | None, sent: int, started: float, address: str, whole: bool
) -> str:
    """Give the line of a request.

    Args:
        request: As the application has left it.
        status: HTTP's, None where nothing was answered.
        sent: Bytes of the body that were handed over.
        started: When the request was complete, in seconds since 1970.
        address: Of the client.
        whole: False when the client went away before it had everything.
    """
    operation = request.operation.name if request.operation else "-"
    target = request.target
    bucket = target.bucket or "-" if target else "-"
    key = request.named_key or "-"
    code = request.error_code or "-"
    agent = request.headers.get("user-agent", "-")
    now = time.time()
    milliseconds = (now - started) * 1000
    if is_json():
        fields: dict[str, Any] = {
            "time": instant(now),
            "request_id": request.request_id,
            "operation": operation,
            "bucket": _cut(bucket),
            "key": _cut(key),
            "method": _cut(request.method),
            "status": status,
            "code": code,
            "bytes": sent,
            "milliseconds": round(milliseconds, 1),
            "client": address,
            "agent": _cut(agent),
        }
        if request.access is not None:
            fields |= zip(_AUDIT, _audit(request), strict=True)
        return json.dumps(fields if whole else {**fields, "aborted": True})
    line = (
        f"{instant(now)} {request.request_id} {operation} {_repeated(bucket[: _LONGEST + 1])} "
        f"{_cut(request.method)} {status or '-'} {sent} {milliseconds:.1f}ms {address} {code} "
        f"{_escaped(key)} {_repeated(agent[: _LONGEST + 1])}"
    )
    if request.access is not None:
        line += _audit_text(*_audit(request))
    return line if whole else f"{line} aborted"


@lru_cache(maxsize=1024)  # PERF: few say much
def _audit_text(identity: str, right: str, verdict: str) -> str:
    return f" identity={_escaped(identity)} right={right} verdict={verdict}"


def _audit(request: Request) -> tuple[str, str, str]:
    """Say who asked, what right that took, and the verdict: the values of `_AUDIT`."""
    access = request.access
    assert access is not None
    return (
        access.identity.name if access.identity else "-",
        request.operation.right if request.operation else "-",
        "denied" if access.is_denied else "allowed",
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _escaped(text: str) -> str:
    """Write a text as one word of ASCII."""
    if _PLAIN.fullmatch(text):  # PERF: most names are
        return _cut(text)
    return "-" if not text else ascii(_cut(text))[1:-1].replace(" ", "\\x20")


# PERF: of what is cut before, and is mostly the same
_repeated = lru_cache(maxsize=1024)(_escaped)
