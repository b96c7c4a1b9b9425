"""Continuation tokens: opaque to clients, and checked like anything that clients send."""

from __future__ import annotations

import base64
import binascii
import json

from s3gw.pfs.paths import is_commit_id
from s3gw.s3_error import S3Error, invalid_argument


def write_name(name: str) -> str:
    """Make a token that goes on behind `name`."""
    return _write([name])


def read_name(token: str) -> str:
    """Read a token of `write_name`. Raise S3Error InvalidArgument."""
    (name,) = _read(token, 1)
    return name


def write_position(commit: str, after: str) -> str:
    """Make a token that goes on behind the entry `after` of a listing of `commit`."""
    return _write([commit, after])


def read_position(token: str) -> tuple[str, str]:
    """Read a token of `write_position`. Raise S3Error InvalidArgument."""
    commit, after = _read(token, 2)
    if not is_commit_id(commit):
        raise refusal(token)
    return commit, after


def refusal(token: str, message: str = "The continuation token provided is incorrect.") -> S3Error:
    """Make the error of a token that leads nowhere."""
    return invalid_argument("continuation-token", token, message)


def _write(parts: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode()


def _read(token: str, length: int) -> list[str]:
    try:
        parts = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise refusal(token) from error
    if (
        not isinstance(parts, list)
        or len(parts) != length
        or not all(isinstance(part, str) for part in parts)
    ):
        raise refusal(token)
    return parts
