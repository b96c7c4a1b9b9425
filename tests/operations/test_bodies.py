"""A body that cannot be ended leaves nothing: no file, no descriptor, no thread."""

from __future__ import annotations

import errno
import os
import re
import threading

import pytest

from s3gw.context import Context
from s3gw.http.application import Application
from s3gw.pfs.embedded import EmbeddedPFS
from tests.folders import objects
from tests.http.test_keeping import BUCKET, asker, fill

BODY = bytes(2 << 20)  # neither small nor hashed in one go


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_of_a_body_that_the_disk_does_not_take_nothing_is_left(tmp_path, monkeypatch, code):
    pfs = EmbeddedPFS(tmp_path, "power")
    ask = asker(Application(Context(pfs), "extended"))
    fill(ask)
    found = re.search(rb"<UploadId>(.+)</UploadId>", ask("POST", f"{BUCKET}/u?uploads").body)
    assert found is not None
    part = f"{BUCKET}/u?partNumber=1&uploadId={found[1].decode()}"
    assert ask("PUT", part, BODY).status == 200
    before = descriptors(), threading.active_count(), len(objects(tmp_path))

    def fail(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        for target in (f"{BUCKET}/a", part, f"{BUCKET}/d", part):
            assert ask("PUT", target, BODY).status in (500, 503, 507)
    assert (descriptors(), threading.active_count(), len(objects(tmp_path))) == before
    assert ask("GET", f"{BUCKET}/a").status == 200
    assert ask("PUT", f"{BUCKET}/a", BODY).status == 200
    assert len(objects(tmp_path)) == before[2] + 1
    pfs.close()
