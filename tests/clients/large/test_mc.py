"""mc, MinIO's client: built from its module."""

from __future__ import annotations

from functools import partial

import pytest

from tests.clients.conftest import ACCESS_KEY, SECRET, ended, run, tree
from tests.clients.large.conftest import built

VERSION = "v0.0.0-20250313080218-cf909e1063a9"


@pytest.fixture
def mc(gateway, tmp_path):
    command = built("github.com/minio/mc", VERSION)
    mc = partial(
        run,
        command,
        "--config-dir",
        tmp_path / "mc",
        "--quiet",
        "--no-color",
    )
    mc("alias", "set", "gw", gateway.url, ACCESS_KEY, SECRET)
    return mc


def test_mc(mc, files, tmp_path):
    mc("mb", "gw/mc.b")
    mc("cp", "--recursive", f"{files}/", "gw/mc.b/tree")
    mc("cp", "gw/mc.b/tree/dir/large", "gw/mc.b/copy")
    mc("mv", "gw/mc.b/copy", "gw/mc.b/moved")
    mc("mirror", files, "gw/mc.b/mirror")
    assert mc("diff", files, "gw/mc.b/mirror") == ""
    mc("cp", "--recursive", "gw/mc.b/mirror/", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(files)
    mc("tag", "set", "gw/mc.b/moved", "a=b&c=d")
    assert mc("tag", "list", "gw/mc.b/moved").split()[-6:] == ["a", ":", "b", "c", ":", "d"]
    assert "enabled" in mc("version", "info", "gw/mc.b")
    versions = mc("ls", "--versions", "gw/mc.b/copy")
    assert ["PUT" in versions, "DEL" in versions] == [True, True]


def test_mc_writes_in_a_session(gateway, bucket, mc, files):
    """As docs/sessions.md says: through an alias of Version 2, since mc adds headers to what is signed."""
    client = gateway.boto3()
    curl = ["curl", "--silent", "--show-error", "--fail", "-X", "POST", "--aws-sigv4", "aws:amz:us-east-1:s3"]
    curl += ["--user", f"{ACCESS_KEY}:{SECRET}", "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
    send = partial(run, *curl)
    target = f"{gateway.url}/{bucket}?s3gw-session="
    session = send(target).split("SessionId>")[1].removesuffix("</")
    mc("alias", "set", "v2", gateway.url, ACCESS_KEY, SECRET, "--api", "S3v2")
    within = ("--custom-header", f"x-s3gw-session: {session}", "cp", "--recursive", f"{files}/")
    assert ended(*mc.args, *within, f"gw/{bucket}", **mc.keywords).returncode != 0
    mc(*within, f"v2/{bucket}")
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)
    send(f"{target}{session}")
    assert {entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]} == tree(files).keys()


def test_a_bucket_with_a_history_is_emptied_by_mc_and_removed_by_another(gateway, mc, files):
    mc("mb", "gw/mc.full")
    mc("cp", files / "a.txt", "gw/mc.full/a")
    mc("cp", files / "z", "gw/mc.full/a")
    done = ended(*mc.args, "rb", "--force", "gw/mc.full", **mc.keywords)  # it gives up at the first version
    assert done.returncode != 0
    assert "History is not changed object by object" in done.stderr
    mc("rm", "--recursive", "--force", "gw/mc.full")
    assert mc("ls", "gw/mc.full") == ""
    gateway.boto3().delete_bucket(Bucket="mc.full")


def test_a_bucket_of_first_versions_is_removed_by_mc(mc, files):
    mc("mb", "gw/mc.first")
    mc("cp", files / "a.txt", "gw/mc.first/a")
    mc("rb", "--force", "gw/mc.first")
    assert "mc.first" not in mc("ls", "gw")
