"""Lines on standard error: the access log, a line for each request, and all others."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from functools import lru_cache
from typing import Any

_format = "text"


def configure(log_format: str) -> None:
    """Choose ``text`` or ``json`` for this process and those forked from it."""
    global _format  # noqa: PLW0603 - a process has one standard error
    _format = log_format
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # waitress counts queued requests as trouble; here they are everyday business
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        now = _time(record.created)
        if _format == "json":
            return json.dumps({"time": now, "level": record.levelname, "message": text})
        return f"{now} {record.levelname} {text}"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _time(seconds: float) -> str:
    return f"{_second(int(seconds))}.{int(seconds * 1000) % 1000:03d}Z"


def access(
    *,
    request_id: str,
    operation: str,
    bucket: str,
    method: str,
    status: str,
    sent: int,
    started: float,
    address: str,
    whole: bool,
) -> None:
    """Write the line of a request.

    Args:
        request_id: As the client was told.
        operation: Of the catalogue, ``-`` where it is none.
        bucket: Its name, ``-`` at the service.
        method: HTTP's, ``-`` where the request could not be read.
        status: Three digits.
        sent: Bytes of the body that were handed over.
        started: When the request was complete, in seconds since 1970.
        address: Of the client.
        whole: False when the client went away before it had everything.
    """
    now = time.time()
    milliseconds = (now - started) * 1000
    if _format == "json":
        fields: dict[str, Any] = {
            "time": _time(now),
            "request_id": request_id,
            "operation": operation,
            "bucket": bucket,
            "method": method,
            "status": int(status),
            "bytes": sent,
            "milliseconds": round(milliseconds, 1),
            "client": address,
        }
        line = json.dumps(fields if whole else {**fields, "aborted": True})
    else:
        shown = ascii(bucket)[1:-1].replace(" ", "\\x20")
        line = (
            f"{_time(now)} {request_id} {operation} {shown} {method} {status} "
            f"{sent} {milliseconds:.1f}ms {address}{'' if whole else ' aborted'}"
        )
    os.write(2, f"{line}\n".encode())
