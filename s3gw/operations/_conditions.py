"""Conditions and ranges, as RFC 9110 has them and as S3 answers them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from s3gw.errors import S3Error
from s3gw.generated import errors

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)", re.ASCII | re.IGNORECASE)
_ETAG = re.compile(r'(W/)?"([^"]*)"|([^",\s]+)')

# More digits than any size has: no number of this length is worth reading.
_DIGITS = 19


class NotModified(Exception):
    """What the client has is what it would get: 304."""


def check_read(
    etag: str,
    last_modified: datetime,
    *,
    if_match: str | None,
    if_none_match: str | None,
    if_modified_since: str | None,
    if_unmodified_since: str | None,
) -> None:
    """Judge the conditions of a read, in the order of RFC 9110, section 13.2.2.

    Args:
        etag: Of the object, without quotes.
        last_modified: Of the object; headers know whole seconds.
        if_match: The header, as all that follow; None where it was not sent.
        if_none_match: See above.
        if_modified_since: See above.
        if_unmodified_since: See above.

    Raises:
        S3Error: PreconditionFailed.
        NotModified: For 304.
    """
    modified = last_modified.replace(microsecond=0)
    if if_match is not None:
        if not _matches(if_match, etag, weak=False):
            raise S3Error(errors.PreconditionFailed)
    elif (since := _date(if_unmodified_since)) is not None and modified > since:
        raise S3Error(errors.PreconditionFailed)
    if if_none_match is not None:
        if _matches(if_none_match, etag, weak=True):
            raise NotModified
    elif (since := _date(if_modified_since)) is not None and modified <= since:
        raise NotModified


def check_write(etag: str | None, *, if_match: str | None, if_none_match: str | None) -> bool:
    """Judge the conditions of a write against the ETag of what it would replace, None for nothing.

    Raises:
        S3Error: NoSuchKey for If-Match where there is nothing, NotImplemented for an If-None-Match
            other than ``*``, as S3 has it.
    """
    if if_none_match is not None:
        if if_none_match.strip() != "*":
            raise S3Error(errors.NotImplemented)
        if etag is not None:
            return False
    if if_match is not None:
        if etag is None:
            raise S3Error(errors.NoSuchKey)
        return _matches(if_match, etag, weak=False)
    return True


def if_range_holds(if_range: str | None, etag: str, last_modified: datetime) -> bool:
    """Tell whether a Range is to be honoured: its If-Range names what is there, exactly."""
    if if_range is None:
        return True
    date = _date(if_range)
    if date is not None:
        return last_modified.replace(microsecond=0) == date
    return if_range.strip() != "*" and _matches(if_range, etag, weak=False)


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Find the offset and length that a Range asks for; None is the whole object.

    Like S3, a header that is no single range of bytes is ignored.

    Raises:
        S3Error: InvalidRange where no byte of the object lies in it.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or not (match[1] or match[2]):
        return None
    first, last = _number(match[1]), _number(match[2])
    if first is None:
        assert last is not None
        first, last = max(0, size - last), size - 1 if last else -1
    else:
        if last is not None and last < first:
            return None
        last = size - 1 if last is None else min(last, size - 1)
    if first > last:
        raise S3Error(errors.InvalidRange, headers={"Content-Range": f"bytes */{size}"})
    return first, last - first + 1


def _number(digits: str) -> int | None:
    if not digits:
        return None
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS


def _matches(header: str, etag: str, *, weak: bool) -> bool:
    """Tell whether one of a list of entity tags is this one; clients send them without quotes too."""
    if header.strip() == "*":
        return True
    return any(
        (quoted or bare) == etag and (weak or not prefix) for prefix, quoted, bare in _ETAG.findall(header)
    )


def _date(text: str | None) -> datetime | None:
    """Read an HTTP date; one that is not valid is ignored, as RFC 9110 has it."""
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
