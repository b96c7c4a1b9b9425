"""dvc: data that goes to a remote, and comes back."""

from __future__ import annotations

import shutil
from functools import partial

from tests.clients.conftest import run, tree


def test_push_and_pull(gateway, bucket, tools, files, tmp_path):
    (tmp_path / "nothing").touch()
    work = tmp_path / "work"
    work.mkdir()
    nothing = str(tmp_path / "nothing")
    dvc = partial(
        run,
        tools / "dvc",
        cwd=work,
        HOME=str(tmp_path),
        AWS_CONFIG_FILE=nothing,
        AWS_SHARED_CREDENTIALS_FILE=nothing,
        DVC_NO_ANALYTICS="true",
    )
    files.rename(work / "data")
    content = tree(work / "data")
    dvc("init", "--no-scm")
    dvc("remote", "add", "--default", "gw", f"s3://{bucket}/store")
    dvc("remote", "modify", "gw", "endpointurl", gateway.url)
    dvc("add", "data")
    dvc("push")
    shutil.rmtree(work / "data")
    shutil.rmtree(work / ".dvc" / "cache")
    dvc("pull", "--force")
    assert tree(work / "data") == content
    assert "in sync" in dvc("status", "--cloud")
