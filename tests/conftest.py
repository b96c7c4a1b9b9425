"""Fixtures that every room of the tests shares."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Gateway, serving, some_pachd

_numbers = itertools.count(1)
RUN = f"run{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session", params=["embedded", "pachd"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway over each kind of PFS, shared: tests make buckets of their own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        where = None
        if request.param == "pachd":
            where = stack.enter_context(some_pachd(Path(folder) / "devpachd"))
        running = stack.enter_context(serving(Path(folder) / "pfs", where=where))
        yield running
        if where:
            tidy(running)


def tidy(gateway: Gateway) -> None:
    """Remove the buckets of this run: the cluster may be somebody's."""
    s3 = gateway.boto3()
    for bucket in s3.list_buckets(Prefix="")["Buckets"]:
        name = bucket["Name"]
        if f".{RUN}-" in name:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
                keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
                if keys:
                    s3.delete_objects(Bucket=name, Delete={"Objects": keys})
            s3.delete_bucket(Bucket=name)


@pytest.fixture
def bucket(gateway: Gateway) -> str:
    """A new, empty bucket."""
    name = f"master.{RUN}-{next(_numbers)}"
    assert gateway.request("PUT", f"/{name}").status == 200
    return name
