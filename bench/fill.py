"""Puts many objects where a server keeps them; over HTTP it would take minutes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from itertools import chain, islice
from pathlib import Path

import grpc
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb
from python_pachyderm.proto.v2.pfs import pfs_pb2_grpc

from s3gw.addressing.buckets import BRANCHES
from s3gw.pfs import PFS
from s3gw.pfs.interface import Branch, Put

_MD5_OF_X = "9dd4e461268c8034f5c8564e155c67a6"


def branch(pfs: PFS, bucket: str, files: list[str], data: bytes = b"x") -> None:
    """Make a branch of files that hold `data`, 1000 of them to a commit."""
    name = BRANCHES.place(bucket).branch
    pfs.create_branch(name)
    for first in range(0, len(files), 1000):
        some = files[first : first + 1000]
        with pfs.stage(name, some[0]) as staging:
            staging.write(data)
            content = staging.finish()
            pfs.change(name, [Put(path, content) for path in some])


def bodies(pfs: PFS, name: Branch, files: Iterable[str]) -> None:
    """Fill a branch with files that each hold their own path, 5000 of them to a commit."""
    left = iter(files)
    while some := list(islice(left, 5000)):
        with contextlib.ExitStack() as stack:
            puts = []
            for path in some:
                staging = stack.enter_context(pfs.stage(name, path, arrived=True))
                staging.write(path.encode())
                puts.append(Put(path, staging.finish()))
            pfs.change(name, puts)


def cluster(
    pfs: PFS,
    address: str,
    token: str | None,
    bucket: str,
    files: list[str],
    data: Callable[[str], bytes] = lambda _: b"x",
) -> None:
    """Make a branch of files in a cluster, all of them in one commit; `data` gives the content for a path."""
    name = BRANCHES.place(bucket).branch
    pfs.create_branch(name)
    repo = pb.Repo(name=name.repo, type="user", project=pb.Project(name=name.project))
    head = pb.Commit(repo=repo, branch=pb.Branch(repo=repo, name=name.name))
    added = (
        pb.ModifyFileRequest(add_file=pb.AddFile(path=f"/{path}", raw={"value": data(path)}))
        for path in files
    )
    metadata = (("authn-token", token),) if token else ()
    with grpc.insecure_channel(address) as channel:
        stub = pfs_pb2_grpc.APIStub(channel)
        stub.ModifyFile(chain([pb.ModifyFileRequest(set_commit=head)], added), metadata=metadata)
        stub.InspectCommit(pb.InspectCommitRequest(commit=head, wait=pb.FINISHED), metadata=metadata)


def folder(bucket: Path, files: list[str], data: bytes = b"x", inside: str = "") -> None:
    """Make a folder of files, as rclone and versitygw serve them; 1000 at a time are one inode.

    An object of MinIO is a folder with a file `inside`, which does not know the object's name.
    """
    made = source = ""
    for number, path in enumerate(files):
        file = f"{bucket}/{path}{inside}"
        parent = file.rpartition("/")[0]
        if parent != made:
            os.makedirs(parent, exist_ok=True)
            made = parent
        if number % 1000:
            os.link(source, file)
            continue
        source = file
        Path(file).write_bytes(data)
        with contextlib.suppress(OSError):  # where versitygw keeps the ETag of what it has written
            os.setxattr(file, "user.etag", _MD5_OF_X.encode())
        with contextlib.suppress(OSError):  # and s3proxy
            os.setxattr(file, "user.user.content-md5", bytes.fromhex(_MD5_OF_X))
