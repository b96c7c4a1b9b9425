"""Conditions and ranges, as RFC 9110 has them and as S3 answers them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, Self

from s3gw.generated import errors
from s3gw.operations._etag import etag_of
from s3gw.pfs.interface import FileInfo
from s3gw.s3_error import S3Error, invalid_argument

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)", re.ASCII | re.IGNORECASE)
_ETAG = re.compile(r'(W/)?"([^"]*)"|([^",\s]+)')

# More digits than any size has: no number of this length is worth reading.
_DIGITS = 19


class NotModified(Exception):
    """What the client has is what it would get: 304."""


class Conditional(Protocol):
    """A request with the four conditions of RFC 9110; None is a header that was not sent."""

    if_match: str | None
    if_none_match: str | None
    if_modified_since: str | None
    if_unmodified_since: str | None


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a request: its headers, None where one was not sent."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None

    @classmethod
    def of(cls, request: Conditional) -> Self | None:
        """Give those of a request; None where it has none."""
        headers = (
            request.if_match,
            request.if_none_match,
            request.if_modified_since,
            request.if_unmodified_since,
        )
        return None if headers == (None, None, None, None) else cls(*headers)

    def failed(self, etag: str | None, last_modified: datetime | None) -> str | None:
        """Name the first header that does not hold, in the order of RFC 9110, section 13.2.2.

        S3 and this gateway judge If-Modified-Since of a write too, which the RFC has for reads alone.

        Args:
            etag: Of what is there, without quotes; None where nothing is.
            last_modified: Of what is there; headers know whole seconds. Without one, conditions on
                the time hold (RFC 9110, 13.1.3 and 13.1.4).
        """
        modified = None if last_modified is None else last_modified.replace(microsecond=0)
        if self.if_match is not None:
            if etag is None or not _matches(self.if_match, etag, weak=False):
                return "If-Match"
        elif (since := _date(self.if_unmodified_since)) and modified is not None and modified > since:
            return "If-Unmodified-Since"
        if self.if_none_match is not None:
            if etag is not None and _matches(self.if_none_match, etag, weak=True):
                return "If-None-Match"
        elif (since := _date(self.if_modified_since)) and modified is not None and modified <= since:
            # one in the future is not valid (RFC 9110, 13.1.3)
            return "If-Modified-Since" if since <= datetime.now(UTC) else None
        return None

    def check_read(self, etag: str, last_modified: datetime) -> None:
        """Judge the conditions of a read.

        Raises:
            S3Error: PreconditionFailed.
            NotModified: For 304.
        """
        failed = self.failed(etag, last_modified)
        if failed in ("If-None-Match", "If-Modified-Since"):
            raise NotModified
        if failed is not None:
            raise S3Error(errors.PreconditionFailed, condition=failed)


class WriteCondition:
    """The conditions of a write, as a change judges them against what it would replace.

    Attributes:
        refusal: Why it did not hold when it was judged last.
    """

    def __init__(self, conditions: Conditions) -> None:
        """Raise S3Error InvalidArgument for an If-None-Match that names nothing: it cannot be judged."""
        if conditions.if_none_match is not None and not _ETAG.search(conditions.if_none_match):
            message = "If-None-Match holds neither * nor an entity tag."
            raise invalid_argument("If-None-Match", conditions.if_none_match, message)
        self._conditions = conditions
        self.refusal: S3Error | None = None

    @classmethod
    def of(cls, conditions: Conditions | None) -> Self | None:
        """Give those of a request that has some."""
        return None if conditions is None else cls(conditions)

    def __call__(self, file: FileInfo | None) -> bool:
        """Judge them; `file` is what is there."""
        etag, modified = (None, None) if file is None else (etag_of(file), file.committed)
        failed = self._conditions.failed(etag, modified)
        if failed is None:
            self.refusal = None
        elif failed == "If-Match" and file is None:  # as S3 has it
            self.refusal = S3Error(errors.NoSuchKey)
        else:
            self.refusal = S3Error(errors.PreconditionFailed, condition=failed)
        return self.refusal is None

    def check(self, file: FileInfo | None) -> None:
        """Judge them, and raise the S3Error that tells which one failed."""
        if not self(file) and self.refusal is not None:
            raise self.refusal


def if_range_holds(if_range: str | None, etag: str, last_modified: datetime) -> bool:
    """Tell whether a Range is to be honoured: its If-Range names what is there, exactly."""
    if if_range is None:
        return True
    date = _date(if_range)
    if date is not None:
        return last_modified.replace(microsecond=0) == date
    return "*" not in if_range and _matches(if_range, etag, weak=False)


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Find the offset and length that a Range asks for; None is the whole object.

    Like S3, a header that is no single range of bytes is ignored. The last bytes of an empty object
    are all of it (RFC 9110, 14.1.2).

    Raises:
        S3Error: InvalidRange where no byte of the object lies in it.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or not (match[1] or match[2]):
        return None
    first, last = _number(match[1]), _number(match[2])
    if first is None:
        if last and not size:
            return None
        first, last = max(0, size - (last or 0)), size - 1
    elif last is not None and last < first:
        return None
    else:
        last = size - 1 if last is None else min(last, size - 1)
    if first > last:
        raise S3Error(
            errors.InvalidRange,
            headers={"Content-Range": f"bytes */{size}"},
            range_requested=match[0][:100],
            actual_object_size=str(size),
        )
    return first, last - first + 1


def _number(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS


def _matches(header: str, etag: str, *, weak: bool) -> bool:
    """Tell whether one of a list of entity tags is this one; clients send them without quotes too."""
    return any(
        bare == "*" or ((quoted or bare) == etag and (weak or not prefix))
        for prefix, quoted, bare in _ETAG.findall(header)
    )


def _date(text: str | None) -> datetime | None:
    """Read an HTTP date; one that is not valid is ignored, as RFC 9110 has it."""
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
