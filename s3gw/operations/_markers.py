"""Folder markers: keys that end in a slash, which have no bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from s3gw.generated import errors
from s3gw.s3_error import S3Error


def without_bytes(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Give the blocks of a body that has none. Raise S3Error InvalidRequest."""
    for block in blocks:
        if block:
            raise marker_with_body()
        yield block


def marker_with_body() -> S3Error:
    """Make the refusal of a folder marker that has bytes."""
    message = "A key that ends with a slash is a folder marker, which has no bytes: send an empty body."
    return S3Error(errors.InvalidRequest, message)
