"""The completion of an upload: which parts, whether they are what the client says, and the one change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from s3gw.context import Context
from s3gw.generated import documents, errors
from s3gw.generated.parsers import CompletedPart
from s3gw.generated.requests import (
    CompleteMultipartUploadRequest,
    CompleteMultipartUploadResult,
)
from s3gw.generated.wire import CHECKSUMS
from s3gw.operations import _uploads as store
from s3gw.operations._checksums import (
    COMPOSITE,
    FULL_OBJECT,
    can_be_combined,
    check_value,
    encoded,
    named_checksums,
    of_whole,
    type_mismatch,
)
from s3gw.operations._conditions import Conditions, WriteCondition
from s3gw.operations._etag import etag_of, md5_of_parts
from s3gw.operations._properties import Parts, Properties
from s3gw.operations._reads import find_key
from s3gw.operations._sources import content_of
from s3gw.operations._uploads import Part, Upload, UploadId
from s3gw.operations._versions import Named, version_of
from s3gw.operations._views import View, view_of
from s3gw.pfs.interface import (
    FileInfo,
    Piece,
    Put,
    Snapshot,
)
from s3gw.s3_error import S3Error

# Of each part but the last.
_LEAST_SIZE = 5 * 1024 * 1024


def complete(
    context: Context, request: CompleteMultipartUploadRequest, asked: Sequence[CompletedPart]
) -> CompleteMultipartUploadResult:
    try:
        known, upload = store.find(context, request.branch, request.key, request.upload_id)
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
    return _result(context, request, answer)


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
    made = view.pending(view.put(put), lambda made: made, staging, condition).make(context.pfs)
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
    id_ = store.read_id(context, request.upload_id)
    answer = id_ and store.answer_of(store.snapshot(context.pfs), id_)
    if not (id_ and answer):
        return None
    if (answer["key"], answer["bucket"], answer["asked"]) != (
        request.key,
        str(request.branch),
        _fingerprint(asked),
    ):
        return None
    return _result(context, request, answer)


def _result(
    context: Context, request: CompleteMultipartUploadRequest, answer: Mapping[str, Any]
) -> CompleteMultipartUploadResult:
    document = documents.CompleteMultipartUploadResult(
        location=context.location(request.bucket, request.key),
        bucket=request.bucket,
        key=request.key,
        etag=answer["etag"],
        checksum_type=answer["checksum_type"],
        **named_checksums(answer["checksums"]),
    )
    return CompleteMultipartUploadResult(document, version_id=answer["version_id"])
