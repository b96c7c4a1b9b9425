"""Messages written by hand are those that protobuf writes."""

from __future__ import annotations

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch
from s3gw.pfs.pachd._messages import commit_message
from s3gw.pfs.pachd._wire import add_file, copy_file, entry


@pytest.mark.parametrize("size", [0, 1, 119, 127, 128, 16_383, 16_384, 256 * 1024])
@pytest.mark.parametrize("path", ["/a", "/" + "b" * 126, "/" + "c" * 127, "/d" * 300])
def test_a_part_of_a_body(path, size):
    written = add_file(path, b"x" * size)
    expected = pb.ModifyFileRequest(add_file=pb.AddFile(path=path, raw={"value": b"x" * size}))
    assert pb.ModifyFileRequest.FromString(written) == expected
    assert written == expected.SerializeToString()


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("path", ["/a", "/" + "b" * 126, "/d" * 300])
def test_a_copy(path, append):
    commit = commit_message(Branch("repo", "master", "project"), "0" * 32)
    written = copy_file(path, commit.SerializeToString(), path + "x", append=append)
    source = pb.File(commit=commit, path=path + "x")
    expected = pb.ModifyFileRequest(copy_file=pb.CopyFile(dst=path, src=source, append=append))
    assert written == expected.SerializeToString()


@pytest.mark.parametrize("path", ["/a", "/" + "b" * 126, "/d" * 300])
@pytest.mark.parametrize("size", [0, 127, 128, 1 << 40])
@pytest.mark.parametrize("seconds", [None, 0, 1_700_000_000])
@pytest.mark.parametrize("hash_of_it", [b"", b"\x1a\x02" * 16])
@pytest.mark.parametrize("more", [b"", b"\x7a\x03new"])
def test_an_entry_of_a_listing(path, size, seconds, hash_of_it, more):
    commit = commit_message(Branch("repo", "master", "project"), "0" * 32)
    info = pb.FileInfo(
        file=pb.File(commit=commit, path=path, datum="default"),
        file_type=pb.FILE,
        size_bytes=size,
        hash=hash_of_it,
    )
    if seconds is not None:
        info.committed.seconds, info.committed.nanos = seconds, 5_000
    found = entry(info.SerializeToString() + more)
    assert (found.path, found.is_file, found.size, found.hash) == (path[1:], True, size, hash_of_it)
    assert found.commit == "0" * 32
    assert (found.committed is None) == (seconds is None)
    assert found.committed is None or found.committed.timestamp() == seconds + 5e-6
