"""minio-go, the AWS SDK for JavaScript, obstore, s3fs, DuckDB, pyarrow."""

from __future__ import annotations

import shutil

import pytest

from tests.clients.conftest import CACHE, GO_TEST, HERE, missing, only, run


def test_minio_go(gateway, profile):
    """The eleven calls of the contract, in Go, and what extended adds to them."""
    if not shutil.which("go"):
        missing("Go")
    environment = {"S3GW_ENDPOINT": f"127.0.0.1:{gateway.port}", "S3GW_PROFILE": profile}
    output = run(*GO_TEST, "./...", cwd=HERE / "go", **environment)
    assert "PASS" in output


def test_the_aws_sdk_for_javascript(gateway, node, profile):
    output = run("node", "client.mjs", cwd=node, S3GW_ENDPOINT=gateway.url, S3GW_PROFILE=profile)
    assert output.endswith("all done\n")


@pytest.mark.parametrize("library", ["obstore", "s3fs"])
def test_a_library_of_python(gateway, tools, tmp_path, library, profile):
    script = HERE / "python" / f"with_{library}.py"
    words = [gateway.url, f"py.{library}", profile]
    assert run(tools / "python", script, *words, cwd=tmp_path, HOME=str(CACHE)).endswith("all done\n")


@only("classic")
def test_duckdb(gateway, bucket, tools, tmp_path):
    words = [tools / "python", HERE / "python" / "with_duckdb.py", gateway.url, bucket]
    assert run(*words, cwd=tmp_path, HOME=str(CACHE)).endswith("all done\n")


@only("extended")
def test_pyarrow(gateway, bucket, tools):
    assert run(tools / "python", HERE / "python" / "with_pyarrow.py", gateway.url, bucket) == "all done\n"
