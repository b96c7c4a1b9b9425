"""Multipart uploads: parts that nobody sees, and one atomic commit that makes an object of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

from s3gw.context import Context
from s3gw.digests import Digest
from s3gw.generated import documents, errors
from s3gw.generated.parsers import CompletedPart
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
    FULL_OBJECT,
    algorithm_of,
    can_be_combined,
    check_value,
    checksums_by_name,
    encoded,
    named_checksums,
    of_whole,
    through,
    type_mismatch,
    type_of,
)
from s3gw.operations._conditions import Conditions, WriteCondition
from s3gw.operations._etag import etag_of, is_md5, md5_of_parts
from s3gw.operations._markers import marker_with_body
from s3gw.operations._own import UPLOADS
from s3gw.operations._owner import OWNER
from s3gw.operations._properties import Parts, Properties
from s3gw.operations._reads import check_bucket, find_key
from s3gw.operations._removals import ATTEMPTS
from s3gw.operations._sources import content_of, extent_of, find_source, piece_of, read_through, source_of
from s3gw.operations._uploads import Intent, Part, Upload, UploadId
from s3gw.operations._versions import Found, Named, version_of
from s3gw.operations._views import View, fill, view_of
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import (
    Branch,
    Change,
    ConditionFailed,
    Delete,
    FileInfo,
    Piece,
    PiecesGone,
    Put,
    Snapshot,
    Staging,
)
from s3gw.s3_error import S3Error, invalid_argument

# Of each part but the last.
_LEAST_SIZE = 5 * 1024 * 1024
_MOST_PARTS = 10_000

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
    id_ = UploadId.new(algorithm, checksum_type)
    upload = Upload(id_, request.branch, path)
    store.begin(context.pfs, upload, Intent(properties, request.x_s3gw_session))
    return CreateMultipartUploadResult(
        documents.InitiateMultipartUploadResult(request.bucket, request.key, id_.text),
        checksum_algorithm=algorithm and algorithm.upper(),
        checksum_type=checksum_type,
    )


def upload_part(context: Context, request: UploadPartRequest) -> Pending[UploadPartResult]:
    """Store a part, in the place of what has its number."""
    known, upload = _find(context, request.branch, request.key, request.upload_id)
    body, number = request.body, _number(request.part_number)
    announced = [name.removeprefix("x-amz-checksum-") for name in body.announced]
    algorithm = _algorithm(upload.id, announced)
    md5 = None if context.pfs.keeps_md5 else hashlib.md5(usedforsecurity=False)
    own = CHECKSUMS[algorithm].digest() if algorithm and algorithm not in announced else None
    digests: list[Digest] = [digest for digest in (md5, own) if digest is not None]
    blocks: Iterable[bytes] = through(body, digests) if digests else body
    staging = fill(context.pfs.stage(UPLOADS, _ANY_PART, arrived=body.arrived), blocks)
    content = staging.finish()
    given = checksums_by_name(body.checksums)
    if own is not None and algorithm is not None:
        given = {algorithm: encoded(own)}
    md5_value = staging.md5 or (md5.digest() if md5 is not None else b"")
    checksum = next(iter(given.items()), None)
    edits = _part_edits(known, upload.id, number, content, md5_value, checksum)

    def then(_: Change) -> UploadPartResult:
        _check_still_open(context, upload, edits)
        return UploadPartResult(etag=md5_value.hex(), **named_checksums(given))

    return Pending(UPLOADS, edits, then, staging)


def upload_part_copy(context: Context, request: UploadPartCopyRequest) -> UploadPartCopyResult:
    """Make a part of an object or of one range of it.

    Its bytes are read where their MD5 or checksum is not known, and written again only where PFS cannot
    refer to them.
    """
    known, upload = _find(context, request.branch, request.key, request.upload_id)
    number = _number(request.part_number)
    found = find_source(context, source_of(context, request), request)
    offset, size = extent_of(request.copy_source_range, found.file.size)
    copied = _copy(context, found, offset, size, upload.id.algorithm)
    edits = _part_edits(known, upload.id, number, copied.content, copied.md5, copied.checksum)

    def then(made: Change) -> UploadPartCopyResult:
        _check_still_open(context, upload, edits)
        document = documents.CopyPartResult(
            last_modified=made.file.committed,
            etag=copied.md5.hex(),
            **named_checksums(dict([copied.checksum] if copied.checksum else [])),
        )
        return UploadPartCopyResult(document, copy_source_version_id=found.version_id)

    return Pending(UPLOADS, edits, then, copied.staging).make(context.pfs)


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
            return _complete(context, request, request.document.part)
    raise S3Error(errors.OperationAborted)


def _complete(
    context: Context, request: CompleteMultipartUploadRequest, asked: Sequence[CompletedPart]
) -> CompleteMultipartUploadResult:
    try:
        known, upload = _find(context, request.branch, request.key, request.upload_id)
    except S3Error:
        answered = _answered(context, request, asked)
        if answered is None:
            raise
        return answered
    intent = store.intent_of(known, upload)
    session = request.x_s3gw_session or intent.session
    view = view_of(context, Named(request.branch, request.key, x_s3gw_session=session))
    parts = _chosen(known, upload, asked)
    whole = _checked(request, upload.id, known, parts)
    checksum_type = (upload.id.checksum_type or FULL_OBJECT) if whole else None
    properties = replace(
        intent.properties,
        checksums=whole,
        checksum_type=checksum_type,
        parts=Parts(
            tuple(part.file.size for part in parts),
            tuple(part.checksum[1] for part in parts if part.checksum) if upload.id.algorithm else (),
        ),
        upload=upload.id.text,
    )
    etag, version_id = _put(context, request, view, upload, known, parts, properties)
    answer = {
        "bucket": str(request.branch),
        "key": request.key,
        "asked": _fingerprint(asked),
        "etag": etag,
        "version_id": version_id,
        "checksums": whole,
        "checksum_type": checksum_type,
    }
    store.end(context.pfs, upload, answer)
    return _result(request, answer)


def _put(
    context: Context,
    request: CompleteMultipartUploadRequest,
    view: View,
    upload: Upload,
    known: Snapshot,
    parts: Sequence[Part],
    properties: Properties,
) -> tuple[str, str | None]:
    """Make the object; its ETag and version.

    A gateway that was killed after this, and before it had dropped the upload, is not to make a second
    version of it, nor is one that completes it at the same time.

    Raises:
        ConditionFailed: It was made meanwhile.
        PiecesGone: Parts are not there any more.
        S3Error: As `WriteCondition`.
    """

    def is_made(file: FileInfo | None) -> bool:
        return file is not None and Properties.of_bytes(file.properties).upload == upload.id.text

    def is_to_be_made(file: FileInfo | None) -> bool:
        return not is_made(file) and (condition is None or condition(file))

    snapshot = view.snapshot()
    current = find_key(context, snapshot, request.key)
    if current is not None and is_made(current):
        return etag_of(current), version_of(snapshot, current)
    condition = WriteCondition.of(Conditions.of(request))
    if condition is not None:
        condition.check(current)
    path = view.path(upload.path)
    md5 = md5_of_parts([part.md5 for part in parts]) if context.pfs.keeps_md5 else None
    pieces = [Piece(known, part.file) for part in parts]
    content, staging = content_of(context, view.branch, path, pieces, md5)
    put = Put(upload.path, content, is_to_be_made, properties.to_bytes())
    made = Pending(view.branch, view.put(put), lambda made: made, staging, condition).make(context.pfs)
    return etag_of(made.file), view.version(made)


def _chosen(known: Snapshot, upload: Upload, asked: Sequence[CompletedPart]) -> list[Part]:
    """Give the parts that are asked for. Raise S3Error InvalidPart, InvalidPartOrder, EntityTooSmall."""
    stored = {part.number: part for part in store.parts(known, upload.id)}
    chosen: list[Part] = []
    for one in asked:
        if chosen and one.part_number <= chosen[-1].number:
            raise S3Error(errors.InvalidPartOrder, upload_id=upload.id.text)
        part = stored.get(one.part_number)
        if part is None or one.etag.strip('"') != part.md5.hex() or not _agrees(one, part):
            raise S3Error(
                errors.InvalidPart,
                upload_id=upload.id.text,
                part_number=str(one.part_number),
                etag=one.etag[:100],
            )
        if upload.id.checksum_type == COMPOSITE and not _checksums_of(one):
            message = (
                f"The upload was created using a {upload.id.algorithm} checksum. The complete request must "
                "include the checksum for each part. "
                f"It was missing for part {one.part_number} in the request."
            )
            raise S3Error(errors.InvalidRequest, message)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.file.size < _LEAST_SIZE:
            raise S3Error(
                errors.EntityTooSmall,
                proposed_size=str(part.file.size),
                min_size_allowed=str(_LEAST_SIZE),
                part_number=str(part.number),
                etag=part.md5.hex(),
            )
    return chosen


def _checksums_of(one: CompletedPart) -> dict[str, str]:
    """Give the checksums that a client tells of a part, by name."""
    return {name: value for name in CHECKSUMS if (value := getattr(one, f"checksum_{name}")) is not None}


def _agrees(one: CompletedPart, part: Part) -> bool:
    """Tell whether the checksums that a client tells of a part are those that it has."""
    told = _checksums_of(one)
    if part.checksum is None:
        return not told
    return all((name, value) == part.checksum for name, value in told.items())


def _checked(
    request: CompleteMultipartUploadRequest, id_: UploadId, known: Snapshot, parts: Sequence[Part]
) -> dict[str, str]:
    """Give the checksum of the whole, by name; judge what the client says of the whole.

    Raises:
        S3Error: BadDigest, InvalidRequest.
    """
    size = sum(part.file.size for part in parts)
    if request.mp_object_size is not None and request.mp_object_size != size:
        raise S3Error(
            errors.InvalidRequest,
            f"The provided 'x-amz-mp-object-size' header value {request.mp_object_size} does not match what "
            f"was computed: {size}",
        )
    kind = id_.checksum_type or FULL_OBJECT
    if request.checksum.get("type", kind).upper() != kind:
        raise S3Error(
            errors.InvalidRequest,
            f"The upload was created using the {kind} checksum mode. The complete request must use the same "
            "checksum mode.",
        )
    told = {name: request.checksum[name] for name in CHECKSUMS if request.checksum.get(name)}
    if len(told) > 1:
        raise S3Error(
            errors.InvalidRequest,
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        )
    for name, value in told.items():
        check_value(name, value)
        if id_.algorithm not in (None, name):
            raise type_mismatch(id_.algorithm or "null", name)
    algorithm = id_.algorithm or next(iter(told), None)
    if algorithm is None:
        return {}
    whole = _whole(algorithm, kind, known, parts)
    if told and told[algorithm] not in (whole, whole.partition("-")[0]):
        raise S3Error(
            errors.BadDigest,
            f"The {algorithm.upper()} you specified did not match the calculated checksum.",
        )
    return {algorithm: whole}


def _whole(algorithm: str, kind: str, known: Snapshot, parts: Sequence[Part]) -> str:
    """Give the checksum of an object of parts; they are read where theirs do not tell it."""
    values = [
        (part.checksum[1], part.file.size)
        for part in parts
        if part.checksum is not None and part.checksum[0] == algorithm
    ]
    if len(values) == len(parts) and (kind == COMPOSITE or can_be_combined(algorithm)):
        return of_whole(algorithm, kind, values)
    digest = CHECKSUMS[algorithm].digest()
    for part in parts:
        for block in known.read_file(part.file):
            digest.update(block)
    return encoded(digest)


def _fingerprint(asked: Sequence[CompletedPart]) -> str:
    """Tell one list of parts from another."""
    listed = [[one.part_number, one.etag.strip('"')] for one in asked]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def _answered(
    context: Context, request: CompleteMultipartUploadRequest, asked: Sequence[CompletedPart]
) -> CompleteMultipartUploadResult | None:
    """Answer again what a completion has answered; None where there was none of these parts."""
    id_ = UploadId.read(request.upload_id)
    answer = id_ and store.answer_of(store.snapshot(context.pfs), id_)
    if not (id_ and answer):
        return None
    if (answer["key"], answer["bucket"], answer["asked"]) != (
        request.key,
        str(request.branch),
        _fingerprint(asked),
    ):
        return None
    return _result(request, answer)


def _result(
    request: CompleteMultipartUploadRequest, answer: Mapping[str, Any]
) -> CompleteMultipartUploadResult:
    document = documents.CompleteMultipartUploadResult(
        location=f"/{request.bucket}/{quote(request.key, errors='surrogateescape')}",
        bucket=request.bucket,
        key=request.key,
        etag=answer["etag"],
        checksum_type=answer["checksum_type"],
        **named_checksums(answer["checksums"]),
    )
    return CompleteMultipartUploadResult(document, version_id=answer["version_id"])


def abort_multipart_upload(context: Context, request: AbortMultipartUploadRequest) -> None:
    """Drop an upload and its parts."""
    _, upload = _find(context, request.branch, request.key, request.upload_id)
    store.end(context.pfs, upload, None)


def list_parts(context: Context, request: ListPartsRequest) -> documents.ListPartsResult:
    """List the parts of an upload that is going on."""
    known, upload = _find(context, request.branch, request.key, request.upload_id)
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


# --- what they share --------------------------------------------------------------------------------


def _find(context: Context, branch: Branch, key: str, upload_id: str) -> tuple[Snapshot, Upload]:
    """Find an upload that is going on, in a snapshot of all. Raise S3Error NoSuchUpload."""
    context.pfs.inspect_branch(branch)
    known = store.snapshot(context.pfs)
    id_ = UploadId.read(upload_id)
    if id_ is not None and context.keys.is_key(key):
        upload = Upload(id_, branch, context.keys.path(key))
        if store.is_open(known, upload):
            return known, upload
    raise _no_such_upload(upload_id)


def _no_such_upload(upload_id: str) -> S3Error:
    return S3Error(errors.NoSuchUpload, upload_id=upload_id[:100])


def _number(number: int | None) -> int:
    if number is None:
        message = f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"
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


def _part_edits(
    known: Snapshot,
    id_: UploadId,
    number: int,
    content: object,
    md5: bytes,
    checksum: tuple[str, str] | None,
) -> list[Put | Delete]:
    """Give the edits that put a part in the place of what has its number."""
    put = Put(store.part_path(id_, number, md5, checksum), content)
    return [put, *(Delete(path) for path in store.parts_of_number(known, id_, number))]


def _check_still_open(context: Context, upload: Upload, edits: Sequence[Put | Delete]) -> None:
    """Take a part back that was written while its upload ended. Raise S3Error NoSuchUpload."""
    if not store.is_open(store.snapshot(context.pfs), upload):
        context.pfs.change(UPLOADS, [Delete(edit.path) for edit in edits if isinstance(edit, Put)])
        raise _no_such_upload(upload.id.text)


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
        anew = fill(context.pfs.stage(UPLOADS, _ANY_PART, arrived=False), blocks)
        return _Copied(anew.finish(), md5.digest(), _checksum(algorithm, own), anew)
    if is_whole and own is None and is_md5(found.file.md5):
        known_md5 = found.file.md5 or b""
    else:
        read_through(found, offset, size, digests)
        known_md5 = md5.digest()
    content, held = content_of(context, UPLOADS, _ANY_PART, [piece_of(found, offset, size)], known_md5)
    return _Copied(content, known_md5, _checksum(algorithm, own), held)


def _checksum(algorithm: str | None, digest: Digest | None) -> tuple[str, str] | None:
    return (algorithm, encoded(digest)) if algorithm and digest else None
