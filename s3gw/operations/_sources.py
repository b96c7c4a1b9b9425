"""The source of a copy: what a header names, on which conditions, and how its bytes are referred to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol
from urllib.parse import unquote_to_bytes

from s3gw.context import Context
from s3gw.digests import Digest
from s3gw.generated import errors
from s3gw.operations._conditions import Conditions
from s3gw.operations._etag import etag_of
from s3gw.operations._sessions import SessionSnapshot
from s3gw.operations._versions import Found, Named, find_version
from s3gw.operations._views import fill
from s3gw.pfs.interface import Branch, FileInfo, InvalidName, Piece, Staging
from s3gw.s3_error import S3Error, invalid_argument

_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_VERSION = "?versionId="


class Copying(Protocol):
    """A request that copies from another object."""

    copy_source: str
    copy_source_if_match: str | None
    copy_source_if_modified_since: str | None
    copy_source_if_none_match: str | None
    copy_source_if_unmodified_since: str | None

    @property
    def branch(self) -> Branch: ...

    @property
    def x_s3gw_session(self) -> str | None: ...


def source_of(context: Context, request: Copying) -> Named:
    """Tell what x-amz-copy-source names: ``bucket/key``, percent-encoded, perhaps with a versionId.

    Raises:
        S3Error: InvalidArgument, NoSuchBucket; AccessDenied where whoever asks may not read it.
    """
    header = request.copy_source
    encoded, mark, version_id = header.partition(_VERSION)
    # a plus is a space there, as in a form: clients write it so, and one that is meant as %2B
    bucket, slash, key = decoded(encoded.replace("+", " ")).removeprefix("/").partition("/")
    if not (bucket and slash and key) or (mark and not version_id):
        message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise invalid_argument("x-amz-copy-source", header, message)
    try:
        place = context.buckets.place(bucket)
    except InvalidName as error:
        context.access.require_named("read", bucket, key)
        raise S3Error(errors.NoSuchBucket, f"{errors.NoSuchBucket.message} {error}") from error
    context.access.require("read", place.branch, key)
    # a session lies over the branch that is written to, and over no other
    session = request.x_s3gw_session if place == (request.branch, None) else None
    return Named(place.branch, key, version_id or None, place.commit, session)


def decoded(text: str) -> str:
    """Decode what a header holds percent-encoded; bytes that are not UTF-8 are lone surrogates."""
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", "surrogateescape")


def find_source(context: Context, source: Named, request: Copying) -> Found:
    """Find the source of a copy, and judge the conditions on it.

    Raises:
        S3Error: As `find_version`, but InvalidRequest for a version that is a delete marker;
            PreconditionFailed.
    """
    try:
        found = find_version(context, source)
    except S3Error as error:
        if error.kind is not errors.MethodNotAllowed:
            raise
        message = "The source of a copy request may not specifically refer to a delete marker by version id."
        raise S3Error(errors.InvalidRequest, message) from error
    conditions = Conditions(
        request.copy_source_if_match,
        request.copy_source_if_none_match,
        request.copy_source_if_modified_since,
        request.copy_source_if_unmodified_since,
    )
    check_source(conditions, found.file, "x-amz-copy-source-")
    return found


def check_source(conditions: Conditions, file: FileInfo, prefix: str) -> None:
    """Judge the conditions on a source, whose headers have a prefix. Raise S3Error PreconditionFailed."""
    failed = conditions.failed(etag_of(file), file.committed)
    if failed is not None:
        raise S3Error(errors.PreconditionFailed, condition=prefix + failed)


def extent_of(header: str | None, size: int) -> tuple[int, int]:
    """Read x-amz-copy-source-range: offset and size. Raise S3Error InvalidArgument."""
    if header is None:
        return 0, size
    match = _RANGE.fullmatch(header.strip())
    if match is None or int(match[1]) > int(match[2]):
        message = (
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last "
            "are the zero-based offsets of the first and last bytes to copy"
        )
        raise invalid_argument("x-amz-copy-source-range", header, message)
    first, last = int(match[1]), int(match[2])
    if last >= size:
        message = f"Range specified is not valid for source object of size: {size}"
        raise invalid_argument("x-amz-copy-source-range", header, message)
    return first, last - first + 1


def piece_of(found: Found, offset: int = 0, size: int | None = None) -> Piece:
    """Refer to a part of an object; what a session has staged is referred to where it is."""
    snapshot, file = found.snapshot, found.file
    if isinstance(snapshot, SessionSnapshot):
        snapshot, file = snapshot.origin(file)
    return Piece(snapshot, file, offset, size)


def content_of(
    context: Context, branch: Branch, path: str, pieces: Sequence[Piece], md5: bytes | None = None
) -> tuple[object, Staging | None]:
    """Refer to pieces, see `PFS.compose`; where PFS cannot, their bytes are written again, and held there."""
    content = context.pfs.compose(branch, path, pieces, md5)
    if content is not None:
        return content, None
    staging = context.pfs.stage(branch, path, arrived=False)
    return fill(staging, _bytes_of(pieces)), staging


def read_through(found: Found, offset: int, size: int, digests: Sequence[Digest]) -> None:
    """Read a part of an object, for its digests."""
    reader = found.snapshot.read_file(found.file, offset, size)
    try:
        for block in reader:
            for digest in digests:
                digest.update(block)
    finally:
        reader.close()


def _bytes_of(pieces: Sequence[Piece]) -> Iterator[bytes]:
    for piece in pieces:
        reader = piece.snapshot.read_file(piece.file, piece.offset, piece.size)
        try:
            yield from reader
        finally:
            reader.close()
