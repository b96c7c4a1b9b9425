"""What was begun and abandoned is dropped; what was completed, and what is young, stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from s3gw.context import Context
from s3gw.operations import _uploads
from s3gw.operations._own import uploads
from s3gw.operations._properties import Properties
from s3gw.operations._sessions import Session, session_ids
from s3gw.operations._sweep import sweep
from s3gw.operations._uploads import Intent, Upload, UploadId
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import PFS, Branch, Piece, Put

BRANCH = Branch("images", "master")
SOON = datetime.now(UTC) + timedelta(hours=1)
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def pfs(tmp_path) -> Iterator[PFS]:
    opened = EmbeddedPFS(tmp_path, "process")
    opened.create_branch(BRANCH)
    yield opened
    opened.close()


def put(pfs: PFS, branch: Branch, path: str) -> None:
    with pfs.stage(branch, path, arrived=True) as staging:
        staging.write(b"x" * 100_000)
        pfs.change(branch, [Put(path, staging.finish())])


def begun(pfs: PFS) -> Upload:
    upload = Upload(UploadId.new(None, None, None), BRANCH, "a/b")
    _uploads.begin(pfs, upload, Intent(Properties(), None))
    put(pfs, uploads(pfs), _uploads.part_path(upload.id, 1, b"md5", None))
    return upload


def own_files(pfs: PFS) -> list[str]:
    return [file.path for file in pfs.snapshot(uploads(pfs)).list_files().files]


def test_where_nobody_has_uploaded_there_is_nothing_to_sweep(pfs):
    assert sweep(pfs, SOON) == 0


def test_an_old_upload_goes_with_its_parts_and_a_young_one_stays(pfs):
    upload = begun(pfs)
    assert sweep(pfs, LONG_AGO) == 0
    assert _uploads.is_open(_uploads.snapshot(pfs), upload)
    assert sweep(pfs, SOON) == 1
    assert own_files(pfs) == []


def test_an_object_that_was_completed_outlives_what_is_known_of_its_upload(pfs):
    upload = begun(pfs)
    known = _uploads.snapshot(pfs)
    (part,) = _uploads.parts(known, upload.id)
    content = pfs.compose(BRANCH, "a/b", [Piece(known, part.file)], b"0" * 18)
    pfs.change(BRANCH, [Put("a/b", content)])
    _uploads.end(pfs, upload, {"etag": "e"})
    assert sweep(pfs, LONG_AGO) == 0
    assert _uploads.answer_of(_uploads.snapshot(pfs), upload.id) == {"etag": "e"}
    assert sweep(pfs, SOON) == 1
    assert own_files(pfs) == []
    snapshot = pfs.snapshot(BRANCH)
    assert b"".join(snapshot.read_file(snapshot.inspect_file("a/b"))) == b"x" * 100_000


def test_a_part_that_was_written_while_its_upload_ended_goes_later(pfs):
    upload = begun(pfs)
    _uploads.end(pfs, upload, None)
    put(pfs, uploads(pfs), _uploads.part_path(upload.id, 2, b"md5", None))
    assert sweep(pfs, LONG_AGO) == 0
    assert sweep(pfs, SOON) == 1
    assert own_files(pfs) == []


def test_an_old_session_goes_with_what_it_has_staged(pfs):
    session = Session.open(Context(pfs), BRANCH)
    put(pfs, session.branch, "put/a")
    assert sweep(pfs, LONG_AGO) == 0
    assert session_ids(pfs) == [session.id]
    assert sweep(pfs, SOON) == 1
    assert session_ids(pfs) == []
    assert pfs.snapshot(BRANCH).list_files().files == []


def test_several_may_sweep_at_once(pfs):
    begun(pfs)
    known = _uploads.snapshot(pfs)
    abandoned = list(_uploads.abandoned(known, SOON))
    assert sweep(pfs, SOON) == 1
    assert abandoned  # another gateway has found it too, and finds nothing to delete
    assert sweep(pfs, SOON) == 0
