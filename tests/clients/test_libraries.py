"""minio-go, the AWS SDK for JavaScript, obstore, s3fs, DuckDB."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import CACHE, HERE, missing, run


def test_minio_go(gateway):
    """The eleven calls of the contract, in Go."""
    if not shutil.which("go"):
        missing("Go")
    environment = {"S3GW_ENDPOINT": f"127.0.0.1:{gateway.port}"}
    output = run("go", "test", "-count=1", "-v", "./...", cwd=HERE / "go", **environment)
    assert "PASS" in output


def test_the_aws_sdk_for_javascript(gateway, node):
    output = run("node", "client.mjs", cwd=node, S3GW_ENDPOINT=gateway.url)
    assert output.endswith("all done\n")


@pytest.mark.parametrize("library", ["obstore", "s3fs", "duckdb"])
def test_a_library_of_python(gateway, tools, tmp_path, library):
    script = HERE / "python" / f"with_{library}.py"
    output = run(tools / "python", script, gateway.url, f"py.{library}", cwd=tmp_path, HOME=str(CACHE))
    assert output.endswith("all done\n")
    assert Path(script).exists()
