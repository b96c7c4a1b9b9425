"""The AWS CLI, rclone and s3cmd, as people use them."""

from __future__ import annotations

import json

from tests.clients.conftest import run, tree


def test_aws_s3(gateway, tools, files, tmp_path):
    aws = [tools / "aws", "--endpoint-url", gateway.url]
    run(*aws, "s3", "mb", "s3://aws.cli")
    assert "aws.cli" in run(*aws, "s3", "ls")
    run(*aws, "s3", "cp", files / "a.txt", "s3://aws.cli/a.txt")
    run(*aws, "s3", "sync", files, "s3://aws.cli/tree")
    listing = run(*aws, "s3", "ls", "--recursive", "s3://aws.cli")
    assert [line.split()[-1] for line in listing.splitlines()] == [
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


def test_rclone(gateway, tools, files, tmp_path):
    remote = {
        "RCLONE_CONFIG": str(tmp_path / "rclone.conf"),
        "RCLONE_CONFIG_GW_TYPE": "s3",
        "RCLONE_CONFIG_GW_PROVIDER": "Other",
        "RCLONE_CONFIG_GW_ENDPOINT": gateway.url,
        "RCLONE_CONFIG_GW_ACCESS_KEY_ID": "any",
        "RCLONE_CONFIG_GW_SECRET_ACCESS_KEY": "any",
    }

    def rclone(*words: object) -> str:
        return run(tools / "rclone", "--retries", "1", *words, **remote)

    rclone("mkdir", "gw:rc.lone")
    rclone("copy", files, "gw:rc.lone/tree")
    rclone("check", files, "gw:rc.lone/tree")
    rclone("check", "--download", files, "gw:rc.lone/tree")
    listing = rclone("ls", "gw:rc.lone")
    assert sorted(line.split()[-1] for line in listing.splitlines()) == sorted(
        f"tree/{name}" for name in tree(files)
    )
    (files / "new").write_text("new")
    (files / "a.txt").unlink()
    # for a file that is the same but for its time rclone would copy the object onto itself
    rclone("sync", "--no-update-modtime", files, "gw:rc.lone/tree")
    rclone("check", files, "gw:rc.lone/tree")
    rclone("copy", "gw:rc.lone/tree", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(files)
    rclone("delete", "gw:rc.lone/tree/dir")
    assert "dir" not in rclone("lsf", "gw:rc.lone/tree")
    rclone("purge", "gw:rc.lone")
    assert "rc.lone" not in rclone("lsd", "gw:")


def test_s3cmd(gateway, tools, files, tmp_path):
    address = f"127.0.0.1:{gateway.port}"
    config = tmp_path / "s3cmd.conf"
    config.write_text(
        "[default]\naccess_key = any\nsecret_key = any\nuse_https = False\n"
        f"host_base = {address}\nhost_bucket = {address}\n"
    )

    def s3cmd(*words: object) -> str:
        return run(tools / "python", tools / "s3cmd", "-c", config, *words)

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
