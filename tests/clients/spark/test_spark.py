"""Spark over S3A with its own settings."""

from __future__ import annotations

from tests.clients.conftest import run
from tests.clients.spark.conftest import HERE


def test_tables_with_partitions_of_any_name(gateway, bucket, tools, jars, tmp_path):
    output = run(tools / "python", HERE / "job.py", gateway.url, bucket, jars, cwd=tmp_path, timeout_s=600)
    assert output.endswith("all done\n")
