"""Listings of the files in a commit, in the three forms that S3 has."""

from __future__ import annotations

from s3gw.context import Context
from s3gw.generated.documents import (
    CommonPrefix,
    ListObjectsResult,
    ListObjectsV2Result,
    ListVersionsResult,
    Object,
    ObjectVersion,
    Owner,
)
from s3gw.generated.requests import (
    ListObjectsRequest,
    ListObjectsV2Request,
    ListObjectVersionsRequest,
)
from s3gw.operations import _tokens
from s3gw.operations._etag import etag_of
from s3gw.operations._owner import OWNER
from s3gw.operations._reads import snapshot_of
from s3gw.operations._versions import NULL, check_version
from s3gw.operations._views import seen
from s3gw.pfs.interface import CommitNotFound, Page, Snapshot
from s3gw.s3_error import invalid_argument


def list_objects(context: Context, request: ListObjectsRequest) -> ListObjectsResult:
    """List HEAD from a marker on; each page reads the HEAD of its own time."""
    snapshot = seen(context, request)
    page = context.keys.list_keys(
        snapshot, request.prefix, request.delimiter, request.marker, request.max_keys
    )
    return ListObjectsResult(
        name=request.bucket,
        prefix=request.prefix,
        marker=request.marker,
        # S3 tells it only with a delimiter: without one it is the last key
        next_marker=page.after if request.delimiter else None,
        max_keys=request.max_keys,
        delimiter=request.delimiter or None,
        encoding_type=request.encoding_type,
        is_truncated=page.after is not None,
        contents=_objects(page, OWNER),
        common_prefixes=_prefixes(page),
    )


def list_objects_v2(context: Context, request: ListObjectsV2Request) -> ListObjectsV2Result:
    """List HEAD by pages; the continuation token pins its commit, so that all are one snapshot."""
    token = request.continuation_token
    if token is None:
        snapshot, after = seen(context, request), request.start_after
    else:
        snapshot, after = _resume(context, request, token)
    page = context.keys.list_keys(snapshot, request.prefix, request.delimiter, after, request.max_keys)
    return ListObjectsV2Result(
        name=request.bucket,
        prefix=request.prefix,
        start_after=request.start_after or None,
        continuation_token=token,
        next_continuation_token=(
            None if page.after is None else _tokens.write_position(snapshot.commit, page.after)
        ),
        key_count=len(page.files) + len(page.groups),
        max_keys=request.max_keys,
        delimiter=request.delimiter or None,
        encoding_type=request.encoding_type,
        is_truncated=page.after is not None,
        contents=_objects(page, OWNER if request.fetch_owner else None),
        common_prefixes=_prefixes(page),
    )


def _resume(context: Context, request: ListObjectsV2Request, token: str) -> tuple[Snapshot, str]:
    commit, after = _tokens.read_position(token)
    message = "The continuation token belongs to another bucket, or to one that was deleted since."
    if request.commit not in (None, commit):
        raise _tokens.refusal(token, message)
    try:
        return seen(context, request, commit), after
    except CommitNotFound as error:
        raise _tokens.refusal(token, message) from error


def list_object_versions(context: Context, request: ListObjectVersionsRequest) -> ListVersionsResult:
    """List each file of HEAD once, as the only version that it has."""
    if request.version_id_marker:
        if not request.key_marker:
            message = "A version-id marker cannot be specified without a key marker."
            raise invalid_argument("version-id-marker", request.version_id_marker, message)
        check_version(request.version_id_marker)
    snapshot = snapshot_of(context, request)
    page = context.keys.list_keys(
        snapshot, request.prefix, request.delimiter, request.key_marker, request.max_keys
    )
    return ListVersionsResult(
        name=request.bucket,
        prefix=request.prefix,
        key_marker=request.key_marker,
        version_id_marker=request.version_id_marker,
        next_key_marker=page.after,
        next_version_id_marker=NULL if page.files and page.after == page.files[-1].path else None,
        max_keys=request.max_keys,
        delimiter=request.delimiter or None,
        encoding_type=request.encoding_type,
        is_truncated=page.after is not None,
        version=[
            ObjectVersion(
                key=file.path,
                version_id=NULL,
                is_latest=True,
                last_modified=file.committed,
                etag=etag_of(file),
                size=file.size,
                owner=OWNER,
                storage_class="STANDARD",
            )
            for file in page.files
        ],
        common_prefixes=_prefixes(page),
    )


def _objects(page: Page, owner: Owner | None) -> list[Object]:
    return [
        Object(
            key=file.path,
            last_modified=file.committed,
            etag=etag_of(file),
            size=file.size,
            owner=owner,
            storage_class="STANDARD",
        )
        for file in page.files
    ]


def _prefixes(page: Page) -> list[CommonPrefix]:
    return [CommonPrefix(group) for group in page.groups]
