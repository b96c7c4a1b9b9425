"""s3fs-fuse: a bucket as a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.conftest import ACCESS_KEY, SECRET, missing, run, tree
from tests.serving import eventually


@pytest.fixture
def mounted(gateway, bucket, tmp_path) -> Iterator[Path]:
    """The folder where a new bucket is mounted."""
    if not os.path.exists("/dev/fuse"):
        pytest.skip("there is no /dev/fuse")
    if not shutil.which("s3fs"):
        missing("s3fs (Debian's package s3fs)")
    folder, keys = tmp_path / "mounted", tmp_path / "keys"
    folder.mkdir()
    keys.write_text(f"{ACCESS_KEY}:{SECRET}")
    keys.chmod(0o600)
    options = f"passwd_file={keys},url={gateway.url},use_path_request_style"
    with (
        open(tmp_path / "log", "w") as log,
        subprocess.Popen(["s3fs", bucket, folder, "-f", "-o", options], stdout=log, stderr=log) as process,
    ):
        try:
            eventually(lambda: folder.is_mount() or process.poll() is not None)
            assert folder.is_mount(), (tmp_path / "log").read_text()
            yield folder
        finally:
            run("fusermount", "-u", folder)


def test_files_and_folders(mounted, files, gateway):
    run("cp", "-r", files, mounted / "tree")
    assert tree(mounted / "tree") == tree(files)
    (mounted / "tree/dir/large").rename(mounted / "tree/moved")
    (mounted / "tree").rename(mounted / "tree2")
    assert (mounted / "tree2/moved").read_bytes() == (files / "dir/large").read_bytes()
    (mounted / "new").mkdir()
    assert sorted(path.name for path in mounted.iterdir()) == ["new", "tree2"]
    with open(mounted / "tree2/a.txt", "ab") as file:
        file.write(b" and more")
    with open(mounted / "tree2/moved", "r+b") as file:
        file.truncate(5)
        file.write(b"x")
    assert (mounted / "tree2/a.txt").read_bytes() == b"a and more"
    assert (mounted / "tree2/moved").read_bytes() == b"x" + (files / "dir/large").read_bytes()[1:5]
    (mounted / "tree2/a.txt").chmod(0o604)
    (mounted / "tree2/link").symlink_to("a.txt")
    assert (mounted / "tree2/a.txt").stat().st_mode & 0o777 == 0o604
    assert (mounted / "tree2/link").read_bytes() == b"a and more"
    shutil.rmtree(mounted / "tree2")
    assert [path.name for path in mounted.iterdir()] == ["new"]
