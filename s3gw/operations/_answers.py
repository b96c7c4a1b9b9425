"""How a file is answered to GetObject and HeadObject: conditions, ranges, headers."""

from __future__ import annotations

from collections.abc import Callable

from s3gw.generated import errors
from s3gw.generated.requests import GetObjectRequest, GetObjectResult
from s3gw.operations._conditions import Conditions, NotModified, if_range_holds, parse_range
from s3gw.operations._content_type import content_type_of
from s3gw.operations._etag import etag_of
from s3gw.pfs.interface import FileInfo, FileReader
from s3gw.s3_error import S3Error


def present(
    request: GetObjectRequest,
    file: FileInfo,
    read: Callable[[int, int], FileReader] | None,
    part: tuple[int, int] | None = None,
) -> GetObjectResult:
    """Answer a GetObject or HeadObject of a file; `part` is the offset and size that partNumber asks for."""
    etag = etag_of(file)
    conditions = Conditions.of(request)
    try:
        if conditions is not None:
            conditions.check_read(etag, file.committed)
    except NotModified:
        return GetObjectResult(status=304, etag=etag, last_modified=file.committed)
    extent = part or _extent(request, file)
    offset, length = extent or (0, file.size)
    return GetObjectResult(
        status=206 if extent else 200,
        accept_ranges="bytes",
        cache_control=request.response_cache_control,
        content_disposition=request.response_content_disposition,
        content_encoding=request.response_content_encoding,
        content_language=request.response_content_language,
        content_length=length,
        content_range=f"bytes {offset}-{offset + length - 1}/{file.size}" if extent else None,
        content_type=request.response_content_type or content_type_of(request.key),
        etag=etag,
        expires=request.response_expires,
        last_modified=file.committed,
        body=read(offset, length) if read else None,
    )


def _extent(request: GetObjectRequest, file: FileInfo) -> tuple[int, int] | None:
    """Find the offset and length that are asked for; None is the whole file."""
    if request.part_number is None:
        if not if_range_holds(request.if_range, etag_of(file), file.committed):
            return None
        return parse_range(request.range, file.size)
    if request.range is not None:
        raise S3Error(
            errors.InvalidRequest, "Cannot specify both Range header and partNumber query parameter"
        )
    if request.part_number != 1:
        raise S3Error(errors.InvalidPartNumber)
    return (0, file.size) if file.size else None
