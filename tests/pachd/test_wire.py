"""Messages written by hand are those that protobuf writes."""

from __future__ import annotations

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.pachd._wire import add_file


@pytest.mark.parametrize("size", [0, 1, 119, 127, 128, 16_383, 16_384, 256 * 1024])
@pytest.mark.parametrize("path", ["/a", "/" + "b" * 126, "/" + "c" * 127, "/d" * 300])
def test_a_part_of_a_body(path, size):
    written = add_file(path, b"x" * size)
    expected = pb.ModifyFileRequest(add_file=pb.AddFile(path=path, raw={"value": b"x" * size}))
    assert pb.ModifyFileRequest.FromString(written) == expected
    assert written == expected.SerializeToString()
