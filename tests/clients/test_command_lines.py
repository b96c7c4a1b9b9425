"""The AWS CLI, rclone, s3cmd and s5cmd, as people use them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from codegen.catalogue import ROOT
from tests.clients.conftest import ACCESS_KEY, LARGE, SECRET, ended, missing, only, run, tree
from tests.serving import Gateway


@only("classic")
def test_aws_s3(gateway, tools, files, tmp_path):
    aws = [tools / "aws", "--endpoint-url", gateway.url]
    run(*aws, "s3", "mb", "s3://aws.cli")
    assert "aws.cli" in run(*aws, "s3", "ls")
    run(*aws, "s3", "cp", files / "a.txt", "s3://aws.cli/a.txt")
    run(*aws, "s3", "sync", files, "s3://aws.cli/tree")
    listing = run(*aws, "s3", "ls", "--recursive", "s3://aws.cli")
    assert [line.split(maxsplit=3)[-1] for line in listing.splitlines()] == [
        "a.txt",
        *sorted(f"tree/{name}" for name in tree(files)),
    ]
    assert "PRE tree/" in run(*aws, "s3", "ls", "s3://aws.cli")
    assert run(*aws, "s3", "sync", files, "s3://aws.cli/tree") == ""
    run(*aws, "s3", "sync", "s3://aws.cli/tree", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(files)
    assert run(*aws, "s3", "cp", "s3://aws.cli/a.txt", "-") == "a"
    run(*aws, "s3", "rm", "--recursive", "s3://aws.cli/tree")
    run(*aws, "s3", "rb", "--force", "s3://aws.cli")
    assert "aws.cli" not in run(*aws, "s3", "ls")


@only("extended")
def test_aws_s3_of_extended(gateway, tools, files, tmp_path):
    aws = [tools / "aws", "--endpoint-url", gateway.url]
    run(*aws, "s3", "mb", "s3://aws.copies")
    run(*aws, "s3", "sync", files, "s3://aws.copies/tree")
    run(*aws, "s3", "cp", "s3://aws.copies/tree/dir/large", "s3://aws.copies/copy")
    run(*aws, "s3", "mv", "s3://aws.copies/copy", "s3://aws.copies/moved/@+( é")
    run(*aws, "s3", "sync", "s3://aws.copies/tree/dir", "s3://aws.copies/synced")
    run(*aws, "s3api", "put-object", "--bucket", "aws.copies", "--key", "folder/")
    listed = run(*aws, "s3", "ls", "s3://aws.copies").split()
    assert listed == ["PRE", "folder/", "PRE", "moved/", "PRE", "synced/", "PRE", "tree/"]
    run(*aws, "s3", "sync", "s3://aws.copies/tree", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(files)
    run(*aws, "s3", "cp", "s3://aws.copies/moved/@+( é", tmp_path / "moved")
    assert (tmp_path / "moved").read_bytes() == (files / "dir/large").read_bytes()
    command = [*aws, "--output", "json", "s3api", "list-object-versions", "--bucket", "aws.copies"]
    versions = json.loads(run(*command, "--prefix", "copy"))
    assert ([entry["Size"] for entry in versions["Versions"]], len(versions["DeleteMarkers"])) == ([LARGE], 1)
    run(*aws, "s3", "rb", "--force", "s3://aws.copies")
    assert "aws.copies" not in run(*aws, "s3", "ls")


@only("classic")
def test_aws_s3api(gateway, tools, files):
    api = [tools / "aws", "--endpoint-url", gateway.url, "--output", "json", "s3api"]
    run(*api, "create-bucket", "--bucket", "aws.api")
    put = json.loads(run(*api, "put-object", "--bucket", "aws.api", "--key", "k", "--body", files / "z"))
    head = json.loads(run(*api, "head-object", "--bucket", "aws.api", "--key", "k"))
    assert (head["ContentLength"], head["ETag"]) == (70_000, put["ETag"])
    listing = json.loads(run(*api, "list-objects-v2", "--bucket", "aws.api", "--max-items", "1"))
    assert [entry["Key"] for entry in listing["Contents"]] == ["k"]
    run(*api, "delete-objects", "--bucket", "aws.api", "--delete", "Objects=[{Key=k}]")
    run(*api, "delete-bucket", "--bucket", "aws.api")


class Rclone:
    """Run rclone with a remote that is a gateway."""

    def __init__(self, gateway: Gateway, tools: Path, folder: Path) -> None:
        self.command = [tools / "rclone", "--retries", "1"]
        self.remote = {
            "RCLONE_CONFIG": str(folder / "rclone.conf"),
            "RCLONE_CONFIG_GW_TYPE": "s3",
            "RCLONE_CONFIG_GW_PROVIDER": "Other",
            "RCLONE_CONFIG_GW_ENDPOINT": gateway.url,
            "RCLONE_CONFIG_GW_ACCESS_KEY_ID": ACCESS_KEY,
            "RCLONE_CONFIG_GW_SECRET_ACCESS_KEY": SECRET,
        }

    def __call__(self, *words: object) -> str:
        return run(*self.command, *words, **self.remote)

    def fails(self, *words: object) -> str:
        """Run it, and give what it complained of."""
        done = ended(*self.command, *words, **self.remote)
        assert done.returncode != 0
        return done.stderr


def test_rclone(gateway, tools, files, tmp_path, profile):
    rclone = Rclone(gateway, tools, tmp_path)
    rclone("mkdir", "gw:rc.lone")
    rclone("copy", files, "gw:rc.lone/tree")
    rclone("check", files, "gw:rc.lone/tree")
    rclone("check", "--download", files, "gw:rc.lone/tree")
    listing = rclone("ls", "gw:rc.lone")
    assert sorted(line.split(maxsplit=1)[-1] for line in listing.splitlines()) == sorted(
        f"tree/{name}" for name in tree(files)
    )
    (files / "new").write_text("new")
    (files / "a.txt").unlink()
    # for a file that is the same but for its time rclone copies the object onto itself
    rclone("sync", *(["--no-update-modtime"] if profile == "classic" else []), files, "gw:rc.lone/tree")
    rclone("check", files, "gw:rc.lone/tree")
    rclone("copy", "gw:rc.lone/tree", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(files)
    rclone("delete", "gw:rc.lone/tree/dir")
    assert "dir" not in rclone("lsf", "gw:rc.lone/tree")
    if profile == "classic":
        rclone("purge", "gw:rc.lone")
    else:  # it wants to delete each version, and says what it could not
        assert "AccessDenied: History is not changed object by object" in rclone.fails("purge", "gw:rc.lone")
    assert "rc.lone" not in rclone("lsd", "gw:")


@only("extended")
def test_rclone_copies_moves_and_keeps_what_files_carry(gateway, tools, files, tmp_path):
    rclone = Rclone(gateway, tools, tmp_path)
    rclone("mkdir", "gw:rc.copies")
    rclone("copy", files, "gw:rc.copies/tree")
    rclone("copyto", "gw:rc.copies/tree/dir/large", "gw:rc.copies/copy")
    rclone("moveto", "gw:rc.copies/copy", "gw:rc.copies/moved")
    rclone("move", "gw:rc.copies/tree", "gw:rc.copies/tree2")
    rclone("check", "--download", files, "gw:rc.copies/tree2")
    rclone("mkdir", "--s3-directory-markers", "gw:rc.copies/folder")
    assert rclone("lsf", "--s3-directory-markers", "gw:rc.copies").split() == ["folder/", "moved", "tree2/"]
    assert "copy-v" in rclone("lsf", "--s3-versions", "gw:rc.copies")
    rclone("touch", "-t", "2020-01-01T00:00:00", "gw:rc.copies/moved")
    rclone("copyto", "--metadata", "--metadata-set", "k=v", files / "a.txt", "gw:rc.copies/carries")
    (found,) = json.loads(rclone("lsjson", "--metadata", "gw:rc.copies/carries"))
    assert found["Metadata"]["k"] == "v"
    assert "2020-01-01 00:00:00" in rclone("lsl", "gw:rc.copies/moved")
    rclone("delete", "--rmdirs", "--s3-directory-markers", "gw:rc.copies")
    rclone("rmdir", "gw:rc.copies")


def s3cmd_of(gateway: Gateway, tools: Path, folder: Path) -> Callable[..., str]:
    address = f"127.0.0.1:{gateway.port}"
    config = folder / "s3cmd.conf"
    config.write_text(
        f"[default]\naccess_key = {ACCESS_KEY}\nsecret_key = {SECRET}\nuse_https = False\n"
        f"host_base = {address}\nhost_bucket = {address}\n"
    )
    return partial(run, tools / "python", tools / "s3cmd", "-c", config)


@only("classic")
def test_s3cmd(gateway, tools, files, tmp_path):
    s3cmd = s3cmd_of(gateway, tools, tmp_path)
    s3cmd("mb", "s3://s3.cmd")
    assert "s3://s3.cmd" in s3cmd("ls")
    s3cmd("put", files / "z", "s3://s3.cmd/z")
    s3cmd("put", "--recursive", f"{files}/", "s3://s3.cmd/tree/")
    assert len(s3cmd("ls", "--recursive", "s3://s3.cmd").splitlines()) == len(tree(files)) + 1
    assert "70000" in s3cmd("info", "s3://s3.cmd/z")
    (tmp_path / "back").mkdir()
    s3cmd("get", "--recursive", "s3://s3.cmd/tree/", tmp_path / "back/")
    assert tree(tmp_path / "back") == tree(files)
    s3cmd("del", "s3://s3.cmd/z")
    s3cmd("rb", "--recursive", "--force", "s3://s3.cmd")
    assert "s3://s3.cmd" not in s3cmd("ls")


@only("extended")
def test_s3cmd_of_extended(gateway, tools, files, tmp_path):
    s3cmd = s3cmd_of(gateway, tools, tmp_path)
    s3cmd("mb", "s3://s3.copies")
    s3cmd("put", files / "dir/large", "s3://s3.copies/large")
    s3cmd("cp", "s3://s3.copies/large", "s3://s3.copies/copy")
    s3cmd("mv", "s3://s3.copies/copy", "s3://s3.copies/moved/@+( é")
    s3cmd("modify", "--add-header", "x-amz-meta-k:v", "s3://s3.copies/large")
    assert "x-amz-meta-k: v" in s3cmd("info", "s3://s3.copies/large")
    s3cmd("settagging", "s3://s3.copies/large", "a=b")
    assert "a:\tb" in s3cmd("gettagging", "s3://s3.copies/large")
    s3cmd("put", "--recursive", f"{files}/dir/", "s3://s3.copies/tree/")
    assert len(s3cmd("ls", "--recursive", "s3://s3.copies/tree/").splitlines()) == len(tree(files / "dir"))
    s3cmd("get", "s3://s3.copies/moved/@+( é", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (files / "dir/large").read_bytes()
    s3cmd("rb", "--recursive", "--force", "s3://s3.copies")
    assert "s3://s3.copies" not in s3cmd("ls")


@only("extended")
def test_s5cmd(gateway, tools, files, tmp_path):
    s5cmd = partial(run, tools / "s5cmd", "--endpoint-url", gateway.url)
    s5cmd("mb", "s3://s5.cmd")
    s5cmd("sync", f"{files}/", "s3://s5.cmd/tree/")
    s5cmd("cp", "--part-size", "5", files / "dir/large", "s3://s5.cmd/large")
    s5cmd("cp", "s3://s5.cmd/large", "s3://s5.cmd/copy")
    s5cmd("mv", "s3://s5.cmd/copy", "s3://s5.cmd/moved")
    for name in ("a b", "a+b"):
        (tmp_path / name).write_text(name)
        s5cmd("cp", tmp_path / name, f"s3://s5.cmd/plus/{name}")
    s5cmd("mv", "s3://s5.cmd/plus/a b", "s3://s5.cmd/plus/moved")
    assert s5cmd("cat", "s3://s5.cmd/plus/moved") == "a b"
    assert s5cmd("cat", "s3://s5.cmd/plus/a+b") == "a+b"
    s5cmd("cp", "s3://s5.cmd/tree/*", tmp_path / "back/")
    assert tree(tmp_path / "back") == tree(files)
    assert s5cmd("cat", "s3://s5.cmd/tree/a.txt") == "a"
    s5cmd("rm", "s3://s5.cmd/*")
    s5cmd("rb", "s3://s5.cmd")
    assert "s5.cmd" not in s5cmd("ls")


@only("extended")
@pytest.mark.parametrize("gateway", ["embedded"], indirect=True, scope="session")
def test_clients_write_in_a_session(gateway, tools, bucket, files, tmp_path):
    """As docs/sessions.md says: s3cmd signs the header that it is given, rclone adds it to what is signed."""
    if not shutil.which("curl"):
        missing("curl")
    url = f"{gateway.url}/{bucket}"
    curl = ["curl", "--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:s3"]
    curl += ["--user", f"{ACCESS_KEY}:{SECRET}", "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
    opened = run(*curl, "-X", "POST", f"{url}?s3gw-session=")
    session = opened.split("SessionId>")[1].removesuffix("</")
    header = f"x-s3gw-session: {session}"
    rclone = Rclone(gateway, tools, tmp_path)
    within = ["--s3-no-check-bucket", "--header", header]
    assert "StatusCode: 403" in rclone.fails("copyto", *within, files / "z", f"gw:{bucket}/z")
    rclone("copy", *within, "--s3-v2-auth", files, f"gw:{bucket}/rclone")
    s3cmd_of(gateway, tools, tmp_path)("--add-header", header, "put", files / "a.txt", f"s3://{bucket}/s3cmd")
    run(*curl, "--header", header, "-T", files / "z", f"{url}/curl")
    page = (ROOT / "docs" / "sessions.md").read_text()
    (plugin,) = re.findall("```py\n(.*?)```", page, re.DOTALL)
    (tmp_path / "s3gw_session.py").write_text(plugin)
    (tmp_path / "aws").write_text("[plugins]\ns3gw = s3gw_session\n")
    surroundings = {
        "AWS_CONFIG_FILE": str(tmp_path / "aws"),
        "PYTHONPATH": str(tmp_path),
        "S3GW_SESSION": session,
    }
    aws = [tools / "aws", "--endpoint-url", gateway.url, "s3", "cp"]
    run(*aws, files / "dir/large", f"s3://{bucket}/aws", **surroundings)
    assert "Contents" not in gateway.boto3().list_objects_v2(Bucket=bucket)
    run(*curl, "-X", "POST", f"{url}?s3gw-session={session}")
    found = {entry["Key"] for entry in gateway.boto3().list_objects_v2(Bucket=bucket)["Contents"]}
    assert found == {"aws", "curl", "s3cmd", *(f"rclone/{name}" for name in tree(files))}
