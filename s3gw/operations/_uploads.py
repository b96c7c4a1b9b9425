"""Multipart uploads as files of the gateway's own repo, so that any gateway may go on with one.

    open/PROJECT/REPO/BRANCH/FLAT_PATH ID   an upload that is going on: what the object is to carry
    parts/ID/NUMBER.TIME.MD5[.ALGORITHM-CHECKSUM]   a part; of several of one number the last counts
    done/ID                                 what the completion has answered, to answer it again

TIME is microseconds since 1970, the rest in hex too. An ID begins with the time when the upload was
begun, and ends with the algorithm of its checksum and the first letter of its type, and with a mark of
whoever has begun it, where somebody was asked. Nobody can guess one, or put another mark into it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.operations import _own
from s3gw.operations._checksums import COMPOSITE, FULL_OBJECT
from s3gw.operations._own import uploads
from s3gw.operations._properties import Properties
from s3gw.pfs.interface import PFS, Branch, BranchNotFound, Delete, FileInfo, FileNotFound, Put, Snapshot
from s3gw.s3_error import S3Error

_OPEN = "open/"
PARTS = "parts/"
_DONE = "done/"

_ID = re.compile(rf"([0-9a-f]{{{_own.ID_DIGITS}}})(?:-([0-9a-z]+)-([cf]))?(?:-([0-9a-f]{{16}}))?", re.ASCII)
_MARK_DIGITS = 16
_TYPES = {"c": COMPOSITE, "f": FULL_OBJECT}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 1000

# Sorts behind all ids, and before all that flat paths go on with.
_BEHIND_IDS = "g"


@dataclass(frozen=True, slots=True)
class UploadId:
    """The id of an upload, and what it tells."""

    text: str
    algorithm: str | None
    checksum_type: str | None
    mark: str | None

    @classmethod
    def new(cls, algorithm: str | None, checksum_type: str | None, owner: str | None) -> UploadId:
        """Make one of an upload that `owner` begins."""
        text = unique = _own.new_id()
        if algorithm and checksum_type:
            text += f"-{algorithm}-{checksum_type[0].lower()}"
        mark = None if owner is None else _mark(unique, owner)
        return cls(text if mark is None else f"{text}-{mark}", algorithm, checksum_type, mark)

    @classmethod
    def read(cls, text: str) -> UploadId | None:
        """Read one; None where it cannot be one."""
        match = _ID.fullmatch(text)
        return match and cls(text, match[2], _TYPES[match[3]] if match[3] else None, match[4])

    def is_of(self, owner: str | None) -> bool:
        """Tell whether `owner` has begun the upload, or nobody was asked who does."""
        unique = self.text[: _own.ID_DIGITS]
        return self.mark is None or (owner is not None and self.mark == _mark(unique, owner))

    @property
    def initiated(self) -> datetime:
        """When the upload was begun."""
        return _EPOCH + timedelta(microseconds=_own.begun_at(self.text))


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that is going on.

    Attributes:
        id: Its id.
        branch: Of the bucket.
        path: Of the file that it is to become.
    """

    id: UploadId
    branch: Branch
    path: str

    @property
    def file(self) -> str:
        """The file that says that it is going on."""
        return f"{_folder(self.branch)}{_own.flat(self.path)} {self.id.text}"


def _mark(unique: str, owner: str) -> str:
    return hashlib.sha256(f"{unique} {owner}".encode("utf-8", "surrogateescape")).hexdigest()[:_MARK_DIGITS]


class Part(NamedTuple):
    """A part of an upload.

    Attributes:
        number: From 1 on.
        written: When.
        md5: Of its bytes.
        checksum: Algorithm and value in base64; None where there is none.
        file: That it is.
    """

    number: int
    written: datetime
    md5: bytes
    checksum: tuple[str, str] | None
    file: FileInfo


class Intent(NamedTuple):
    """What was said when an upload was begun.

    Attributes:
        properties: What the object is to carry.
        session: In which it is to be written.
    """

    properties: Properties
    session: str | None


