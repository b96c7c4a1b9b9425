"""Tags of objects. To change them is to make a new version of the same bytes: a commit stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.documents import Tag, Tagging
from s3gw.generated.requests import (
    DeleteObjectTaggingRequest,
    DeleteObjectTaggingResult,
    GetObjectTaggingRequest,
    GetObjectTaggingResult,
    PutObjectTaggingRequest,
    PutObjectTaggingResult,
)
from s3gw.operations._properties import Properties, checked_tags
from s3gw.operations._sources import content_of
from s3gw.operations._versions import Named, checked, find_version, is_current
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import ConditionFailed, FileInfo, Piece, Put
from s3gw.s3_error import S3Error


def get_object_tagging(context: Context, request: GetObjectTaggingRequest) -> GetObjectTaggingResult:
    """Tell the tags of an object or of a version of it."""
    found = find_version(context, request)
    tags = Properties.of_bytes(found.file.properties).tags
    document = Tagging([Tag(key, value) for key, value in sorted(tags.items())])
    return GetObjectTaggingResult(document, version_id=found.version_id)


def put_object_tagging(context: Context, request: PutObjectTaggingRequest) -> PutObjectTaggingResult:
    """Replace the tags of an object."""
    tags = checked_tags([(tag.key, tag.value) for tag in request.document.tag_set.tag])
    return PutObjectTaggingResult(version_id=_change(context, request, tags))


def delete_object_tagging(context: Context, request: DeleteObjectTaggingRequest) -> DeleteObjectTaggingResult:
    """Take the tags of an object away."""
    return DeleteObjectTaggingResult(version_id=_change(context, request, {}))


def _change(
    context: Context,
    request: PutObjectTaggingRequest | DeleteObjectTaggingRequest,
    tags: Mapping[str, str],
) -> str | None:
    """Give the current version of an object other tags; the id of the version that this makes."""
    if not context.pfs.keeps_properties:
        raise S3Error(
            errors.NotImplemented,
            "PFS in a cluster has no place for tags: start the gateway with --properties-repo.",
        )
    find_version(context, Named(request.branch, request.key, request.version_id))
    current = find_version(context, Named(request.branch, request.key))
    version = checked(request.version_id)
    if version is not None and not is_current(context, request.branch, current, version):
        raise S3Error(errors.AccessDenied, "A version that is not the current one cannot be changed.")
    properties = Properties.of_bytes(current.file.properties)
    if properties.tags == tags:
        return current.version_id
    path = current.file.path
    piece = Piece(current.snapshot, current.file)
    content, staging = content_of(context, request.branch, path, [piece])

    def is_unchanged(file: FileInfo | None) -> bool:
        return file is not None and (file.hash, file.properties) == (
            current.file.hash,
            current.file.properties,
        )

    put = Put(path, content, is_unchanged, replace(properties, tags=tags).to_bytes())
    pending = Pending(request.branch, [put], lambda change: change.commit, staging)
    try:
        return pending.make(context.pfs)
    except ConditionFailed as error:
        raise S3Error(errors.OperationAborted) from error
