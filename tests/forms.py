"""Forms as browsers send them, and policies."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Sequence
from typing import Any

BOUNDARY = "----WebKitFormBoundaryx7"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
Fields = dict[str, str] | Sequence[tuple[str, str]]


def part(name: str, value: bytes, rest: str = "", head: str = "") -> bytes:
    """Give a part of a form; `rest` stands behind its name, `head` below."""
    disposition = f'Content-Disposition: form-data; name="{name}"{rest}\r\n{head}'
    return f"--{BOUNDARY}\r\n{disposition}\r\n".encode() + value + b"\r\n"


def form(fields: Fields, content: bytes = b"hello", filename: str = "a.txt", behind: bytes = b"") -> bytes:
    """Give a form with a file at its end, or with something behind that."""
    pairs = list(fields.items()) if isinstance(fields, dict) else fields
    parts = [part(name, value.encode("utf-8", "surrogateescape")) for name, value in pairs]
    file = part("file", content, f'; filename="{filename}"', "Content-Type: text/plain\r\n")
    return b"".join(parts) + file + behind + f"--{BOUNDARY}--\r\n".encode()


def policy(conditions: Sequence[Any], expires_in_s: float = 600, **others: Any) -> str:
    """Give a policy in base64."""
    time = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=expires_in_s)
    document = {"expiration": f"{time:%Y-%m-%dT%H:%M:%S.000Z}", "conditions": conditions, **others}
    return encoded(json.dumps(document))


def encoded(document: str) -> str:
    """Give a text in base64."""
    return base64.b64encode(document.encode()).decode()