def _folder(branch: Branch) -> str:
    return f"{_OPEN}{branch.project}/{branch.repo}/{branch.name}/"


def begin(pfs: PFS, upload: Upload, intent: Intent) -> None:
    """Write down that an upload has begun."""
    kept = intent.properties.to_bytes()
    document = {"properties": kept and kept.decode(), "session": intent.session}
    _own.ensure(pfs, uploads(pfs))
    with pfs.stage(uploads(pfs), upload.file, arrived=True) as staging:
        staging.write(json.dumps(document).encode())
        pfs.change(uploads(pfs), [Put(upload.file, staging.finish())])


def snapshot(pfs: PFS) -> Snapshot:
    """Pin what is known of uploads. Raise `BranchNotFound` where none was ever begun."""
    return pfs.snapshot(uploads(pfs))


def is_open(known: Snapshot, upload: Upload) -> bool:
    """Tell whether an upload is going on."""
    try:
        known.inspect_file(upload.file)
    except (FileNotFound, BranchNotFound):
        return False
    return True


def intent_of(known: Snapshot, upload: Upload) -> Intent:
    """Read what was said when an upload was begun."""
    document = _own.document(known, upload.file)
    kept, session = document.get("properties"), document.get("session")
    properties = Properties.of_bytes(kept.encode() if isinstance(kept, str) else None)
    return Intent(properties, session if isinstance(session, str) else None)


def part_path(upload: UploadId, number: int, md5: bytes, checksum: tuple[str, str] | None) -> str:
    """Name the file of a part that is written now."""
    name = f"{number:05d}.{time.time_ns() // 1000:014x}.{md5.hex()}"
    if checksum is not None:
        name += f".{checksum[0]}-{base64.b64decode(checksum[1]).hex()}"
    return f"{PARTS}{upload.text}/{name}"


def find(context: Context, branch: Branch, key: str, upload_id: str) -> tuple[Snapshot, Upload]:
    """Find an upload that is going on, in a snapshot of all.

    Raises:
        S3Error: NoSuchUpload; AccessDenied where somebody else has begun it.
    """
    context.pfs.inspect_branch(branch)
    known = snapshot(context.pfs)
    id_ = read_id(context, upload_id)
    if id_ is not None and context.keys.is_key(key):
        upload = Upload(id_, branch, context.keys.path(key))
        if is_open(known, upload):
            return known, upload
    raise no_such_upload(upload_id)


def read_id(context: Context, upload_id: str) -> UploadId | None:
    """Read an id; None where it cannot be one. Raise S3Error AccessDenied where it is somebody else's."""
    id_ = UploadId.read(upload_id)
    access = context.access
    if id_ is not None and access.identity is not None and not id_.is_of(access.owner):
        raise access.denied()
    return id_


def no_such_upload(upload_id: str) -> S3Error:
    """Make the error of an upload that is not going on."""
    return S3Error(errors.NoSuchUpload, upload_id=upload_id[:100])


def parts_of_number(known: Snapshot, upload: UploadId, number: int) -> list[str]:
    """Name the files of a part, which a new one takes the place of."""
    return [file.path for file in known.list_files(f"{PARTS}{upload.text}/{number:05d}.").files]


def parts(known: Snapshot, upload: UploadId, after: int = 0) -> Iterator[Part]:
    """Give the parts of an upload behind a number; of several of one number the last."""
    latest: Part | None = None
    prefix = f"{PARTS}{upload.text}/"
    for file in _files(known, prefix, f"{prefix}{after:05d}~" if after else ""):
        part = _part(file)
        if latest is not None and latest.number != part.number:
            yield latest
        latest = part
    if latest is not None:
        yield latest


def _part(file: FileInfo) -> Part:
    number, written, md5, *rest = file.path.rpartition("/")[2].split(".")
    checksum = None
    if rest:
        algorithm, _, value = rest[0].partition("-")
        checksum = algorithm, base64.b64encode(bytes.fromhex(value)).decode()
    moment = _EPOCH + timedelta(microseconds=int(written, 16))
    return Part(int(number), moment, bytes.fromhex(md5), checksum, file)


