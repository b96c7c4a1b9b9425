"""Objects: files in the HEAD commit of a branch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from s3gw.addressing.keys import check_key
from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.documents import Deleted, DeleteError, DeleteResult
from s3gw.generated.parsers import ObjectIdentifier
from s3gw.generated.requests import (
    DeleteObjectRequest,
    DeleteObjectsRequest,
    GetObjectRequest,
    GetObjectResult,
    HeadObjectRequest,
    HeadObjectResult,
    PutObjectRequest,
    PutObjectResult,
)
from s3gw.operations._checksums import FULL_OBJECT, checksums_by_name, named_checksums
from s3gw.operations._conditions import (
    Conditions,
    NotModified,
    WriteCondition,
    if_range_holds,
    parse_range,
)
from s3gw.operations._content_type import content_type_of
from s3gw.operations._etag import etag_of
from s3gw.operations._properties import Properties
from s3gw.operations._reads import find_key, inspect_key, snapshot_of
from s3gw.operations._versions import NULL, check_version
from s3gw.operations._views import View, fill, view_of
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import (
    Change,
    ConditionFailed,
    Delete,
    FileInfo,
    FileReader,
    Put,
    Snapshot,
    Staging,
)
from s3gw.s3_error import S3Error

# How often a DeleteObjects with conditions is judged anew when another writer came between.
ATTEMPTS = 5


def get_object(context: Context, request: GetObjectRequest) -> GetObjectResult:
    """Read a file of HEAD, or one range of it; a directory is no object."""
    partly = request.range is not None or request.part_number is not None
    snapshot, file = _inspect(context, request, whole=not partly and Conditions.of(request) is None)
    return present(request, file, partial(snapshot.read_file, file))


def head_object(context: Context, request: HeadObjectRequest) -> HeadObjectResult:
    """Describe a file of HEAD as GetObject does."""
    _, file = _inspect(context, request)
    return present(request, file, None)


def put_object(context: Context, request: PutObjectRequest) -> Pending[PutObjectResult]:
    """Overwrite a file in one atomic commit; what can be refused is refused before the body."""
    path = context.keys.path(request.key)
    view = view_of(context, request)
    properties = None if request.meta is None else Properties.of_request(request)
    condition = WriteCondition.of(Conditions.of(request))
    if condition is not None:
        condition.check(find_key(context, view.snapshot(), request.key))
    staging = _stage(context, view, request, path)
    checksums = checksums_by_name(request.body.checksums)
    checksum_type = FULL_OBJECT if checksums else None
    if properties is not None:
        properties = replace(properties, checksums=checksums, checksum_type=checksum_type)
    put = Put(path, staging.finish(), condition, properties and properties.to_bytes())

    def then(change: Change) -> PutObjectResult:
        return PutObjectResult(
            etag=etag_of(the_file(change)),
            checksum_type=checksum_type,
            version_id=view.version(change),
            **named_checksums(checksums),
        )

    return Pending(view.branch, view.put(put), then, staging, condition)


def _stage(context: Context, view: View, request: PutObjectRequest, path: str) -> Staging:
    """Bring the body into PFS; a folder marker has none."""
    body: Iterable[bytes] = request.body
    if context.keys.is_marker(request.key):
        if request.body.length:
            raise _marker_with_body()
        body = _nothing(body)
    return fill(view.stage(path, arrived=request.body.arrived), body)


def _nothing(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        if block:
            raise _marker_with_body()
        yield block


def _marker_with_body() -> S3Error:
    message = "A key that ends with a slash is a folder marker, which has no bytes: send an empty body."
    return S3Error(errors.InvalidRequest, message)


def the_file(change: Change) -> FileInfo:
    """Give the one file that a change has put."""
    return next(file for file in change.files if file is not None)


def delete_object(context: Context, request: DeleteObjectRequest) -> Pending[None] | None:
    """Remove a file; it is no error when there is none, or none that PFS could have."""
    check_version(request.version_id)
    condition = WriteCondition.of(Conditions.of(request))
    found = None
    if condition is not None:
        found = find_key(context, context.pfs.snapshot(request.branch), request.key)
        condition.check(found)
    if not context.keys.is_key(request.key):
        context.pfs.inspect_branch(request.branch)
        return None
    deletes = _deletes(context, request.key, condition, found)
    return Pending(request.branch, deletes, lambda _: None, condition=condition)


def delete_objects(context: Context, request: DeleteObjectsRequest) -> DeleteResult:
    """Remove up to 1000 files in one commit, with a result for each key."""
    context.pfs.inspect_branch(request.branch)
    failed: list[DeleteError] = []
    for _ in range(ATTEMPTS):
        snapshot = context.pfs.snapshot(request.branch)
        failed, deleted, deletes = _judge(context, snapshot, request.document.object)
        try:
            if deletes:
                context.pfs.change(request.branch, deletes)
        except ConditionFailed:
            continue
        return DeleteResult(deleted=() if request.document.quiet else deleted, error=failed)
    raise S3Error(errors.OperationAborted)


def _inspect(
    context: Context, request: GetObjectRequest, *, whole: bool = False
) -> tuple[Snapshot, FileInfo]:
    check_version(request.version_id)
    snapshot = snapshot_of(context, request)
    return snapshot, inspect_key(context, snapshot, request.key, whole=whole)


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


def _judge(
    context: Context, snapshot: Snapshot, identifiers: Sequence[ObjectIdentifier]
) -> tuple[list[DeleteError], list[Deleted], list[Delete]]:
    """Tell which keys cannot be deleted and why, which are, and the edits that do it."""
    failed: list[DeleteError] = []
    deleted: list[Deleted] = []
    deletes: list[Delete] = []
    for identifier in identifiers:
        key, version_id = identifier.key, identifier.version_id
        try:
            edits = _delete(context, snapshot, identifier)
        except S3Error as error:
            failed.append(
                DeleteError(key=key, version_id=version_id, code=error.kind.code, message=error.message)
            )
        else:
            deleted.append(Deleted(key, NULL if version_id else None))
            deletes += edits
    return failed, deleted, deletes


def _delete(context: Context, snapshot: Snapshot, identifier: ObjectIdentifier) -> list[Delete]:
    """Make the edits for one key; none where PFS can have no such file."""
    check_key(identifier.key)
    check_version(identifier.version_id)
    refuse_directory_conditions(identifier)
    condition, found = None, None
    if identifier.etag is not None:
        condition = WriteCondition(Conditions(if_match=identifier.etag))
        found = find_key(context, snapshot, identifier.key)
        condition.check(found)
    if not context.keys.is_key(identifier.key):
        return []
    return _deletes(context, identifier.key, condition, found)


def _deletes(
    context: Context, key: str, condition: WriteCondition | None, found: FileInfo | None
) -> list[Delete]:
    """Remove a key wherever it may lie; the condition is of the file that it was judged of."""
    paths = context.keys.paths(key)
    judged = paths[0] if found is None else found.path
    return [Delete(path, condition if path == judged else None) for path in paths]


def refuse_directory_conditions(identifier: ObjectIdentifier) -> None:
    """Refuse what only a directory bucket judges. Raise S3Error NotImplemented."""
    if identifier.last_modified_time is not None or identifier.size is not None:
        raise S3Error(
            errors.NotImplemented,
            "LastModifiedTime and Size are conditions of directory buckets alone.",
        )
