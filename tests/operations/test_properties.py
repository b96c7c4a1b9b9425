"""What an object carries comes back as it went, and what others wrote in its place says nothing."""

from __future__ import annotations

import pytest

from s3gw.operations._properties import Parts, Properties

ALL = Properties(
    headers={"content_type": "text/x", "expires": "never"},
    metadata={"a": "b\xe9"},
    tags={"k": ""},
    checksums={"crc32c": "AAAAAA=="},
    checksum_type="COMPOSITE",
    parts=Parts((8, 8, 8, 3), ("1", "2", "3", "4")),
    upload="id",
)


@pytest.mark.parametrize("properties", [Properties(), ALL, Properties(parts=Parts((0,)))])
def test_they_come_back_as_they_went(properties):
    assert Properties.of_bytes(properties.to_bytes()) == properties


@pytest.mark.parametrize(
    "kept",
    [
        b"no JSON",
        b"[]",
        b"1",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"headers": []}',
        b'{"headers": {"status": "200"}}',
        b'{"headers": {"content_type": 1}}',
        b'{"metadata": {"a": null, "b": []}}',
        b'{"checksums": {"crc1": "x"}}',
        b'{"checksum_type": {}}',
        b'{"parts": {}}',
        b'{"parts": {"sizes": 1}}',
        b'{"parts": {"sizes": [[1000000000, 1]]}}',
        b'{"parts": {"sizes": [[1, -1]]}}',
        b'{"parts": {"sizes": [["1", 1]]}}',
        b'{"parts": {"sizes": [[1, 1]], "checksums": [1]}}',
    ],
)
def test_what_is_none_of_our_documents_says_nothing(kept):
    assert Properties.of_bytes(kept) == Properties()
