"""Moto's server with buckets that were filled before it listens: ``PORT [BUCKET=KEYS=FOLDERS ...]``."""

from __future__ import annotations

import sys

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import main

from bench.workloads import Listed


def fill(bucket: str, files: list[str]) -> None:
    """Make a bucket of objects of one byte."""
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.create_bucket(bucket, "us-east-1")
    for path in files:
        backend.put_object(bucket, path, b"x")


if __name__ == "__main__":
    port, *buckets = sys.argv[1:]
    for word in buckets:
        name, keys, folders = word.split("=")
        fill(name, Listed(int(keys), int(folders)).paths)
    main(["-p", port])
