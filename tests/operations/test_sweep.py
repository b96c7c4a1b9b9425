"""What was begun and abandoned is dropped; what was completed, and what is young, stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from s3gw import sweeper
from s3gw.context import Context
from s3gw.operations import _uploads
from s3gw.operations._own import uploads
from s3gw.operations._properties import Properties
from s3gw.operations._sessions import Session, session_ids
from s3gw.operations._sweep import sweep
from s3gw.operations._uploads import Intent, Upload, UploadId
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import PFS, Branch, Piece, Put, Unavailable

BRANCH = Branch("images", "master")
SOON = datetime.now(UTC) + timedelta(hours=1)
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def pfs(tmp_path) -> Iterator[PFS]:
    opened = EmbeddedPFS(tmp_path, "process")
    opened.create_branch(BRANCH)
    yield opened
    opened.close()


def put(pfs: PFS, branch: Branch, path: str, data: bytes = b"x" * 100_000) -> None:
    with pfs.stage(branch, path, arrived=True) as staging:
        staging.write(data)
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


def test_a_session_whose_beginning_fails_leaves_no_branch(pfs, monkeypatch):
    def fail(*_: object) -> None:
        raise Unavailable("The disk fails.")

    with monkeypatch.context() as patched:
        patched.setattr(pfs, "change", fail)
        with pytest.raises(Unavailable):
            Session.open(Context(pfs), BRANCH)
    assert session_ids(pfs) == []
    assert [entry.branch for entry in pfs.list_branches("session-")] == []


@pytest.mark.parametrize(
    "document", [None, b"", b'{"half":', b"[1]", b"{}", b'{"repo": 1}', b"[" * 100_000, b" " * 2_000_000]
)
def test_a_session_that_was_not_begun_whole_goes_when_it_is_old(pfs, document):
    id_ = Session.open(Context(pfs), BRANCH).id
    branch = Branch(pfs.own_repo, f"session-{id_}")
    if document is None:  # its gateway was killed
        pfs.delete_branch(branch, with_files=True)
        pfs.create_branch(branch)
    else:  # somebody has written there
        put(pfs, branch, "session", document)
    assert Session.read(pfs, id_) is None
    assert sweep(pfs, LONG_AGO) == 0
    assert session_ids(pfs) == [id_]
    assert sweep(pfs, SOON) == 1
    assert session_ids(pfs) == []


def test_what_cannot_be_dropped_keeps_none_of_the_others(pfs, caplog):
    sessions = sorted((Session.open(Context(pfs), BRANCH) for _ in range(3)), key=lambda session: session.id)
    output = Branch("images", "output")
    pfs.create_branch(output, [sessions[0].branch])
    assert sweep(pfs, SOON) == 2
    assert session_ids(pfs) == [sessions[0].id]
    assert "1 abandoned uploads and sessions stay for now" in caplog.text
    pfs.delete_branch(output, with_files=True)
    assert sweep(pfs, SOON) == 1


def test_a_sweep_that_fails_is_not_the_last_one(pfs, caplog):
    Session.open(Context(pfs), BRANCH)
    acting, all_are_gone = pfs.acting, threading.Event()

    def fails_at_first() -> object:
        if not caplog.records:
            raise RuntimeError("nobody has thought of that")
        if not session_ids(pfs):
            all_are_gone.set()
            threading.Event().wait()  # its PFS is closed
        return acting()

    pfs.acting = fails_at_first
    sweeper.start(pfs, 0.1)
    assert all_are_gone.wait(20)
    assert "nobody has thought of that" in caplog.text


def test_several_may_sweep_at_once(pfs):
    begun(pfs)
    known = _uploads.snapshot(pfs)
    abandoned = list(_uploads.abandoned(known, SOON))
    assert sweep(pfs, SOON) == 1
    assert abandoned  # another gateway has found it too, and finds nothing to delete
    assert sweep(pfs, SOON) == 0
