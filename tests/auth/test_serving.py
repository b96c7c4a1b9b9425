"""A gateway with a keyring, from outside: what it says, and what becomes of changes."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from s3gw.cli import main
from tests.keyring import KEYRING, TOKEN
from tests.serving import Gateway, environment, eventually, serve_command, serving


def code(call, **parameters) -> str:
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "OK"


@pytest.fixture
def keyring(tmp_path) -> Path:
    path = tmp_path / "keyring.yaml"
    path.touch(0o600)
    path.write_text(KEYRING)
    return path


def test_the_start_says_whom_it_knows(tmp_path, keyring):
    options = ("--workers", "1", "--profile", "extended", "--auth", str(keyring))
    command = [*serve_command(f"embedded:{tmp_path}/pfs"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        _, who, hint = (process.stdout.readline() for _ in range(3))
        process.terminate()
        assert process.wait(20) == 0
    assert who == f"s3gw: asks who sends a request: 7 identities of {keyring}\n"
    assert hint.startswith("try:  aws --endpoint-url http://127.0.0.1:")


def new_identity(keyring: Path, name: str) -> None:
    secret = keyring.with_name(f"{name}.secret")
    secret.write_text(f"secret of {name}\n")
    grant = ("--rights", "read,list", "--buckets", "*")
    assert (
        main(
            [
                "key",
                "add",
                name,
                "--keyring",
                str(keyring),
                "--access-key",
                name,
                "--secret-file",
                secret.name,
                *grant,
            ]
        )
        == 0
    )


def list_as(gateway: Gateway, name: str) -> str:
    return code(gateway.boto3(access_key=name, secret=f"secret of {name}").list_buckets)


def test_changes_count_in_every_worker_and_a_broken_one_is_one_line(tmp_path, keyring, capsys):
    options = ("--profile", "extended", "--workers", "2", "--auth", str(keyring))
    with serving(tmp_path / "pfs", *options) as gateway:

        def everywhere(expected: str) -> None:
            eventually(lambda: [list_as(gateway, "new") for _ in range(6)] == [expected] * 6)

        everywhere("InvalidAccessKeyId")
        new_identity(keyring, "new")
        everywhere("OK")
        whole = keyring.read_text()
        keyring.write_text("identities: broken")
        eventually(lambda: any("stays what it was" in line for line in gateway.log))
        everywhere("OK")
        (children,) = Path(f"/proc/{gateway.process.pid}/task").glob("*/children")
        for worker in children.read_text().split():
            os.kill(int(worker), signal.SIGKILL)
        eventually(lambda: "another starts" in "".join(gateway.log))
        everywhere("OK")  # those that take their place go on with it too
        keyring.write_text(whole)
        assert main(["key", "remove", "new", "--keyring", str(keyring)]) == 0
        everywhere("InvalidAccessKeyId")
        keyring.chmod(0o644)
        eventually(lambda: any(f"run chmod 600 {keyring}" in line for line in gateway.log))
        said = [line for line in gateway.log if "stays what it was" in line]
    assert len(said) == 1
    assert "line 1: identities: write a list" in said[0]
    assert not [line for line in gateway.log if "secret of" in line]


def test_who_may_what_over_the_socket(guarded, guarded_bucket):
    bucket = {"Bucket": guarded_bucket}
    admin, reader, writer, team, nobody = map(guarded.boto3, ("admin", "reader", "writer", "team", "nobody"))
    for key in ("a/1", "ab", "b"):
        admin.put_object(**bucket, Key=key, Body=key.encode())
    assert reader.get_object(**bucket, Key="ab")["Body"].read() == b"ab"
    assert code(reader.put_object, **bucket, Key="ab", Body=b"x") == "AccessDenied"
    assert code(writer.put_object, **bucket, Key="c", Body=b"x") == "OK"
    assert code(writer.get_object, **bucket, Key="c") == "AccessDenied"
    assert code(team.put_object, **bucket, Key="a/2", Body=b"x") == "OK"
    assert code(team.get_object, **bucket, Key="ab") == "AccessDenied"
    assert code(team.get_object, **bucket, Key="missing") == "AccessDenied"
    assert code(team.list_objects_v2, **bucket) == "AccessDenied"
    assert code(team.list_objects_v2, **bucket, Prefix="a") == "AccessDenied"
    assert [row["Key"] for row in team.list_objects_v2(**bucket, Prefix="a/")["Contents"]] == ["a/1", "a/2"]
    assert code(team.delete_bucket, **bucket) == "AccessDenied"
    for name in (guarded_bucket, f"master.nowhere-{os.getpid()}", "nowhere"):
        assert code(nobody.list_objects_v2, Bucket=name) == "AccessDenied"
        assert guarded.gateway.request("GET", f"/{name}").code == "AccessDenied"
    assert nobody.list_buckets()["Buckets"] == []
    assert guarded_bucket in [row["Name"] for row in team.list_buckets()["Buckets"]]


def test_a_bucket_has_the_same_rights_by_all_of_its_names(guarded, guarded_bucket):
    short = guarded_bucket.removeprefix("master.")
    admin, reader = guarded.boto3("admin"), guarded.boto3("reader")
    commit = admin.put_object(Bucket=short, Key="a", Body=b"x")["VersionId"]
    for name in (short, f"{commit}.{guarded_bucket}", f"{guarded_bucket}.default"):
        assert code(reader.get_object, Bucket=name, Key="a") == "OK"
        assert code(guarded.boto3("nobody").get_object, Bucket=name, Key="a") == "AccessDenied"
        assert guarded.gateway.request("GET", f"/{name}/a").code == "AccessDenied"


def test_anybody_may_what_the_keyring_says_of_anybody(guarded):
    name = f"master.public-{os.getpid()}"
    guarded.boto3("admin").create_bucket(Bucket=name)
    guarded.boto3("admin").put_object(Bucket=name, Key="a", Body=b"public")
    for known_as in (name, name.removeprefix("master.")):
        assert guarded.gateway.request("GET", f"/{known_as}/a").body == b"public"
    assert guarded.gateway.keys(name) == ["a"]
    assert guarded.gateway.request("PUT", f"/{name}/b", b"x").code == "AccessDenied"
    assert guarded.gateway.request("GET", "/").status in (200, 403)


def test_session_tokens_and_ends_of_identities_count(guarded):
    assert code(guarded.boto3("visitor", session_token=TOKEN).list_buckets) == "OK"
    assert code(guarded.boto3("visitor", session_token="another").list_buckets) != "OK"
    assert code(guarded.boto3("visitor").list_buckets) != "OK"
    assert code(guarded.boto3("former").list_buckets) == "ExpiredToken"
    assert code(guarded.boto3("reader", session_token=TOKEN).list_buckets) != "OK"
