"""Objects of the extended profile: their versions, and what they carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from s3gw.addressing.keys import check_key
from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.documents import (
    CommonPrefix,
    Deleted,
    DeleteError,
    DeleteMarker,
    DeleteResult,
    ListVersionsResult,
    ObjectVersion,
)
from s3gw.generated.parsers import ObjectIdentifier
from s3gw.generated.requests import (
    DeleteObjectRequest,
    DeleteObjectResult,
    DeleteObjectsRequest,
    GetObjectRequest,
    GetObjectResult,
    HeadObjectRequest,
    HeadObjectResult,
    ListObjectVersionsRequest,
)
from s3gw.operations._answers import present
from s3gw.operations._checksums import named_checksums
from s3gw.operations._conditions import Conditions, WriteCondition
from s3gw.operations._etag import etag_of
from s3gw.operations._history import page_of_versions
from s3gw.operations._owner import OWNER
from s3gw.operations._properties import Properties, metadata_headers
from s3gw.operations._reads import find_key
from s3gw.operations._removals import ATTEMPTS, refuse_directory_conditions, targets
from s3gw.operations._versions import (
    NULL,
    Found,
    checked,
    find_version,
    is_current,
    null_version,
    pinned_at,
    version_of,
)
from s3gw.operations._views import SessionView, View, view_of
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import (
    Branch,
    Change,
    ConditionFailed,
    Delete,
    FileInfo,
    FileReader,
    Put,
    Snapshot,
    Version,
)
from s3gw.s3_error import S3Error, invalid_argument


def get_object(context: Context, request: GetObjectRequest) -> GetObjectResult:
    """Read an object or a version of it, one range or one part; a directory is no object."""
    partly = request.range is not None or request.part_number is not None
    found = find_version(context, request, whole=not partly and Conditions.of(request) is None)
    return _present(request, found, partial(found.snapshot.read_file, found.file))


def head_object(context: Context, request: HeadObjectRequest) -> HeadObjectResult:
    """Describe an object as GetObject does."""
    return _present(request, find_version(context, request), None)


def _present(
    request: GetObjectRequest, found: Found, read: Callable[[int, int], FileReader] | None
) -> GetObjectResult:
    properties = Properties.of_bytes(found.file.properties)
    parts = properties.parts
    extent = None
    if request.part_number is not None and parts is not None and request.range is None:
        extent = parts.extent(request.part_number)
    result = present(request, found.file, read, extent)
    result.version_id = found.version_id
    if result.status == 304:  # noqa: PLR2004 - its few headers are those of `present`
        return result
    for name, value in properties.headers.items():
        if name == "content_type" and request.response_content_type is None:
            result.content_type = value
        elif name != "content_type" and getattr(result, name) is None:
            setattr(result, name, value)
    result.meta = metadata_headers(properties.metadata)
    result.tagging_count = len(properties.tags) or None
    if request.part_number is not None:
        result.mp_parts_count = None if parts is None else len(parts.sizes)
    if (request.checksum_mode or "").upper() == "ENABLED":
        checksums = properties.checksums if result.content_range is None else {}
        if extent is not None and request.part_number is not None:
            checksums = properties.checksums_of_part(request.part_number)
        result.checksum_type = properties.checksum_type if checksums else None
        for name, value in named_checksums(checksums).items():
            setattr(result, name, value)
    return result


def delete_object(context: Context, request: DeleteObjectRequest) -> Pending[DeleteObjectResult]:
    """Remove an object, which makes a delete marker; it is no error when there is none.

    Of versions only the current one can be removed: it is not in HEAD any more then, and stays in the
    history.
    """
    view = view_of(context, request)
    snapshot = view.snapshot()
    file = find_key(context, snapshot, request.key)
    condition = WriteCondition.of(Conditions.of(request))
    if condition is not None:
        condition.check(file)
    if request.version_id is not None:
        file = _current(context, view, snapshot, file, request.key, request.version_id)
        condition = None if file is None else _OnlyThis(file, condition)

    def then(change: Change) -> DeleteObjectResult:
        if request.version_id is not None:
            return DeleteObjectResult(version_id=request.version_id)
        made = None if file is None else view.version(change)
        return DeleteObjectResult(delete_marker=True if made else None, version_id=made)

    edits: list[Put | Delete] = []
    for target in [] if file is None else targets(context, request.key, file, condition):
        edits += view.delete(*target)
    return view.pending(edits, then, condition=condition)


def delete_objects(context: Context, request: DeleteObjectsRequest) -> DeleteResult:
    """Remove up to 1000 objects in one commit, with a result for each key."""
    view = view_of(context, request)
    context.pfs.inspect_branch(view.target)
    for _ in range(ATTEMPTS):
        removals = _Removals(context, view, request.document.object)
        try:
            change = view.pending(removals.edits, _itself).make(context.pfs) if removals.edits else None
        except ConditionFailed:
            continue
        made = None if change is None else view.version(change)
        deleted = () if request.document.quiet else [make(made) for make in removals.deleted]
        return DeleteResult(deleted=deleted, error=removals.failed)
    raise S3Error(errors.OperationAborted)


def _itself(change: Change) -> Change:
    return change


class _Removals:
    """What the keys of a DeleteObjects come to.

    Attributes:
        edits: That remove them.
        deleted: Each makes the result of a key from the id of the commit.
        failed: Those that cannot be removed, and why.
    """

    def __init__(self, context: Context, view: View, identifiers: Sequence[ObjectIdentifier]) -> None:
        self.edits: list[Put | Delete] = []
        self.deleted: list[Callable[[str | None], Deleted]] = []
        self.failed: list[DeleteError] = []
        self._context = context
        self._view = view
        self._snapshot = view.snapshot()
        for identifier in identifiers:
            try:
                self._add(identifier)
            except S3Error as error:
                self.failed.append(
                    DeleteError(
                        key=identifier.key,
                        version_id=identifier.version_id,
                        code=error.kind.code,
                        message=error.message,
                    )
                )

    def _add(self, identifier: ObjectIdentifier) -> None:
        self._context.access.require("delete", self._view.target, identifier.key)
        refuse_directory_conditions(identifier)
        key, version_id = check_key(identifier.key), identifier.version_id
        condition: WriteCondition | None = None
        file = None
        if self._context.pfs.is_quick or identifier.etag is not None or version_id is not None:
            file = find_key(self._context, self._snapshot, key)
            is_there = file is not None
        else:  # to look for each would take longer than to remove it
            is_there = self._context.keys.is_key(key)
        if identifier.etag is not None:
            condition = WriteCondition(Conditions(if_match=identifier.etag))
            condition.check(file)
        if version_id is not None:
            file = _current(self._context, self._view, self._snapshot, file, key, version_id)
            is_there = file is not None
            condition = None if file is None else _OnlyThis(file, condition)
        if is_there:
            for target in targets(self._context, key, file, condition):
                self.edits += self._view.delete(*target)

        def deleted(made: str | None) -> Deleted:
            if version_id is not None:
                return Deleted(key, version_id)
            marker = made if is_there else None
            return Deleted(key, delete_marker=True if marker else None, delete_marker_version_id=marker)

        self.deleted.append(deleted)


def _current(
    context: Context, view: View, snapshot: Snapshot, file: FileInfo | None, key: str, version_id: str
) -> FileInfo | None:
    """Give the file that the removal of a version takes out of HEAD: the current one, if that is it.

    None where there is no such version: like S3 a removal finds nothing to do then.

    Raises:
        S3Error: AccessDenied for a version of the history; InvalidArgument; InvalidRequest in a session.
    """
    version = checked(version_id)
    if isinstance(view, SessionView):
        raise S3Error(errors.InvalidRequest, "In a session nothing but what is there now can be removed.")
    if version is None:
        return file
    if file is not None:
        found = Found(snapshot, file, version_of(snapshot, file))
        if is_current(context, view.target, found, version):
            return file
    if _is_in_history(context, view.target, key, version):
        raise _not_current()
    return None


def _is_in_history(context: Context, branch: Branch, key: str, version: str) -> bool:
    if version == NULL:
        return null_version(context, branch, key) is not None
    try:
        pinned = pinned_at(context, branch, version)
    except S3Error:
        return False
    if find_key(context, pinned, key) is not None:
        return True
    return any(pinned.removed_in(path) == version for path in context.keys.paths(key))


def _not_current() -> S3Error:
    return S3Error(
        errors.AccessDenied,
        "History is not changed object by object: only the current version can be removed, by which a "
        "delete marker is made. Cut old commits off with `s3gw prune`, or squash them with pachctl.",
    )


class _OnlyThis(WriteCondition):
    """Lets a version be removed that is current still; `others` are what the client demands besides."""

    def __init__(self, file: FileInfo, others: WriteCondition | None) -> None:
        super().__init__(Conditions())
        self._content = file.size, file.hash, file.md5
        self._others = others

    def __call__(self, file: FileInfo | None) -> bool:
        if file is None or (file.size, file.hash, file.md5) != self._content:
            self.refusal = _not_current()
            return False
        if self._others is None:
            return True
        held = self._others(file)
        self.refusal = self._others.refusal
        return held


def list_object_versions(context: Context, request: ListObjectVersionsRequest) -> ListVersionsResult:
    """List what the commits of the branch have made of each object, the newest first."""
    if request.version_id_marker and not request.key_marker:
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument("version-id-marker", request.version_id_marker, message)
    marker = checked(request.version_id_marker or None)
    # behind what has no commit there is nothing more of its key
    listed, after = page_of_versions(context, request, None if marker == NULL else marker)
    versions = [entry for entry in listed if not isinstance(entry, str)]
    return ListVersionsResult(
        name=request.bucket,
        prefix=request.prefix,
        key_marker=request.key_marker,
        version_id_marker=request.version_id_marker,
        next_key_marker=None if after is None else after[0],
        next_version_id_marker=None if after is None else after[1],
        max_keys=request.max_keys,
        delimiter=request.delimiter or None,
        encoding_type=request.encoding_type,
        is_truncated=after is not None,
        version=[_told(context, version) for version in versions],
        common_prefixes=[CommonPrefix(entry) for entry in listed if isinstance(entry, str)],
    )


def _told(context: Context, version: Version) -> ObjectVersion | DeleteMarker:
    key, version_id = context.keys.key(version.path), version.commit or NULL
    if version.file is None:
        return DeleteMarker(
            key=key,
            version_id=version_id,
            is_latest=version.is_latest,
            last_modified=version.committed,
            owner=OWNER,
        )
    return ObjectVersion(
        key=key,
        version_id=version_id,
        is_latest=version.is_latest,
        last_modified=version.committed,
        etag=etag_of(version.file),
        size=version.file.size,
        owner=OWNER,
        storage_class="STANDARD",
    )
