"""Objects: files in the HEAD commit of a branch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from s3gw.operations._answers import present
from s3gw.operations._checksums import FULL_OBJECT, checksums_by_name, named_checksums
from s3gw.operations._conditions import Conditions, WriteCondition
from s3gw.operations._etag import etag_of
from s3gw.operations._markers import marker_with_body, without_bytes
from s3gw.operations._properties import Properties
from s3gw.operations._reads import find_key, inspect_key, snapshot_of
from s3gw.operations._removals import ATTEMPTS, refuse_directory_conditions, targets
from s3gw.operations._versions import NULL, check_version
from s3gw.operations._views import fill, view_of
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import (
    Change,
    ConditionFailed,
    Delete,
    FileInfo,
    Put,
    Snapshot,
)
from s3gw.s3_error import S3Error


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
    body = _body(context, request)
    staging = view.stage(path, arrived=request.body.arrived)
    content = fill(staging, body)
    checksums = checksums_by_name(request.body.checksums)
    checksum_type = FULL_OBJECT if checksums else None
    if properties is not None:
        properties = replace(properties, checksums=checksums, checksum_type=checksum_type)
    put = Put(path, content, condition, None if properties is None else properties.to_bytes())

    def then(change: Change) -> PutObjectResult:
        return PutObjectResult(
            etag=etag_of(change.file),
            checksum_type=checksum_type,
            version_id=view.version(change),
            **named_checksums(checksums),
        )

    return view.pending(view.put(put), then, staging, condition)


def _body(context: Context, request: PutObjectRequest) -> Iterable[bytes]:
    """Give the body; a folder marker has none."""
    if not context.keys.is_marker(request.key):
        return request.body
    if request.body.length:
        raise marker_with_body()
    return without_bytes(request.body)


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
    deletes = [Delete(*target) for target in targets(context, request.key, found, condition)]
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
    return [Delete(*target) for target in targets(context, identifier.key, found, condition)]
