"""Messages written by hand are those that protobuf writes."""

from __future__ import annotations

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch
from s3gw.pfs.pachd._messages import commit_message
from s3gw.pfs.pachd._wire import add_file, copy_file


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
