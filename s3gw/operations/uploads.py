"""Multipart uploads: parts that nobody sees, and one atomic commit that makes an object of them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from s3gw.context import Context
from s3gw.digests import Digest
from s3gw.generated import documents, errors
from s3gw.generated.requests import (
    AbortMultipartUploadRequest,
    CompleteMultipartUploadRequest,
    CompleteMultipartUploadResult,
    CreateMultipartUploadRequest,
    CreateMultipartUploadResult,
    ListMultipartUploadsRequest,
    ListPartsRequest,
    UploadPartCopyRequest,
    UploadPartCopyResult,
    UploadPartRequest,
    UploadPartResult,
)
from s3gw.generated.wire import CHECKSUMS
from s3gw.operations import _uploads as store
from s3gw.operations._checksums import (
    COMPOSITE,
    algorithm_of,
    checksums_by_name,
    encoded,
    named_checksums,
    through,
    type_mismatch,
    type_of,
)
from s3gw.operations._completion import complete
from s3gw.operations._etag import is_md5
from s3gw.operations._markers import marker_with_body
from s3gw.operations._own import uploads
from s3gw.operations._owner import OWNER
from s3gw.operations._properties import MOST_PARTS, Properties
from s3gw.operations._reads import check_bucket
from s3gw.operations._removals import ATTEMPTS
from s3gw.operations._sources import content_of, extent_of, find_source, piece_of, read_through, source_of
from s3gw.operations._uploads import Intent, Part, Upload, UploadId
from s3gw.operations._versions import Found
from s3gw.operations._views import fill, view_of
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import (
    Change,
    ConditionFailed,
    Delete,
    PiecesGone,
    Put,
    Staging,
)
from s3gw.s3_error import S3Error, invalid_argument

# The name of a part tells its MD5, so that it has none before it is whole.
_ANY_PART = f"{store.PARTS}part"

_INITIATOR = documents.Initiator(OWNER.id, OWNER.display_name)


def create_multipart_upload(
    context: Context, request: CreateMultipartUploadRequest
) -> CreateMultipartUploadResult:
    """Begin an upload; what PFS would refuse of the object is refused now."""
    if context.keys.is_marker(request.key):
        raise marker_with_body()
    path = context.keys.path(request.key)
    algorithm = algorithm_of(request.checksum_algorithm)
    checksum_type = type_of(algorithm, request.checksum_type)
    properties = Properties.of_request(request)
    with view_of(context, request).stage(path, arrived=False):
        pass
    id_ = UploadId.new(algorithm, checksum_type, context.access.owner)
    upload = Upload(id_, request.branch, path)
    store.begin(context.pfs, upload, Intent(properties, request.x_s3gw_session))
    return CreateMultipartUploadResult(
        documents.InitiateMultipartUploadResult(request.bucket, request.key, id_.text),
        checksum_algorithm=algorithm and algorithm.upper(),
        checksum_type=checksum_type,
    )


def upload_part(context: Context, request: UploadPartRequest) -> Pending[UploadPartResult]:
    """Store a part, in the place of what has its number."""
    known, upload = store.find(context, request.branch, request.key, request.upload_id)
    body, number = request.body, _number(request.part_number)
    announced = [name.removeprefix("x-amz-checksum-") for name in body.announced]
    algorithm = _algorithm(upload.id, announced)
    md5 = None if context.pfs.keeps_md5 else hashlib.md5(usedforsecurity=False)
    own = CHECKSUMS[algorithm].digest() if algorithm and algorithm not in announced else None
    digests: list[Digest] = [digest for digest in (md5, own) if digest is not None]
    blocks: Iterable[bytes] = through(body, digests) if digests else body
    replaced = store.parts_of_number(known, upload.id, number)
    staging = context.pfs.stage(uploads(context.pfs), _ANY_PART, arrived=body.arrived)
    content = fill(staging, blocks)
    given = checksums_by_name(body.checksums)
    if own is not None and algorithm is not None:
        given = {algorithm: encoded(own)}
    md5_value = staging.md5 or (md5.digest() if md5 is not None else b"")
    checksum = next(iter(given.items()), None)
    edits = _part_edits(replaced, store.part_path(upload.id, number, md5_value, checksum), content)

    def then(_: Change) -> UploadPartResult:
        _check_still_open(context, upload, edits)
        return UploadPartResult(etag=md5_value.hex(), **named_checksums(given))

    return Pending(uploads(context.pfs), edits, then, staging)


def upload_part_copy(context: Context, request: UploadPartCopyRequest) -> UploadPartCopyResult:
    """Make a part of an object or of one range of it.

    Its bytes are read where their MD5 or checksum is not known, and written again only where PFS cannot
    refer to them.
    """
    known, upload = store.find(context, request.branch, request.key, request.upload_id)
    number = _number(request.part_number)
    found = find_source(context, source_of(context, request), request)
    offset, size = extent_of(request.copy_source_range, found.file.size)
    replaced = store.parts_of_number(known, upload.id, number)
    copied = _copy(context, found, offset, size, upload.id.algorithm)
    path = store.part_path(upload.id, number, copied.md5, copied.checksum)
    edits = _part_edits(replaced, path, copied.content)

    def then(made: Change) -> UploadPartCopyResult:
        _check_still_open(context, upload, edits)
        document = documents.CopyPartResult(
            last_modified=made.file.committed,
            etag=copied.md5.hex(),
            **named_checksums(dict([copied.checksum] if copied.checksum else [])),
        )
        return UploadPartCopyResult(document, copy_source_version_id=found.version_id)

    return Pending(uploads(context.pfs), edits, then, copied.staging).make(context.pfs)


def complete_multipart_upload(
    context: Context, request: CompleteMultipartUploadRequest
) -> CompleteMultipartUploadResult:
    """Make an object of parts, in one atomic commit that refers to them.

    Again with the same parts it answers the same, as long as the upload would have lasted.
    """
    if request.document is None:
        raise S3Error(errors.MalformedXML)
    for _ in range(ATTEMPTS):
        # the upload was completed meanwhile, or a part was sent again: what there is now tells
        with contextlib.suppress(ConditionFailed, PiecesGone):
            return complete(context, request, request.document.part)
    raise S3Error(errors.OperationAborted)


def abort_multipart_upload(context: Context, request: AbortMultipartUploadRequest) -> None:
    """Drop an upload and its parts."""
    _, upload = store.find(context, request.branch, request.key, request.upload_id)
    store.end(context.pfs, upload, None)


def list_parts(context: Context, request: ListPartsRequest) -> documents.ListPartsResult:
    """List the parts of an upload that is going on."""
    known, upload = store.find(context, request.branch, request.key, request.upload_id)
    listed: list[Part] = []
    is_truncated = False
    for part in store.parts(known, upload.id, request.part_number_marker):
        if len(listed) == request.max_parts:
            is_truncated = bool(listed)  # a page of none would never lead on
            break
        listed.append(part)
    return documents.ListPartsResult(
        bucket=request.bucket,
        key=request.key,
        upload_id=upload.id.text,
        part_number_marker=request.part_number_marker,
        next_part_number_marker=listed[-1].number if listed else 0,
        max_parts=request.max_parts,
        is_truncated=is_truncated,
        checksum_algorithm=upload.id.algorithm and upload.id.algorithm.upper(),
        checksum_type=upload.id.checksum_type,
        initiator=_INITIATOR,
        owner=OWNER,
        storage_class="STANDARD",
        part=[
            documents.Part(
                part_number=part.number,
                last_modified=part.written,
                etag=part.md5.hex(),
                size=part.file.size,
                **named_checksums(dict([part.checksum] if part.checksum else [])),
            )
            for part in listed
        ],
    )


def list_multipart_uploads(
    context: Context, request: ListMultipartUploadsRequest
) -> documents.ListMultipartUploadsResult:
    """List the uploads to a bucket that are going on, by key, then by the time when they were begun."""
    check_bucket(context, request)
    listed: list[tuple[str, UploadId | None]] = []
    is_truncated = False
    for entry in _going_on(context, request):
        if len(listed) == request.max_uploads:
            is_truncated = bool(listed)
            break
        listed.append(entry)
    last = listed[-1] if listed and is_truncated else None
    return documents.ListMultipartUploadsResult(
        bucket=request.bucket,
        key_marker=request.key_marker,
        upload_id_marker=request.upload_id_marker,
        next_key_marker=last and last[0],
        next_upload_id_marker=last[1].text if last and last[1] else None,
        prefix=request.prefix,
        delimiter=request.delimiter or None,
        max_uploads=request.max_uploads,
        encoding_type=request.encoding_type,
        is_truncated=is_truncated,
        upload=[
            documents.Upload(
                key=key,
                upload_id=id_.text,
                initiator=_INITIATOR,
                owner=OWNER,
                storage_class="STANDARD",
                initiated=id_.initiated,
                checksum_algorithm=id_.algorithm and id_.algorithm.upper(),
                checksum_type=id_.checksum_type,
            )
            for key, id_ in listed
            if id_ is not None
        ],
        common_prefixes=[documents.CommonPrefix(key) for key, id_ in listed if id_ is None],
    )


def _going_on(
    context: Context, request: ListMultipartUploadsRequest
) -> Iterator[tuple[str, UploadId | None]]:
    """Give keys with uploads, and what others are rolled up to without one."""
    branch, keys, prefix, delimiter = request.branch, context.keys, request.prefix, request.delimiter
    position = ""
    if request.key_marker:
        marker, id_marker = request.key_marker, request.upload_id_marker or None
        if id_marker is not None and UploadId.read(id_marker) is None:
            raise invalid_argument("upload-id-marker", id_marker, "Invalid uploadId marker")
        is_one = id_marker is not None and keys.is_key(marker)
        path = keys.path(marker) if is_one else keys.after(marker)
        position = store.behind(branch, path, id_marker if is_one else None)
    known = store.snapshot(context.pfs)
    group: str | None = ""
    while group is not None:
        group = None
        for path, id_ in store.going_on(known, branch, keys.prefix(prefix), position):
            key = keys.key(path)
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if not key.startswith(prefix):  # a code of another character begins like the prefix
                continue
            if end < 0:
                yield key, id_
                continue
            group = key[: end + len(delimiter)]
            if group > request.key_marker:
                yield group, None
            position = store.behind_all(branch, keys.prefix(group))
            break


def _number(number: int | None) -> int:
    if number is None:
        message = f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive"
        raise invalid_argument("partNumber", "", message)
    return number


def _algorithm(id_: UploadId, announced: Sequence[str]) -> str | None:
    """Give the algorithm of the upload.

    Raises:
        S3Error: InvalidRequest where a part has another, or none and a COMPOSITE is to be made of them.
    """
    if id_.algorithm is None or id_.algorithm in announced:
        return id_.algorithm
    if announced or id_.checksum_type == COMPOSITE:
        raise type_mismatch(id_.algorithm, announced[0] if announced else None)
    return id_.algorithm


def _part_edits(replaced: Iterable[str], path: str, content: object) -> list[Put | Delete]:
    """Give the edits that put a part in the place of those that have its number."""
    return [Put(path, content), *(Delete(other) for other in replaced)]


def _check_still_open(context: Context, upload: Upload, edits: Sequence[Put | Delete]) -> None:
    """Take a part back that was written while its upload ended. Raise S3Error NoSuchUpload."""
    if not store.is_open(store.snapshot(context.pfs), upload):
        context.pfs.change(
            uploads(context.pfs), [Delete(edit.path) for edit in edits if isinstance(edit, Put)]
        )
        raise store.no_such_upload(upload.id.text)


class _Copied(NamedTuple):
    """A part of an object as a content of its own; `staging` holds it where it was written again."""

    content: object
    md5: bytes
    checksum: tuple[str, str] | None
    staging: Staging | None


def _copy(context: Context, found: Found, offset: int, size: int, algorithm: str | None) -> _Copied:
    """Refer to a part of an object, or write it again where PFS cannot."""
    md5 = hashlib.md5(usedforsecurity=False)
    own = CHECKSUMS[algorithm].digest() if algorithm else None
    digests: list[Digest] = [md5] if own is None else [md5, own]
    is_whole = size == found.file.size
    if not (is_whole or context.pfs.composes_parts):
        blocks = through(found.snapshot.read_file(found.file, offset, size), digests)
        anew = context.pfs.stage(uploads(context.pfs), _ANY_PART, arrived=False)
        return _Copied(fill(anew, blocks), md5.digest(), _checksum(algorithm, own), anew)
    if is_whole and own is None and is_md5(found.file.md5):
        known_md5 = found.file.md5 or b""
    else:
        read_through(found, offset, size, digests)
        known_md5 = md5.digest()
    content, held = content_of(
        context, uploads(context.pfs), _ANY_PART, [piece_of(found, offset, size)], known_md5
    )
    return _Copied(content, known_md5, _checksum(algorithm, own), held)


def _checksum(algorithm: str | None, digest: Digest | None) -> tuple[str, str] | None:
    return (algorithm, encoded(digest)) if algorithm and digest else None
