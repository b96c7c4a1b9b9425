"""The request target, from its raw form: WSGI's PATH_INFO is decoded, and there %2F is a slash."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from s3gw.generated import errors
from s3gw.s3_error import S3Error

_SCHEMES = ("http", "https")
_AUTHORITY_END = re.compile(r"[/?]")
_BROKEN_ENCODING = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Target(NamedTuple):
    """Where a request goes.

    Attributes:
        level: ``service``, ``bucket`` or ``object``.
        bucket: Decoded; ``""`` at the service. In lower case where it stands in the host.
        key: Decoded; ``""`` but for an object. Bytes that are not UTF-8 are lone surrogates.
        query: Decoded parameters, of a repeated one the first; without a value it is ``""``.
        path: The raw path, as it was sent.
        repeated: Parameters that stand more than once: all of their values.
    """

    level: str
    bucket: str
    key: str
    query: dict[str, str]
    path: str
    repeated: dict[str, list[str]]


def authority_of(raw: str) -> str | None:
    """Give the host that a raw target in absolute form names; None for ``*``, and for what is no target."""
    scheme, slashes, rest = raw.partition("://")
    return _AUTHORITY_END.split(rest, 1)[0] if slashes and scheme.lower() in _SCHEMES else None


def parse(raw: str, bucket_of_host: str | None = None) -> Target:
    """Take a raw target apart: origin form, absolute form, or ``*``.

    Args:
        raw: Holds bytes as latin-1, as WSGI has it.
        bucket_of_host: The bucket that the host names: the whole path is the key then.

    Raises:
        S3Error: InvalidURI for another form, and for a ``%`` without two hex digits behind it.
    """
    path, _, query = raw.partition("?")
    if not path.startswith("/"):
        scheme, slashes, rest = path.partition("://")
        if path == "*":
            path = "/"
        elif slashes and scheme.lower() in _SCHEMES:
            path = "/" + rest.partition("/")[2]
        else:
            raise S3Error(errors.InvalidURI)
    if "%" in raw and _BROKEN_ENCODING.search(raw):
        raise S3Error(errors.InvalidURI, "A % in the URI is not followed by two hexadecimal digits.")
    parameters, repeated = _parameters(query) if query else ({}, {})
    if bucket_of_host is not None:
        key = _decode(path[1:])
        return Target("object" if key else "bucket", bucket_of_host, key, parameters, path, repeated)
    bucket, _, key = path[1:].partition("/")
    level = "object" if key else "bucket" if bucket or len(path) > 1 else "service"
    return Target(level, _decode(bucket), _decode(key), parameters, path, repeated)


def path_of(bucket: str, key: str) -> str:
    """Give the path of an object, or of a bucket where there is no key."""
    return f"/{bucket}/{quote(key, errors='surrogateescape')}" if key else f"/{bucket}"


def _decode(raw: str) -> str:
    # PERF: most names need no decoding
    if "%" not in raw and raw.isascii():
        return raw
    return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8", "surrogateescape")


def _parameters(query: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    parameters: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    text = query.encode("latin-1").decode("utf-8", "surrogateescape")
    for parameter in text.split("&"):
        if parameter:
            name, value = (
                unquote_plus(part, errors="surrogateescape") for part in parameter.partition("=")[::2]
            )
            if name in parameters:
                repeated.setdefault(name, [parameters[name]]).append(value)
            else:
                parameters[name] = value
    return parameters, repeated
