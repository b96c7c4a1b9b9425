"""What of a request is signed, in the forms that clients sign it in.

A client signs what it sends, and clients differ in how they write it: `%7E` and `~` are the same to HTTP,
and a proxy may write a Host with its port. Each function gives the forms that mean the same, the usual
one first; none of them is the form of another request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote_to_bytes

from s3gw.http.request import Request

# A request has one form, or a few; one that is made to have thousands, or long ones, is not signed.
_MOST_FORMS = 64
_MOST_CHARACTERS = 1024 * 1024

_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._~-]*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9=&._~-]*")
_SPACES = re.compile(r"[ \t]{2,}|\t")


def bounded(forms: Iterable[str]) -> Iterator[str]:
    """Give as many forms of a request as are tried, the first one in any case."""
    room = _MOST_CHARACTERS
    for number, form in enumerate(forms):
        room -= len(form)
        if number and (room < 0 or number > _MOST_FORMS):
            return
        yield form


def paths(request: Request) -> tuple[str, ...]:
    """Give the path: as it was sent, as AWS encodes it, and with the slashes of the key as they are.

    The AWS SDK for Java signs ``//`` and sends ``/%2F``, which is the same key. A slash that is encoded in
    the name of a bucket does not become one that ends it.
    """
    path = request.raw_target.partition("?")[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    if _PLAIN_PATH.fullmatch(path):
        return (path,)
    front, key = "/", path[1:]
    if not request.has_bucket_in_host:
        bucket, slash, key = key.partition("/")
        front = f"/{_encode(bucket)}{slash}"
    segments = "/".join(map(_encode, key.split("/")))
    return _distinct((path, front + segments, front + segments.replace("%2F", "/")))


def queries(query: str, *, without: str | None = None) -> tuple[str, ...]:
    """Give the query: as AWS encodes and sorts it, and sorted as it was sent.

    Args:
        query: What stands behind the ``?``, raw.
        without: The parameter, in lower case, that is not signed.
    """
    if not query:
        return ("",)
    sent = [parameter.partition("=")[::2] for parameter in query.split("&") if parameter]
    if _PLAIN_QUERY.fullmatch(query):
        return (_sorted(sent, sent, without),)
    encoded = [(_encode(name.replace("+", " ")), _encode(value.replace("+", " "))) for name, value in sent]
    return _distinct((_sorted(encoded, encoded, without), _sorted(sent, encoded, without)))


def _sorted(pairs: list[tuple[str, str]], encoded: list[tuple[str, str]], without: str | None) -> str:
    kept = (pair for pair, (name, _) in zip(pairs, encoded, strict=True) if name.lower() != without)
    return "&".join(f"{name}={value}" for name, value in sorted(kept))


def values(text: str) -> tuple[str, ...]:
    """Give the value of a header: with single spaces, with its fields joined closely, and as it was sent.

    A field that is sent more than once is joined by ``, `` here, and by ``,`` where it is signed.
    """
    if ", " not in text and not _SPACES.search(text):
        return (text,)
    single = _SPACES.sub(" ", text)
    return _distinct((single, single.replace(", ", ","), text))


def _encode(text: str) -> str:
    """Encode what is or is not encoded, as RFC 3986 has it; `text` holds bytes as latin-1."""
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="-._~")


def _distinct(forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(forms))