def end(pfs: PFS, upload: Upload, answer: dict[str, Any] | None) -> None:
    """Drop an upload and its parts; where it was completed, what that has answered is kept."""
    edits: list[Put | Delete] = [Delete(upload.file), *_all_parts(pfs, upload)]
    path = f"{_DONE}{upload.id.text}"
    with pfs.stage(uploads(pfs), path, arrived=True) as staging:
        if answer is not None:
            staging.write(json.dumps(answer).encode())
            edits.append(Put(path, staging.finish()))
        pfs.change(uploads(pfs), edits)
    late = _all_parts(pfs, upload)  # who writes one from now on sees that the upload has ended
    if late:
        pfs.change(uploads(pfs), late)


def _all_parts(pfs: PFS, upload: Upload) -> list[Delete]:
    return [Delete(file.path) for file in _files(snapshot(pfs), f"{PARTS}{upload.id.text}/")]


def answer_of(known: Snapshot, upload: UploadId) -> dict[str, Any] | None:
    """Read what the completion of an upload has answered; None where it was not completed."""
    try:
        return _own.document(known, f"{_DONE}{upload.text}")
    except (FileNotFound, BranchNotFound):
        return None


def going_on(known: Snapshot, branch: Branch, prefix: str, after: str) -> Iterator[tuple[str, UploadId]]:
    """Give the uploads to a branch, in the order of paths and then of ids.

    Args:
        known: See `snapshot`.
        branch: Of the bucket.
        prefix: Of their paths.
        after: A position of `behind`, or nothing.
    """
    folder = _folder(branch)
    with contextlib.suppress(BranchNotFound):  # nobody has ever uploaded in parts
        for file in _files(known, folder + _own.flat(prefix), after):
            path, _, text = file.path.removeprefix(folder).rpartition(" ")
            id_ = UploadId.read(text)
            if id_ is not None:
                yield _own.unflat(path), id_


def behind(branch: Branch, path: str, id_: str | None) -> str:
    """Give the position behind an upload, or behind all of a path."""
    return f"{_folder(branch)}{_own.flat(path)} {_BEHIND_IDS if id_ is None else id_}"


def behind_all(branch: Branch, prefix: str) -> str:
    """Give the position behind all uploads whose paths begin so."""
    return f"{_folder(branch)}{_own.flat(prefix)}\x7f"


def forget(pfs: PFS, branch: Branch) -> None:
    """Drop the uploads to a branch that was deleted: another of its name has nothing to do with them."""
    for path, id_ in going_on(snapshot(pfs), branch, "", ""):
        end(pfs, Upload(id_, branch, path), None)


def abandoned(known: Snapshot, before: datetime) -> Iterator[Sequence[str]]:
    """Give the files of uploads, and of completions, that were begun before a time, those of one together."""
    told = set()
    for file in _files(known, _OPEN):
        id_ = UploadId.read(file.path.rpartition(" ")[2])
        if id_ is not None and id_.initiated < before:
            told.add(id_.text)
            yield [file.path, *(part.path for part in _files(known, f"{PARTS}{id_.text}/"))]
    for file in _files(known, _DONE):
        id_ = UploadId.read(file.path.removeprefix(_DONE))
        if id_ is not None and id_.initiated < before:
            yield [file.path]
    # what was written while its upload ended
    for text, files in itertools.groupby(_files(known, PARTS), key=lambda file: file.path.split("/")[1]):
        id_ = UploadId.read(text)
        if id_ is not None and id_.initiated < before and text not in told:
            yield [file.path for file in files]


def _files(known: Snapshot, prefix: str, after: str = "") -> Iterator[FileInfo]:
    position: str | None = after
    while position is not None:
        page = known.list_files(prefix, "", position, _PAGE)
        yield from page.files
        position = page.after
