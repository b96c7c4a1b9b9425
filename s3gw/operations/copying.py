"""Copies and renames, by reference: no bytes move, but in front of a PFS that cannot refer to them."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from s3gw.context import Context
from s3gw.generated import documents, errors
from s3gw.generated.requests import (
    CopyObjectRequest,
    CopyObjectResult,
    RenameObjectRequest,
)
from s3gw.generated.wire import CHECKSUMS
from s3gw.operations._checksums import FULL_OBJECT, algorithm_of, encoded, named_checksums
from s3gw.operations._conditions import Conditions, WriteCondition
from s3gw.operations._etag import etag_of
from s3gw.operations._markers import marker_with_body
from s3gw.operations._properties import Parts, Properties
from s3gw.operations._reads import find_key
from s3gw.operations._removals import ATTEMPTS, targets
from s3gw.operations._sources import (
    check_source,
    content_of,
    decoded,
    find_source,
    piece_of,
    read_through,
    source_of,
)
from s3gw.operations._versions import Found, Named, find_version
from s3gw.operations._views import view_of
from s3gw.pfs.interface import Change, ConditionFailed, Delete, FileInfo, Put
from s3gw.s3_error import S3Error, invalid_argument

_REPLACE = "REPLACE"


def copy_object(context: Context, request: CopyObjectRequest) -> CopyObjectResult:
    """Make an object of another, with what that carries or with what the request says instead."""
    path = context.keys.path(request.key)
    view = view_of(context, request)
    source = source_of(context, request)
    _refuse_no_change(request, source)
    found = find_source(context, source, request)
    if context.keys.is_marker(request.key) and found.file.size:
        raise marker_with_body()
    condition = WriteCondition.of(Conditions.of(request))
    if condition is not None:
        condition.check(find_key(context, view.snapshot(), request.key))
    with view.stage(path, arrived=False):  # refuses what PFS would refuse
        pass
    properties = _properties(request, found)
    content, staging = content_of(context, view.branch, view.path(path), [piece_of(found)])
    put = Put(path, content, condition, properties.to_bytes())

    def then(made: Change) -> CopyObjectResult:
        file = made.file
        document = documents.CopyObjectResult(
            last_modified=file.committed,
            etag=etag_of(file),
            checksum_type=properties.checksum_type,
            **named_checksums(properties.checksums),
        )
        return CopyObjectResult(
            document, copy_source_version_id=found.version_id, version_id=view.version(made)
        )

    return view.pending(view.put(put), then, staging, condition).make(context.pfs)


def _refuse_no_change(request: CopyObjectRequest, source: Named) -> None:
    """Refuse a copy of an object to itself that would change nothing. Raise S3Error InvalidRequest."""
    is_itself = (source.branch, source.key, source.commit, source.version_id) == (
        request.branch,
        request.key,
        None,
        None,
    )
    changes = _REPLACE in (request.metadata_directive, request.tagging_directive)
    if is_itself and not (changes or request.checksum_algorithm or request.storage_class):
        raise S3Error(
            errors.InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing "
            "the object's metadata, storage class, website redirect location or encryption attributes.",
        )


def _properties(request: CopyObjectRequest, found: Found) -> Properties:
    """Tell what the copy carries."""
    kept = replace(Properties.of_bytes(found.file.properties), upload=None)
    said = Properties.of_request(request)
    if request.metadata_directive == _REPLACE:
        kept = replace(kept, headers=said.headers, metadata=said.metadata)
    if request.tagging_directive == _REPLACE:
        kept = replace(kept, tags=said.tags)
    algorithm = algorithm_of(request.checksum_algorithm)
    if algorithm is not None and (kept.checksum_type != FULL_OBJECT or algorithm not in kept.checksums):
        digest = CHECKSUMS[algorithm].digest()
        read_through(found, 0, found.file.size, [digest])
        parts = kept.parts and Parts(kept.parts.sizes)
        kept = replace(kept, checksums={algorithm: encoded(digest)}, checksum_type=FULL_OBJECT, parts=parts)
    return kept


def rename_object(context: Context, request: RenameObjectRequest) -> None:
    """Give an object another key: it is there or here in every commit, never twice and never nowhere.

    Raises:
        S3Error: InvalidArgument, InvalidRequest, NoSuchKey, PreconditionFailed; AccessDenied where whoever
            asks may not read the source, or not remove it; OperationAborted where
            others write to the source all the time.
    """
    key = decoded(request.rename_source).removeprefix("/")
    if not key:
        message = "x-amz-rename-source must name the key of an object in the same bucket."
        raise invalid_argument("x-amz-rename-source", request.rename_source, message)
    context.access.require("read", request.branch, key)
    context.access.require("delete", request.branch, key)
    for _ in range(ATTEMPTS):
        with contextlib.suppress(ConditionFailed):  # the source has changed
            return _rename(
                context, request, Named(request.branch, key, x_s3gw_session=request.x_s3gw_session)
            )
    raise S3Error(errors.OperationAborted)


def _rename(context: Context, request: RenameObjectRequest, source: Named) -> None:
    path = context.keys.path(request.key)
    view = view_of(context, request)
    found = find_version(context, source)
    conditions = Conditions(
        request.rename_source_if_match,
        request.rename_source_if_none_match,
        request.rename_source_if_modified_since,
        request.rename_source_if_unmodified_since,
    )
    check_source(conditions, found.file, "x-amz-rename-source-")
    if source.key == request.key:
        raise S3Error(errors.InvalidRequest, "The source and the destination of a rename are the same key.")
    if context.keys.is_marker(request.key) and found.file.size:
        raise marker_with_body()
    condition = WriteCondition.of(Conditions.of(request))
    if condition is not None:
        condition.check(find_key(context, view.snapshot(), request.key))
    content, staging = content_of(context, view.branch, view.path(path), [piece_of(found)])

    def is_unchanged(file: FileInfo | None) -> bool:
        return file is not None and (file.hash, file.size) == (found.file.hash, found.file.size)

    # the source is first: its name may be that of a directory of the other
    edits: list[Put | Delete] = []
    for target in targets(context, source.key, found.file, is_unchanged):
        edits += view.delete(*target)
    edits += view.put(Put(path, content, condition, found.file.properties))
    view.pending(edits, lambda _: None, staging, condition).make(context.pfs)
