"""The access log: a line for each request."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from s3gw.server._logging import instant, is_json, write_line

# Of what a client can make as long as it likes.
_LONGEST = 256

_PLAIN = re.compile(r"[!-\[\]-~]+")


@dataclass(slots=True)
class Note:
    """What is known about a request besides its HTTP, for its line.

    Attributes:
        operation: As the catalogue names it.
        bucket: As it was asked for.
        key: As it was asked for.
        code: Of the S3 error, where it is one.
    """

    operation: str = "-"
    bucket: str = "-"
    key: str = "-"
    code: str = "-"


def access(
    *,
    request_id: str,
    note: Note,
    method: str,
    status: int | None,
    sent: int,
    started: float,
    address: str,
    agent: str,
    whole: bool,
) -> None:
    """Write the line of a request.

    Args:
        request_id: As the client was told.
        note: Operation, bucket, key and error code.
        method: HTTP's, ``-`` where the request could not be read.
        status: HTTP's, None where nothing was answered.
        sent: Bytes of the body that were handed over.
        started: When the request was complete, in seconds since 1970.
        address: Of the client.
        agent: What the client calls itself.
        whole: False when the client went away before it had everything.
    """
    now = time.time()
    milliseconds = (now - started) * 1000
    if is_json():
        fields: dict[str, Any] = {
            "time": instant(now),
            "request_id": request_id,
            "operation": note.operation,
            "bucket": _cut(note.bucket),
            "key": _cut(note.key),
            "method": _cut(method),
            "status": status,
            "code": note.code,
            "bytes": sent,
            "milliseconds": round(milliseconds, 1),
            "client": address,
            "agent": _cut(agent),
        }
        line = json.dumps(fields if whole else {**fields, "aborted": True})
    else:
        line = (
            f"{instant(now)} {request_id} {note.operation} {_escaped(note.bucket)} {_cut(method)} "
            f"{status or '-'} {sent} {milliseconds:.1f}ms {address} {note.code} {_escaped(note.key)} "
            f"{_agent(agent[: _LONGEST + 1])}{'' if whole else ' aborted'}"
        )
    write_line(line)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _escaped(text: str) -> str:
    """Write a text as one word of ASCII."""
    if _PLAIN.fullmatch(text):  # PERF: most names are
        return _cut(text)
    return "-" if not text else ascii(_cut(text))[1:-1].replace(" ", "\\x20")


# PERF: there are few, and they are long
_agent = lru_cache(maxsize=256)(_escaped)
